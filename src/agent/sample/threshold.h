// Randomness, thresholds and their text: the common ground of consistent sampling.
// Source: OpenTelemetry OTEP 235, "Sampling threshold propagation in TraceState".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace clew::agent {

/// How late a trace is given up as the rate falls: 56 bits, uniform. A trace is kept when its
/// threshold is not above its randomness, so whoever uses the same randomness and a higher rate
/// keeps a superset.
using Randomness = uint64_t;

/// How many of the 2^56 values of Randomness are not kept.
using Threshold = uint64_t;

inline constexpr Threshold kKeepAll = 0;
inline constexpr Threshold kKeepNone = uint64_t{1} << 56;

/// The low 56 bits of a trace ID, which W3C Trace Context Level 2 wants to be random.
Randomness randomness_of(const TraceId& id);

/// The threshold that keeps `probability` of all traces, with as many hex digits as tell it apart
/// from its neighbours and `precision` (1 to 14) more. kInvalid outside [2^-56, 1].
Result<Threshold> threshold_of(double probability, int precision);

/// The share of traces that a threshold keeps, 0 to 1.
double probability_of(Threshold threshold);

/// A percentage as the collector's float32 setting holds it, as a probability.
double probability_of_percent(double percentage);

/// Gives up a part of what `threshold` keeps: `share` (0 to 1) of it stays, that of the highest
/// randomness. `top` is the highest randomness there is.
uint64_t keep_share(uint64_t threshold, double share, uint64_t top);

/// Hex digits of a th value: 14 with the zeros at the end left out, "0" for kKeepAll. Not for
/// kKeepNone, which has none.
std::string threshold_text(Threshold threshold);
/// kInvalid unless it is 1 to 14 hex digits.
Result<Threshold> parse_threshold(std::string_view digits);

/// The 14 hex digits of an rv value.
std::string randomness_text(Randomness randomness);
/// kInvalid unless it is 14 hex digits, in either case.
Result<Randomness> parse_randomness(std::string_view digits);

}  // namespace clew::agent
