// A bound on what one foreign span may be taken apart into.
#pragma once

#include "base/limits.h"
#include "base/metrics.h"
#include "base/result.h"

namespace clew::receive {

/// Counts the tags, logs, references and annotations of a span against limits::kFieldsPerSpan.
class FieldBudget {
 public:
  /// For the next span.
  void refill() { left_ = limits::kFieldsPerSpan; }

  /// Whether the span may have one more; if not, error() says why.
  bool take() {
    if (left_ > 0) return --left_, true;
    metrics::count_limit_hit("fields_per_span");
    return false;
  }

  static Error error() {
    return {Code::kTooLarge,
            fmt::format("a span has more than {} tags, logs, annotations and references",
                        limits::kFieldsPerSpan)};
  }

 private:
  size_t left_ = limits::kFieldsPerSpan;
};

}  // namespace clew::receive
