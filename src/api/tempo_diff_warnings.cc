#include "api/tempo_diff_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace clew::api {
namespace {

using query::DiffSpan;
using query::DiffTrace;

constexpr size_t kLeastDigits = 6, kLeastHexDigits = 8;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// True if a number of six digits or more, or eight hex digits and dashes or more, stands for
/// itself in the name: something of one request.
bool has_id(std::string_view name) {
  auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  /// Whether a word ends before `at`.
  auto ends = [&](size_t at) {
    return is_word(name[at - 1]) && (at == name.size() || !is_word(name[at]));
  };
  for (size_t from = 0; from < name.size(); ++from) {
    if (!is_hex(name[from]) || (from > 0 && is_word(name[from - 1]))) continue;
    bool only_digits = true;
    for (size_t at = from; at < name.size() && (is_hex(name[at]) || name[at] == '-'); ++at) {
      only_digits = only_digits && is_digit(name[at]);
      size_t length = at + 1 - from;
      bool long_enough = length >= kLeastHexDigits || (only_digits && length >= kLeastDigits);
      if (long_enough && ends(at + 1)) return true;
    }
  }
  return false;
}

void add_id_in_name(const query::TraceDiff& diff, std::vector<TempoDiffWarning>& warnings) {
  for (const DiffTrace* trace : {&diff.base, &diff.compare}) {
    auto named = std::ranges::find_if(
        trace->spans, [](const DiffSpan& span) { return has_id(span.operation.name); });
    if (named == trace->spans.end()) continue;
    warnings.push_back(
        {"high_cardinality_span_name",
         fmt::format(
             "the name \"{}\" of a span of \"{}\" seems to hold an ID: spans are matched by "
             "name, so such ones count as added and removed; keep IDs in attributes",
             named->operation.name, named->operation.service)});
    return;  // one is enough
  }
}

void add_damage(const DiffTrace& trace, std::string_view side,
                std::vector<TempoDiffWarning>& warnings) {
  auto invalid = std::ranges::count_if(
      trace.spans, [](const DiffSpan& span) { return !span.duration.has_value(); });
  if (invalid > 0)
    warnings.push_back({"invalid_duration",
                        fmt::format("{} spans of {} have no valid duration: it counts as none, and "
                                    "is null where it changed",
                                    invalid, side)});
  if (size_t repeated = trace.span_count - trace.spans.size(); repeated > 0)
    warnings.push_back(
        {"duplicate_span_id",
         fmt::format("{} spans of {} have the ID of another one and are not compared", repeated,
                     side)});
}

}  // namespace

std::vector<TempoDiffWarning> tempo_diff_warnings(const query::TraceDiff& diff) {
  std::vector<TempoDiffWarning> warnings;
  add_id_in_name(diff, warnings);
  add_damage(diff.base, "base", warnings);
  add_damage(diff.compare, "compare", warnings);
  if (diff.ambiguous > 0)
    warnings.push_back(
        {"ambiguous_span_match",
         fmt::format("spans of {} operations could be matched in another way: they "
                     "are so that least has changed, which need not be what happened",
                     diff.ambiguous)});
  return warnings;
}

}  // namespace clew::api
