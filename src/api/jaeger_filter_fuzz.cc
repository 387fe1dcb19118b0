// Any text is a filter or an error, and any filter can be compiled or says why not.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/jaeger_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto call = api::parse_jaeger_filter(input))
    if (auto predicate = query::SpanPredicate::compile(*call)) {
      store::Filter filter;
      predicate->narrow(filter);
    }
  return 0;
}
