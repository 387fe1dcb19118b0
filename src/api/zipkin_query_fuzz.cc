// Any text is an annotationQuery or an error; what is one is the same when it is written out again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/zipkin_query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::api;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto query = parse_annotation_query(input);
  // " and" at the end belongs to the last term, which need not be the last again.
  if (!query || input.ends_with(" and")) return 0;
  std::string text;
  for (const clew::store::Tag& tag : query->tags) text += tag.key + "=" + tag.value + " and ";
  for (const std::string& word : query->words) text += word + " and ";
  auto again = parse_annotation_query(text);
  if (!again || *again != *query) std::abort();
  static_cast<void>(parse_zipkin_trace_id(input));
  return 0;
}
