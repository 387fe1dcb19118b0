// Jaeger's structured filters on the wire.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/expression.h"

namespace clew::api {

/// Reads the JSON of an api_v3 Call: {"op":"eq","args":[{"attr":{"key":"a"}},{"scalar":{"value":
/// "1"}}]}. Fails with kInvalid on JSON of another form, unknown members (a condition that is
/// passed over would find too much) and past limits::kValueDepth.
/// Source: jaeger-idl expression/v1/expression.proto.
Result<query::Call> parse_jaeger_filter(std::string_view json);

}  // namespace clew::api
