// The start of a trace, from the starts of its spans.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace clew::store {

/// The earlier of two starts, where 0 means that it is not known (Zipkin allows spans without): it
/// is the earliest only if there is no other.
inline UnixNanos earlier(UnixNanos a, UnixNanos b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace clew::store
