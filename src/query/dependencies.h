// Who calls whom, from the parents of spans.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "otlp/batch.h"

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

  /// What was counted, sorted by parent, then child.
  std::vector<Dependency> result() const;

 private:
  struct Calls {
    uint64_t calls = 0, errors = 0;
  };
  std::map<std::pair<std::string, std::string>, Calls> calls_;
};

}  // namespace clew::query
