// Request targets through splitting, decoding and routing: no input may crash them or read past its
// end.
#include <cstdint>

#include "net/http_server.h"
#include "net/internal/http_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::net;
  static const HttpRoutes routes = [] {
    HttpRoutes all;
    auto handler = [](HttpRequest, HttpResponder) {};
    for (const char* pattern : {"/", "/a/{id}", "/a/{id}/b", "/a/b/*", "/*"}) {
      all.add("GET", pattern, handler);
    }
    return all;
  }();
  auto target = split_target({reinterpret_cast<const char*>(data), size});
  if (!target) return 0;
  (void)percent_decode(target->raw_path, false);
  (void)parse_query(target->raw_query);
  (void)routes.match("GET", target->raw_path);
  return 0;
}
