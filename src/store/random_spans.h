// Random spans and random searches, for tests only. The same dice give the same.
#pragma once

#include <array>
#include <random>

#include "store/naive_model.h"

namespace clew::store::testing {

using otlp::SpanKind;
using otlp::StatusCode;

inline constexpr uint64_t kRandomTraces = 25;
inline constexpr UnixNanos kRandomStart = 1'000'000'000'000'000'000;

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool chance(uint64_t one_in) { return below(one_in) == 0; }
  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }

 private:
  std::mt19937_64 random_;
};

/// One of every type, and what one may mistake for it.
inline NaiveValue random_value(Dice& dice) {
  auto small = static_cast<int64_t>(dice.below(5)) - 1;
  switch (dice.below(6)) {
    case 0:
      return small;
    case 1:
      return static_cast<double>(small) + (dice.chance(2) ? 0.5 : 0);
    case 2:
      return dice.chance(2);
    case 3:
      return fmt::format("{}", small);
    case 4:
      return fmt::format("{}.5e0", small);
    default:
      return dice.pick({"", "x", "true", "2ms", "+2", "-"});
  }
}

inline NaiveSpan random_span(Dice& dice, uint64_t number) {
  NaiveSpan span{.spec = {.span = {.trace = 1 + dice.below(kRandomTraces),
                                   .span = number,
                                   .service = dice.pick({"edge", "shop", "pay"}),
                                   .name = dice.pick({"GET", "POST", "work"}),
                                   .kind = static_cast<SpanKind>(dice.below(6)),
                                   .start = kRandomStart + dice.below(500),
                                   .duration = dice.below(100),
                                   .status = static_cast<StatusCode>(dice.below(3))}}};
  // Traces of 64-bit IDs, of 128-bit IDs, and with both.
  auto& spec = span.spec.span;
  if (spec.trace % 3 == 0 || (spec.trace % 3 == 1 && dice.chance(2)))
    spec.trace_high = spec.trace % 2 == 0 ? 7 : UINT64_MAX - spec.trace;
  span.attributes.push_back({AttributeScope::kResource, "service.name", spec.service});
  using enum AttributeScope;
  if (dice.chance(2)) span.add(kSpan, "color", dice.pick({"red", "blue", "rare"}));
  if (dice.chance(3)) span.add(kSpan, "fat", std::string(dice.below(9000), 'x'));
  if (dice.chance(3)) span.add(kResource, "host", dice.pick({"n1", "n2"}));
  if (dice.chance(3)) span.add(kEvent, "color", dice.pick({"red", "green"}));
  if (dice.chance(4)) span.add(kScope, "lib", dice.pick({"a", "b"}));
  span.add(kSpan, "number", static_cast<int64_t>(number % 5));
  while (dice.chance(2)) span.add(kSpan, "mixed", random_value(dice));
  if (dice.chance(4)) span.add(kResource, "mixed", naive_text(random_value(dice)));
  if (dice.chance(4)) span.add(kEvent, "mixed", naive_text(random_value(dice)));
  return span;
}

inline Condition random_condition(Dice& dice) {
  Condition condition;
  condition.key = dice.pick(
      {"mixed", "mixed", "mixed", "color", "host", "lib", "number", "service.name", "absent"});
  if (dice.chance(2)) condition.scope = static_cast<AttributeScope>(dice.below(4));
  condition.comparison = static_cast<Comparison>(dice.below(9));
  switch (condition.comparison) {
    case Comparison::kExists:
      return condition;
    case Comparison::kMatches:
    case Comparison::kNotMatches:
      condition.operand =
          dice.pick({"r.*", "red|x|true", "n[12]", "-?[0-9]+", ".*[.]5.*", "", ".*", "edge"});
      return condition;
    default:
      break;
  }
  condition.operand =
      dice.chance(2) ? random_value(dice) : dice.pick({"red", "green", "n1", "a", "shop", "m"});
  bool is_equality =
      condition.comparison == Comparison::kEqual || condition.comparison == Comparison::kNotEqual;
  if (std::holds_alternative<bool>(condition.operand) && !is_equality) condition.operand = "x";
  return condition;
}

inline Tag random_tag(Dice& dice) {
  return std::array<Tag, 9>{Tag{"color", dice.pick({"red", "green", "rare"})},
                            {"host", dice.pick({"n1", "n3"})},
                            {"lib", dice.pick({"a", "c"})},
                            {"error", dice.pick({"true", "false"})},
                            {"span.kind", dice.pick({"server", "client"})},
                            {"number", dice.pick({"0", "3", "7"})},
                            {"mixed", naive_text(random_value(dice))},
                            {"absent", "x"},
                            {"color", "blue"}}[dice.below(9)];
}

inline Filter random_filter(Dice& dice) {
  Filter filter;
  if (dice.chance(4)) filter.service = dice.pick({"edge", "shop", "pay", "absent"});
  if (dice.chance(4)) filter.operation = dice.pick({"GET", "POST", "absent"});
  if (dice.chance(6)) filter.kind = static_cast<SpanKind>(dice.below(6));
  if (dice.chance(6)) filter.status = static_cast<StatusCode>(dice.below(3));
  if (dice.chance(5)) filter.min_duration = dice.below(110);
  if (dice.chance(5)) filter.max_duration = dice.below(110);
  if (dice.chance(5)) filter.min_trace_duration = dice.below(600);
  if (dice.chance(5)) filter.max_trace_duration = dice.below(600);
  if (dice.chance(4)) filter.start_min = kRandomStart + dice.below(550);
  if (dice.chance(4)) filter.start_max = kRandomStart + dice.below(550);
  while (dice.chance(3)) filter.tags.push_back(random_tag(dice));
  while (dice.chance(3)) filter.conditions.push_back(random_condition(dice));
  return filter;
}

}  // namespace clew::store::testing
