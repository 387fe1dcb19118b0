// Any text is an annotationQuery of bounded size, without empty or repeated terms, or an error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "api/zipkin_query.h"
#include "base/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::api;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  static_cast<void>(parse_zipkin_trace_id(input));
  auto query = parse_annotation_query(input);
  if (!query) return 0;
  std::set<std::string_view> keys;
  for (const clew::store::Tag& tag : query->tags)
    if (tag.value.empty() || !keys.insert(tag.key).second) std::abort();
  for (const std::string& word : query->words)
    if (!keys.insert(word).second) std::abort();
  if (keys.contains("") || keys.size() > clew::limits::kTagsPerQuery) std::abort();
  return 0;
}
