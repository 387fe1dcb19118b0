// Reading the numbers that stand in conditions and in the texts they are compared with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace clew::store {

/// The number that `text` wholly is: decimal, with sign -, fraction and exponent if it has them;
/// an int64_t if it is a whole number that fits one. nullopt for anything else, also for NaN,
/// infinities and what no double can hold. Allocates nothing.
std::optional<std::variant<int64_t, double>> parse_number(std::string_view text);

}  // namespace clew::store
