// Any body is a search or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/jaeger_v3_post.h"
#include "api/jaeger_v3_query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  auto params = api::jaeger_v3_body_params({reinterpret_cast<const char*>(data), size});
  if (!params) return 0;
  net::HttpRequest request;
  request.query = *std::move(params);
  (void)api::parse_jaeger_v3_query(request);
  return 0;
}
