#include "query/trace_diff.h"

#include <utility>

#include "query/diff_match.h"
#include "query/diff_value.h"

namespace clew::query {
namespace {

/// What two sorted lists of attributes do not have in common.
std::vector<AttributeDiff> attribute_diffs(const std::vector<otlp::Attribute>& base,
                                           const std::vector<otlp::Attribute>& compare) {
  std::vector<AttributeDiff> diffs;
  auto before = base.begin(), after = compare.begin();
  while (before != base.end() || after != compare.end()) {
    bool is_removed = after == compare.end() || (before != base.end() && before->key < after->key);
    bool is_added = before == base.end() || (after != compare.end() && after->key < before->key);
    if (is_removed) {
      diffs.push_back({before->key, before->value, std::nullopt});
    } else if (is_added) {
      diffs.push_back({after->key, std::nullopt, after->value});
    } else if (!is_alike(after->key, before->value, after->value)) {
      diffs.push_back({after->key, before->value, after->value});
    }
    if (!is_added) ++before;
    if (!is_removed) ++after;
  }
  return diffs;
}

}  // namespace

TraceDiff diff_traces(const otlp::Batch& base, const otlp::Batch& compare) {
  TraceDiff diff{.base = diff_trace_of(base), .compare = diff_trace_of(compare)};
  DiffMatches matches = match_spans(diff.base, diff.compare);
  diff.ambiguous = matches.ambiguous;
  std::vector<bool> is_matched(diff.base.spans.size());
  for (uint32_t span = 0; span < diff.compare.spans.size(); ++span) {
    uint32_t match = matches.base_of[span];
    if (match == DiffSpan::kNone) {
      diff.added.push_back(span);
      continue;
    }
    is_matched[match] = true;
    ++diff.matched;
    const DiffSpan& before = diff.base.spans[match];
    const DiffSpan& after = diff.compare.spans[span];
    SpanDiff change{.base = match,
                    .compare = span,
                    .duration_changed = duration_differs(before, after),
                    .status_changed = before.status != after.status,
                    .attributes = attribute_diffs(before.attributes, after.attributes)};
    if (change.duration_changed || change.status_changed || !change.attributes.empty())
      diff.modified.push_back(std::move(change));
  }
  for (uint32_t span = 0; span < is_matched.size(); ++span)
    if (!is_matched[span]) diff.removed.push_back(span);
  return diff;
}

}  // namespace clew::query
