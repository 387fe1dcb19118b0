// The details of a peer's gRPC status are foreign bytes.
#include <cstdint>

#include "base/check.h"
#include "net/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Error error = net::error_of_grpc(net::GrpcCode::kUnavailable, bytes, bytes);
  CLEW_CHECK(!error.retry_after || *error.retry_after <= std::chrono::hours(25));
  CLEW_CHECK(!error.retry_after || error.retry_after->count() >= 0);
  return 0;
}
