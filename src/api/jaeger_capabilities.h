// What Jaeger's clients are told of the search: which structured filters are understood.
#pragma once

#include <array>
#include <string_view>

namespace clew::api {

/// What query::SpanPredicate::compile takes.
inline constexpr std::array<std::string_view, 5> kFilterLevels = {"span", "resource", "scope",
                                                                  "event", "link"};
inline constexpr std::array<std::string_view, 14> kFilterOperators = {
    "and", "or",  "not",   "eq",     "ne", "gt",     "lt",
    "gte", "lte", "regex", "exists", "in", "not_in", "some"};

}  // namespace clew::api
