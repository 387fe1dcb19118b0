// No Authorization header crashes the Authenticator, and none but the right one is let in.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "base/check.h"
#include "net/authentication.h"

namespace {

/// One user whose password's SHA-1 is all zero bytes, so that no input can be the right one.
std::shared_ptr<clew::net::Authenticator> authenticator() {
  std::string path = "/tmp/clew-fuzz-users-" + std::to_string(::getpid());
  std::ofstream(path) << "user:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  auto made = clew::net::Authenticator::create({.htpasswd_file = path});
  CLEW_CHECK(made.has_value());
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto& users = *new std::shared_ptr(authenticator());
  std::string_view header(reinterpret_cast<const char*>(data), size);
  CLEW_CHECK(users->quick(header) != clew::net::Authenticator::Verdict::kAdmitted);
  CLEW_CHECK(!users->verify(header).has_value());
  return 0;
}
