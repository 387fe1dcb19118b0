// The searches of Jaeger's v3 HTTP API as POST: the whole request as JSON in the body.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace clew::api {

/// A FindTracesRequest or FindTraceSummariesRequest in protobuf's JSON as the parameters that the
/// same search has as a GET, so that both are read and refused alike. Fails with kInvalid on JSON
/// that is no such message, and names the member; unknown members are refused, since a condition
/// that is passed over would find too much.
/// Source: jaeger-idl v0.14 proto/api_v3/query_service.proto, google.api.http.
Result<net::HttpFields> jaeger_v3_body_params(std::string_view json);

}  // namespace clew::api
