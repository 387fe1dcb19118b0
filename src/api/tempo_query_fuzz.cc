// Any text is logfmt of bounded size, with no key twice, or an error; a name of TraceQL or none;
// and a filter of TraceQL, of which only a part may be readable, or none.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "api/tempo_filter.h"
#include "api/tempo_query.h"
#include "base/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::api;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto tag = parse_tempo_tag(input); tag &&
                                         tag->intrinsic == clew::query::traceql::Intrinsic::kNone &&
                                         tag->key.empty() && !input.ends_with("\"\""))
    std::abort();
  if (auto filter = tempo_filter(input); filter && filter->empty()) std::abort();
  auto tags = parse_logfmt(input);
  if (!tags) return 0;
  std::set<std::string_view> keys;
  for (const clew::store::Tag& tag : *tags)
    if (tag.key.empty() || !keys.insert(tag.key).second) std::abort();
  if (keys.size() > clew::limits::kTagsPerQuery) std::abort();
  return 0;
}
