#include "api/jaeger_grpc.h"

#include <protozero/pbf_writer.hpp>

#include "api/jaeger_grpc_answer.h"
#include "otlp/jaeger_proto.h"

namespace clew::api {
namespace {

using net::GrpcStream;

/// Sends the trace as SpansResponseChunk messages.
Result<void> send_jaeger_spans(GrpcStream& stream, const otlp::Batch& trace) {
  std::string chunk;
  for (const std::string& span : otlp::jaeger_spans(trace)) {
    if (!chunk.empty() && chunk.size() + span.size() > kChunkBytes)
      if (auto sent = send_chunk(stream, std::exchange(chunk, {})); !sent) return sent;
    protozero::pbf_writer(chunk).add_message(1, span);
  }
  return chunk.empty() ? Result<void>() : send_chunk(stream, std::move(chunk));
}

using Send = Result<void> (*)(GrpcStream&, const otlp::Batch&);

Result<void> stream_trace(query::Engine& engine, const Tenant& tenant, std::string_view request,
                          JaegerDialect dialect, GrpcStream& stream, Send send) {
  auto id = read_trace_request(request, dialect);
  if (!id) return std::unexpected(id.error());
  auto found = engine.trace(tenant, *id);
  if (!found && found.error().code == Code::kNotFound)
    return fail(Code::kNotFound, "trace not found");
  if (!found) return std::unexpected(found.error());
  if (auto sent = send(stream, found->spans); !sent) return sent;
  return end_of_answer(found->complete);
}

/// The streams of traces, and what both services ask in the same way.
void add_common(net::GrpcMethods& methods, query::Engine& engine, const std::string& service,
                JaegerDialect dialect, Send send) {
  add_server_stream(
      methods, service + "GetTrace",
      [&engine, dialect, send](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
        return stream_trace(engine, tenant, request, dialect, stream, send);
      });
  add_server_stream(
      methods, service + "FindTraces",
      [&engine, dialect, send](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
        return stream_traces(engine, tenant, request, dialect, stream, send);
      });
  add_unary(methods, service + "GetServices", [&engine](const Tenant& tenant, std::string_view) {
    return services_answer(engine, tenant);
  });
  add_unary(methods, service + "GetOperations",
            [&engine, dialect](const Tenant& tenant, std::string_view request) {
              return operations_answer(engine, tenant, request, dialect);
            });
  add_unary(methods, service + "GetDependencies",
            [&engine](const Tenant& tenant, std::string_view request) {
              return dependencies_answer(engine, tenant, request);
            });
}

Result<std::string> archive(store::Store& store, const Tenant& tenant, std::string_view request) {
  auto id = read_trace_request(request, JaegerDialect::kApiV2);
  if (!id) return std::unexpected(id.error());
  auto pinned = store.pin(tenant, *id);
  if (pinned) return std::string();  // ArchiveTraceResponse has no fields
  if (pinned.error().code == Code::kNotFound) return fail(Code::kNotFound, "trace not found");
  return std::unexpected(pinned.error());
}

}  // namespace

void add_jaeger_grpc_v2(net::GrpcMethods& methods, query::Engine& engine, store::Store& store) {
  const std::string service = "/jaeger.api_v2.QueryService/";
  add_common(methods, engine, service, JaegerDialect::kApiV2, send_jaeger_spans);
  add_unary(methods, service + "ArchiveTrace",
            [&store](const Tenant& tenant, std::string_view request) {
              return archive(store, tenant, request);
            });
}

void add_jaeger_grpc_v3(net::GrpcMethods& methods, query::Engine& engine) {
  const std::string service = "/jaeger.api_v3.QueryService/";
  add_common(methods, engine, service, JaegerDialect::kApiV3, send_traces_data);
  add_server_stream(methods, service + "FindTraceSummaries",
                    [&engine](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      return stream_summaries(engine, tenant, request, JaegerDialect::kApiV3,
                                              stream);
                    });
}

}  // namespace clew::api
