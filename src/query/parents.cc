#include "query/parents.h"

#include <unordered_map>

namespace clew::query {
namespace {

/// Who has a span ID: two where client and server share it.
struct Holders {
  size_t client = kNoParent, other = kNoParent;
};

}  // namespace

std::vector<size_t> parents_of(std::span<const otlp::Span> spans) {
  std::unordered_map<SpanId, Holders, IdHash> holders;
  for (size_t i = 0; i < spans.size(); ++i) {
    Holders& own = holders[spans[i].span_id];
    size_t& holder = spans[i].kind == otlp::SpanKind::kClient ? own.client : own.other;
    if (holder == kNoParent) holder = i;
  }
  std::vector<size_t> parents(spans.size(), kNoParent);
  for (size_t i = 0; i < spans.size(); ++i) {
    const Holders& own = holders[spans[i].span_id];
    if (spans[i].kind == otlp::SpanKind::kServer && own.client != kNoParent) {
      parents[i] = own.client;
    } else if (auto at = holders.find(spans[i].parent_span_id);
               !spans[i].parent_span_id.is_zero() && at != holders.end()) {
      parents[i] = at->second.other != kNoParent ? at->second.other : at->second.client;
    }
  }
  return parents;
}

}  // namespace clew::query
