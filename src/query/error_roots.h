// Where errors begin: the failing spans that no other failure below explains, over many traces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::query {

/// How a call ended: its HTTP status ("503") or gRPC status ("14"); without one "error" for a
/// failed span, else nothing. Source: OpenTelemetry semantic conventions, today's and those before.
std::string outcome_of(const otlp::Span& span);

/// What a failed span says of its failure: the message of its status, or of its exception; may be
/// empty.
std::string failure_text(const otlp::Span& span);

/// Traces whose error began in the same way.
struct ErrorRoots {
  std::string service, operation, outcome;
  uint64_t traces = 0;
  std::string example_text;          // failure_text() of the first that has one
  std::vector<TraceId> example_ids;  // the first that were added, kExampleTraces at most
};

inline constexpr size_t kExampleTraces = 3;

/// Finds the root of the error in each trace and counts equal ones. One thread.
class ErrorRootCounter {
 public:
  /// Adds the spans of one trace. Its root is the failed span without a failed one below it; of
  /// several the one that ended first, since what failed later may follow from it.
  void add(const otlp::Batch& trace);

  uint64_t traces() const { return traces_; }  // of those added, the ones with a failed span

  /// The most frequent first, then by service, operation and outcome.
  std::vector<ErrorRoots> result() const;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, ErrorRoots> groups_;
  uint64_t traces_ = 0;
};

}  // namespace clew::query
