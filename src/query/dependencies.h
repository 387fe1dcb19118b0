// Who calls whom, from the parents of spans.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "otlp/batch.h"
#include "store/span_outline.h"

namespace clew::query {

struct Dependency {
  std::string parent;  // service names
  std::string child;
  uint64_t call_count = 0;
  uint64_t error_count = 0;  // of them, where the child's span is an error

  bool operator==(const Dependency&) const = default;
};

/// Counts calls between services over many traces. One thread.
class DependencyCounter {
 public:
  /// Adds the spans of one trace: every span whose parent belongs to another service is a call. A
  /// server span that shares its ID with a client span (Zipkin) has that one as parent.
  void add(const otlp::Batch& trace);

  /// The same, span by span: these are of one trace until end_trace(), which counts them; it counts
  /// nothing and says false if two may be one span that was sent twice, so that only whole spans
  /// tell.
  void add(const store::SpanOutline& span);
  bool end_trace();

  /// What was counted, sorted by parent, then child.
  std::vector<Dependency> result() const;

 private:
  struct Calls {
    uint64_t calls = 0, errors = 0;
  };
  struct Outline {
    const std::string* service;
    bool is_error;
  };

  void count(const std::string& parent, const std::string& child, bool is_error);

  std::map<std::pair<std::string, std::string>, Calls> calls_;
  std::set<std::string, std::less<>> services_;
  std::vector<otlp::Span> spans_;  // of the trace at hand: what tells parents
  std::vector<Outline> outlines_;  // of the same
};

}  // namespace clew::query
