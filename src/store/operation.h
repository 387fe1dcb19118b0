// A service's operation, as in the dictionaries of heads and blocks.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "otlp/span.h"

namespace clew::store {

/// The same, as a key to look up by.
struct OperationView {
  std::string_view service;
  std::string_view name;
  otlp::SpanKind kind;

  auto operator<=>(const OperationView&) const = default;
};

struct OperationKey {
  std::string service;
  std::string name;
  otlp::SpanKind kind;

  OperationView view() const { return {service, name, kind}; }
};

inline auto operator<=>(const OperationKey& a, const OperationKey& b) {
  return a.view() <=> b.view();
}
inline auto operator<=>(const OperationKey& a, const OperationView& b) {
  return a.view() <=> b;
}
inline bool operator==(const OperationKey& a, const OperationKey& b) {
  return a.view() == b.view();
}

}  // namespace clew::store
