#include "agent/sample/consistent.h"

#include <algorithm>

namespace clew::agent {
namespace {

/// A rate that is not zero is at least the least that can be expressed, as in the reference.
double ratio_of(double percentage) {
  return std::max(probability_of_percent(percentage), 0x1p-56);
}

}  // namespace

Threshold equalizing_threshold(double percentage, int precision,
                               std::optional<Threshold> arriving) {
  if (percentage <= 0) return kKeepNone;
  return std::max(threshold_of(ratio_of(percentage), precision).value_or(kKeepNone),
                  arriving.value_or(kKeepAll));
}

Threshold proportional_threshold(double percentage, int precision,
                                 std::optional<Threshold> arriving) {
  if (percentage <= 0) return kKeepNone;
  double incoming = probability_of(arriving.value_or(kKeepAll));
  return threshold_of(incoming * ratio_of(percentage), precision).value_or(kKeepNone);
}

}  // namespace clew::agent
