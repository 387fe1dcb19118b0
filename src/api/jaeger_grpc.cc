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

/// One of the two services.
struct QueryService {
  query::Engine& engine;
  JaegerDialect dialect;
  Send send;
  JaegerOptions options;
};

/// With its clocks adjusted, for which all of the trace is needed.
Result<void> send_adjusted(const QueryService& service, const Tenant& tenant, const TraceId& id,
                           GrpcStream& stream) {
  auto found = service.engine.trace(tenant, id);
  if (!found) return std::unexpected(found.error());
  if (auto sent = service.send(stream, service.options.adjusted(found->spans, false)); !sent)
    return sent;
  return end_of_answer(found->complete);
}

Result<void> stream_trace(const QueryService& service, const Tenant& tenant,
                          std::string_view request, GrpcStream& stream) {
  auto asked = read_trace_request(request, service.dialect);
  if (!asked) return std::unexpected(asked.error());
  auto streamed =
      service.options.adjusts(asked->raw)
          ? send_adjusted(service, tenant, asked->id, stream)
          : stream_one_trace(service.engine, tenant, asked->id,
                             [&](const otlp::Batch& part) { return service.send(stream, part); });
  if (!streamed && streamed.error().code == Code::kNotFound)
    return fail(Code::kNotFound, "trace not found");
  return streamed;
}

/// The streams of traces, and what both services ask in the same way. `name` ends with a slash.
void add_common(net::GrpcMethods& methods, const std::string& name, const QueryService& service) {
  add_server_stream(methods, name + "GetTrace",
                    [service](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      return stream_trace(service, tenant, request, stream);
                    });
  add_server_stream(methods, name + "FindTraces",
                    [service](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      auto send = [&service](GrpcStream& to, const otlp::Batch& trace, bool raw) {
                        return service.send(to, service.options.adjusted(trace, raw));
                      };
                      return stream_traces(service.engine, tenant, request, service.dialect, stream,
                                           send);
                    });
  add_unary(methods, name + "GetServices", [service](const Tenant& tenant, std::string_view) {
    return services_answer(service.engine, tenant);
  });
  add_unary(methods, name + "GetOperations",
            [service](const Tenant& tenant, std::string_view request) {
              return operations_answer(service.engine, tenant, request, service.dialect);
            });
  add_unary(methods, name + "GetDependencies",
            [service](const Tenant& tenant, std::string_view request) {
              return dependencies_answer(service.engine, tenant, request);
            });
}

Result<std::string> archive(store::Store& store, const Tenant& tenant, std::string_view request) {
  auto asked = read_trace_request(request, JaegerDialect::kApiV2);
  if (!asked) return std::unexpected(asked.error());
  auto pinned = store.pin(tenant, asked->id);
  if (pinned) return std::string();  // ArchiveTraceResponse has no fields
  if (pinned.error().code == Code::kNotFound) return fail(Code::kNotFound, "trace not found");
  return std::unexpected(pinned.error());
}

}  // namespace

void add_jaeger_grpc_v2(net::GrpcMethods& methods, query::Engine& engine, store::Store& store,
                        JaegerOptions options) {
  const std::string name = "/jaeger.api_v2.QueryService/";
  add_common(methods, name, {engine, JaegerDialect::kApiV2, send_jaeger_spans, options});
  add_unary(methods, name + "ArchiveTrace",
            [&store](const Tenant& tenant, std::string_view request) {
              return archive(store, tenant, request);
            });
}

void add_jaeger_grpc_v3(net::GrpcMethods& methods, query::Engine& engine, JaegerOptions options) {
  const std::string name = "/jaeger.api_v3.QueryService/";
  add_common(methods, name, {engine, JaegerDialect::kApiV3, send_traces_data, options});
  add_server_stream(methods, name + "FindTraceSummaries",
                    [&engine](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      return stream_summaries(engine, tenant, request, JaegerDialect::kApiV3,
                                              stream);
                    });
}

}  // namespace clew::api
