// A service's operation, as in the dictionaries of heads and blocks.
#pragma once

#include <string>

#include "otlp/span.h"

namespace clew::store {

struct OperationKey {
  std::string service;
  std::string name;
  otlp::SpanKind kind;

  auto operator<=>(const OperationKey&) const = default;
};

}  // namespace clew::store
