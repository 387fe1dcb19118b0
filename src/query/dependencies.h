// Who calls whom, for people and APIs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/calls.h"

namespace clew::query {

struct Dependency {
  std::string parent;  // service names
  std::string child;
  uint64_t call_count = 0;
  uint64_t error_count = 0;  // of them, where the child's span is an error
  /// How long the child's spans took, in nanoseconds, at most 1/16 off: half of them no longer than
  /// p50, and so on.
  uint64_t p50 = 0, p95 = 0, p99 = 0;

  bool operator==(const Dependency&) const = default;
};

/// The calls of a table, sorted by parent, then child.
std::vector<Dependency> dependencies_of(const store::CallTable& table);

}  // namespace clew::query
