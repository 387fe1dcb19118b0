// Jaeger's structured filters in protobuf.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/expression.h"

namespace clew::api {

/// Reads a jaeger.expression.v1.Call that is nested `depth` deep in others. Fails with kInvalid on
/// unknown fields (a condition that is passed over would find too much) and past
/// limits::kValueDepth; throws protozero::exception on bytes that are no message.
/// Source: jaeger-idl v0.14 expression/v1/expression.proto.
Result<query::Call> read_filter_call(std::string_view message, int depth = 1);

}  // namespace clew::api
