// When two values of an attribute are the same where traces are compared. Internal: for
// trace_diff.h.
#pragma once

#include <string>
#include <string_view>

#include "otlp/value.h"

namespace clew::query {

/// A text that two values have in common exactly if they are equal: of the same type and content, a
/// whole number also with the floating one of its size, one NaN with another. Maps have no order.
std::string diff_identity(const otlp::Value& value);

/// True for attributes whose numbers are sizes, counts of tokens or durations: they differ from run
/// to run, and that alone is no change. Source: OpenTelemetry's semantic conventions, as Tempo
/// picks them.
bool is_magnitude(std::string_view key);

/// True if the values under `key` are equal, or numbers of a magnitude that differ by at most 5 %.
bool is_alike(std::string_view key, const otlp::Value& a, const otlp::Value& b);

/// True if |a - b| is at most `absolute` and `relative` of the larger one.
bool is_close(double a, double b, double relative, double absolute);

}  // namespace clew::query
