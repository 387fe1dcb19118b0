// How Jaeger's gRPC services answer: what api_v2 and api_v3 have in common.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/jaeger_proto_read.h"
#include "net/grpc_server.h"
#include "query/engine.h"

namespace clew::api {

using UnaryAnswer = std::function<Result<std::string>(const Tenant&, std::string_view request)>;
using StreamAnswer =
    std::function<Result<void>(const Tenant&, std::string_view request, net::GrpcStream&)>;

/// Adds a method that answers at once, for the tenant of x-scope-orgid.
void add_unary(net::GrpcMethods& methods, std::string name, UnaryAnswer answer);

/// Adds a method that takes one message and sends several; the value it returns ends the stream.
void add_server_stream(net::GrpcMethods& methods, std::string name, StreamAnswer answer);

/// A message larger than this is followed by another one: gRPC's clients take 4 MiB by default. A
/// single span may be larger.
inline constexpr size_t kChunkBytes = 1 << 20;

/// Sends, and waits for a client that is slow to read; kTimeout when it does not read or has gone.
Result<void> send_chunk(net::GrpcStream& stream, std::string chunk);

/// Sends the trace as TracesData messages.
Result<void> send_traces_data(net::GrpcStream& stream, const otlp::Batch& trace);

/// kTimeout for an answer that is not complete: its stream ends with it after what was found.
Result<void> end_of_answer(bool complete);

/// Sends a trace; `raw`: as it was stored.
using SendTrace = std::function<Result<void>(net::GrpcStream&, const otlp::Batch& trace, bool raw)>;

/// Sends one trace while it is read, some thousand spans at a time: `send` gets these as a batch of
/// their own. Fails with kNotFound if there is none.
Result<void> stream_one_trace(query::Engine& engine, const Tenant& tenant, const TraceId& id,
                              const std::function<Result<void>(const otlp::Batch& part)>& send);

/// Finds and sends.
Result<void> stream_traces(query::Engine& engine, const Tenant& tenant, std::string_view request,
                           JaegerDialect dialect, net::GrpcStream& stream, const SendTrace& send);
/// Sends FindTraceSummariesResponse messages.
Result<void> stream_summaries(query::Engine& engine, const Tenant& tenant, std::string_view request,
                              JaegerDialect dialect, net::GrpcStream& stream);

/// Sends the traces of the storage API's GetTracesRequest that are there, one behind the other.
Result<void> stream_traces_by_id(query::Engine& engine, const Tenant& tenant,
                                 std::string_view request, net::GrpcStream& stream);

/// Serialized FindTraceIDsResponse of the storage API. kTimeout when it would not be complete.
Result<std::string> trace_ids_answer(query::Engine& engine, const Tenant& tenant,
                                     std::string_view request);

/// Serialized GetServicesResponse, GetOperationsResponse, GetDependenciesResponse.
Result<std::string> services_answer(query::Engine& engine, const Tenant& tenant);
Result<std::string> operations_answer(query::Engine& engine, const Tenant& tenant,
                                      std::string_view request, JaegerDialect dialect);
Result<std::string> dependencies_answer(query::Engine& engine, const Tenant& tenant,
                                        std::string_view request);

}  // namespace clew::api
