#include "query/diff_match.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "query/diff_value.h"

namespace clew::query {
namespace {

constexpr double kDurationTolerance = 0.25;
constexpr double kDurationToleranceNs = 1'000'000;
/// Of spans that are alike but for a magnitude, how many are looked at for each; they are few, and
/// all against all would take hours.
constexpr size_t kLookAhead = 64;

using Spans = std::vector<uint32_t>;
using Key = std::string;
using KeyOf = std::function<Key(const DiffTrace&, uint32_t)>;

/// What parents have in common: an operation, or that there is none.
using Parent = std::optional<DiffOperation>;

Parent parent_of(const DiffTrace& trace, uint32_t span) {
  uint32_t parent = trace.spans[span].parent;
  return parent == DiffSpan::kNone ? std::nullopt : Parent(trace.spans[parent].operation);
}

Key parent_key(const DiffTrace& trace, uint32_t span) {
  Parent parent = parent_of(trace, span);
  if (!parent) return {};
  return fmt::format("{}:{}{}:{}{}", parent->service.size(), parent->service, parent->name.size(),
                     parent->name, static_cast<int>(parent->kind));
}

Key status_key(const DiffTrace& trace, uint32_t span) {
  return fmt::format("|{}", static_cast<int>(trace.spans[span].status));
}

/// What spans that are alike have in common: all but durations and magnitudes.
Key likeness_key(const DiffTrace& trace, uint32_t span) {
  const DiffSpan& it = trace.spans[span];
  Key key = status_key(trace, span) + (it.duration ? "d" : "-");
  for (const otlp::Attribute& attribute : it.attributes) {
    key += fmt::format("{}:{}", attribute.key.size(), attribute.key);
    if (!is_magnitude(attribute.key)) key += diff_identity(attribute.value);
  }
  return key;
}

bool are_magnitudes_alike(const DiffSpan& base, const DiffSpan& compare) {
  // They have the same keys.
  for (size_t i = 0; i < base.attributes.size(); ++i)
    if (is_magnitude(base.attributes[i].key) &&
        !is_alike(base.attributes[i].key, base.attributes[i].value, compare.attributes[i].value))
      return false;
  return true;
}

/// The spans of one operation on both sides that have no match yet, in the order of their traces.
class Group {
 public:
  Group(const DiffTrace& base, const DiffTrace& compare, Spans base_spans, Spans compare_spans,
        std::vector<uint32_t>& base_of)
      : base_(base),
        compare_(compare),
        base_spans_(std::move(base_spans)),
        compare_spans_(std::move(compare_spans)),
        base_of_(base_of) {}

  void match() {
    auto with_parent = [](KeyOf key) -> KeyOf {
      return [key = std::move(key)](const DiffTrace& trace, uint32_t span) {
        return parent_key(trace, span) + key(trace, span);
      };
    };
    pair_alike(with_parent(likeness_key));
    pair_equal(with_parent(status_key));
    pair_equal(parent_key);
    pair_alike(likeness_key);
    pair_equal(status_key);
    pair_equal([](const DiffTrace&, uint32_t) { return Key(); });
  }

 private:
  /// Both sides by what `key` says of their spans.
  std::map<Key, std::pair<Spans, Spans>> by(const KeyOf& key) const {
    std::map<Key, std::pair<Spans, Spans>> parts;
    for (uint32_t span : base_spans_) parts[key(base_, span)].first.push_back(span);
    for (uint32_t span : compare_spans_) parts[key(compare_, span)].second.push_back(span);
    return parts;
  }

  /// Pairs spans of one key in their order.
  void pair_equal(const KeyOf& key) {
    if (base_spans_.empty() || compare_spans_.empty()) return;
    for (const auto& [common, sides] : by(key))
      for (size_t i = 0; i < std::min(sides.first.size(), sides.second.size()); ++i)
        pair(sides.first[i], sides.second[i]);
    drop_matched();
  }

  /// Pairs spans of one key whose durations and magnitudes are alike.
  void pair_alike(const KeyOf& key) {
    if (base_spans_.empty() || compare_spans_.empty()) return;
    for (auto& [common, sides] : by(key)) pair_by_duration(sides.first, sides.second);
    drop_matched();
  }

  /// In order of durations what is alike one span lies side by side, and moves up with it: so as
  /// many as can be find a match.
  void pair_by_duration(Spans& bases, Spans& compares) {
    sort_by_duration(base_, bases);
    sort_by_duration(compare_, compares);
    size_t from = 0;
    for (uint32_t compare : compares) {
      const DiffSpan& wanted = compare_.spans[compare];
      while (from < bases.size() &&
             (used_.contains(bases[from]) || is_shorter(base_.spans[bases[from]], wanted)))
        ++from;
      size_t end = std::min(bases.size(), from + kLookAhead);
      for (size_t i = from; i < end; ++i) {
        const DiffSpan& offered = base_.spans[bases[i]];
        if (duration_differs(offered, wanted)) break;
        if (used_.contains(bases[i]) || !are_magnitudes_alike(offered, wanted)) continue;
        pair(bases[i], compare);
        break;
      }
    }
  }

  static void sort_by_duration(const DiffTrace& trace, Spans& spans) {
    std::ranges::stable_sort(spans, {}, [&](uint32_t span) { return trace.spans[span].duration; });
  }

  /// True if `base` is too short for `compare`, and so for all that are longer.
  static bool is_shorter(const DiffSpan& base, const DiffSpan& compare) {
    return base.duration < compare.duration && duration_differs(base, compare);
  }

  void pair(uint32_t base, uint32_t compare) {
    base_of_[compare] = base;
    used_.insert(base);
  }

  void drop_matched() {
    std::erase_if(base_spans_, [&](uint32_t span) { return used_.contains(span); });
    std::erase_if(compare_spans_, [&](uint32_t span) { return base_of_[span] != DiffSpan::kNone; });
  }

  const DiffTrace& base_;
  const DiffTrace& compare_;
  Spans base_spans_, compare_spans_;
  std::vector<uint32_t>& base_of_;
  absl::flat_hash_set<uint32_t> used_;  // of base
};

/// True if the spans of one operation cannot be paired in one way only by their parents.
bool is_ambiguous(const DiffTrace& base, const DiffTrace& compare, const Spans& base_spans,
                  const Spans& compare_spans) {
  std::map<Parent, std::pair<size_t, size_t>> counts;
  for (uint32_t span : base_spans) ++counts[parent_of(base, span)].first;
  for (uint32_t span : compare_spans) ++counts[parent_of(compare, span)].second;
  size_t base_left = 0, compare_left = 0;
  for (const auto& [parent, count] : counts) {
    size_t paired = std::min(count.first, count.second);
    if (paired > 0 && std::max(count.first, count.second) > 1) return true;
    base_left += count.first - paired;
    compare_left += count.second - paired;
  }
  return base_left > 0 && compare_left > 0 && std::max(base_left, compare_left) > 1;
}

}  // namespace

bool duration_differs(const DiffSpan& base, const DiffSpan& compare) {
  if (!base.duration || !compare.duration) return base.duration != compare.duration;
  return !is_close(static_cast<double>(*base.duration), static_cast<double>(*compare.duration),
                   kDurationTolerance, kDurationToleranceNs);
}

DiffMatches match_spans(const DiffTrace& base, const DiffTrace& compare) {
  std::map<DiffOperation, std::pair<Spans, Spans>> groups;
  for (uint32_t span = 0; span < base.spans.size(); ++span)
    groups[base.spans[span].operation].first.push_back(span);
  for (uint32_t span = 0; span < compare.spans.size(); ++span)
    groups[compare.spans[span].operation].second.push_back(span);
  DiffMatches matches{.base_of = Spans(compare.spans.size(), DiffSpan::kNone)};
  for (auto& [operation, sides] : groups) {
    auto& [base_spans, compare_spans] = sides;
    if (is_ambiguous(base, compare, base_spans, compare_spans)) ++matches.ambiguous;
    Group(base, compare, std::move(base_spans), std::move(compare_spans), matches.base_of).match();
  }
  return matches;
}

}  // namespace clew::query
