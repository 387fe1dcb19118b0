// A list of spans that answers what a store answers, as simply as can be. For tests only: it shares
// no code with the store, so that both are not wrong in the same way.
#pragma once

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "store/testing.h"

namespace clew::store::testing {

using NaiveValue = std::variant<std::string, int64_t, double, bool>;

struct NaiveAttribute {
  AttributeScope scope;
  std::string key;
  NaiveValue value;  // outside of spans only texts
};

inline std::string naive_text(const NaiveValue& value) {
  std::ostringstream out;
  out << std::boolalpha;
  std::visit([&](const auto& it) { out << it; }, value);
  return out.str();
}

inline std::optional<double> naive_number(const NaiveValue& value) {
  static const std::regex kDecimal("-?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?");
  if (auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  if (auto* real = std::get_if<double>(&value)) return *real;
  auto* text = std::get_if<std::string>(&value);
  if (!text || !std::regex_match(*text, kDecimal)) return std::nullopt;
  return std::strtod(text->c_str(), nullptr);
}

template <typename T>
bool naive_order(Comparison comparison, const T& a, const T& b) {
  return (comparison == Comparison::kEqual && a == b) ||
         (comparison == Comparison::kLess && a < b) ||
         (comparison == Comparison::kLessEqual && a <= b) ||
         (comparison == Comparison::kGreater && a > b) ||
         (comparison == Comparison::kGreaterEqual && a >= b);
}

inline bool naive_holds(Comparison comparison, const NaiveValue& value, const NaiveValue& operand) {
  switch (comparison) {
    case Comparison::kExists:
      return true;
    case Comparison::kMatches:
      return std::regex_match(naive_text(value), std::regex(std::get<std::string>(operand)));
    case Comparison::kNotMatches:
      return !naive_holds(Comparison::kMatches, value, operand);
    case Comparison::kNotEqual:
      return !naive_holds(Comparison::kEqual, value, operand);
    default:
      break;
  }
  if (std::holds_alternative<std::string>(operand) || std::holds_alternative<bool>(operand))
    return value.index() == operand.index() && naive_order(comparison, value, operand);
  auto number = naive_number(value);
  return number && naive_order(comparison, *number, *naive_number(operand));
}

/// One span, as it was meant.
struct NaiveSpan {
  RichSpec spec;
  std::vector<NaiveAttribute> attributes;

  /// Puts an attribute into the list and into the span.
  void add(AttributeScope scope, const std::string& key, const NaiveValue& value) {
    attributes.push_back({scope, key, value});
    if (scope == AttributeScope::kResource) spec.resource.push_back({key, naive_text(value)});
    if (scope == AttributeScope::kScope) spec.scope.push_back({key, naive_text(value)});
    if (scope == AttributeScope::kEvent) spec.event.push_back({key, naive_text(value)});
    if (scope != AttributeScope::kSpan) return;
    namespace o = otlp::testing;
    std::string any;
    if (auto* text = std::get_if<std::string>(&value)) any = o::any_string(*text);
    if (auto* integer = std::get_if<int64_t>(&value)) any = o::any_int(*integer);
    if (auto* real = std::get_if<double>(&value)) any = o::any_double(*real);
    if (auto* flag = std::get_if<bool>(&value)) any = o::any_bool(*flag);
    spec.span.extra_key_values.push_back(o::key_value(key, any));
  }

  bool has_tag(const Tag& tag) const {
    if (tag.key == "error")
      return tag.value == (spec.span.status == otlp::StatusCode::kError ? "true" : "false");
    if (tag.key == "span.kind") return tag.value == otlp::name_of(spec.span.kind);
    return std::ranges::any_of(attributes, [&](const NaiveAttribute& attribute) {
      return attribute.key == tag.key && naive_text(attribute.value) == tag.value;
    });
  }

  bool satisfies(const Condition& condition) const {
    return std::ranges::any_of(attributes, [&](const NaiveAttribute& attribute) {
      return attribute.key == condition.key &&
             attribute.scope == condition.scope.value_or(attribute.scope) &&
             naive_holds(condition.comparison, attribute.value, condition.operand);
    });
  }

  bool matches(const Filter& filter) const {
    const auto& span = spec.span;
    return (filter.service.empty() || span.service == filter.service) &&
           (filter.operation.empty() || span.name == filter.operation) &&
           (!filter.kind || span.kind == *filter.kind) &&
           (!filter.status || span.status == *filter.status) &&
           (!filter.min_duration || span.duration >= *filter.min_duration) &&
           (!filter.max_duration || span.duration <= *filter.max_duration) &&
           span.start >= filter.start_min && span.start <= filter.start_max &&
           std::ranges::all_of(filter.tags, [&](const Tag& tag) { return has_tag(tag); }) &&
           std::ranges::all_of(filter.conditions,
                               [&](const Condition& condition) { return satisfies(condition); });
  }
};

class NaiveModel {
 public:
  void add(const NaiveSpan& span) { traces_[span.spec.span.trace].push_back(span); }

  /// All that match, in order. Spans of one number are of one trace.
  std::vector<FoundTrace> find(const Filter& filter) const {
    std::vector<FoundTrace> found;
    for (const auto& [number, spans] : traces_) {
      UnixNanos start = UINT64_MAX, end = 0;
      uint64_t high = 0;
      bool matching = false;
      for (const NaiveSpan& span : spans) {
        start = std::min(start, span.spec.span.start);
        end = std::max(end, span.spec.span.start + span.spec.span.duration);
        high = std::max(high, span.spec.span.trace_high);
        matching = matching || span.matches(filter);
      }
      if (filter.min_trace_duration && end - start < *filter.min_trace_duration) continue;
      if (filter.max_trace_duration && end - start > *filter.max_trace_duration) continue;
      if (matching) found.push_back({trace_id(number, high), start});
    }
    std::ranges::sort(found, [](const FoundTrace& a, const FoundTrace& b) {
      return std::pair(b.start, a.id) < std::pair(a.start, b.id);
    });
    return found;
  }

  /// The trace's spans as contents() has them.
  std::vector<std::string> trace(uint64_t number) const {
    std::vector<std::string> all;
    auto at = traces_.find(number);
    if (at == traces_.end()) return all;
    for (const NaiveSpan& span : at->second) all.push_back(contents(rich_batch({span.spec}))[0]);
    std::ranges::sort(all);
    return all;
  }

  /// Texts of an attribute's values.
  std::set<std::string> values(std::optional<AttributeScope> scope, const std::string& key) const {
    std::set<std::string> texts;
    for (const auto& [number, spans] : traces_)
      for (const NaiveSpan& span : spans)
        for (const NaiveAttribute& attribute : span.attributes)
          if (attribute.key == key && attribute.scope == scope.value_or(attribute.scope))
            texts.insert(naive_text(attribute.value));
    return texts;
  }

 private:
  std::map<uint64_t, std::vector<NaiveSpan>> traces_;
};

}  // namespace clew::store::testing
