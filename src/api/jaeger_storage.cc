#include "api/jaeger_storage.h"

#include <protozero/pbf_writer.hpp>

#include "api/jaeger_capabilities.h"
#include "api/jaeger_grpc_answer.h"

namespace clew::api {
namespace {

using net::GrpcStream;
using protozero::pbf_writer;

/// A GetCapabilitiesResponse: both APIs number it alike.
std::string capabilities() {
  std::string bytes;
  pbf_writer response(bytes);
  pbf_writer search(response, 1);
  search.add_bool(1, true);  // without_service_name
  search.add_bool(2, true);  // same_span_conjunction
  {
    pbf_writer filter(search, 3);
    for (std::string_view level : kFilterLevels) filter.add_string(1, level.data(), level.size());
    for (std::string_view op : kFilterOperators) filter.add_string(2, op.data(), op.size());
  }
  search.add_bool(4, true);  // paginated
  search.commit();
  return bytes;
}

void add_capabilities(net::GrpcMethods& methods, std::string name) {
  add_unary(methods, std::move(name),
            [](const Tenant&, std::string_view) -> Result<std::string> { return capabilities(); });
}

void add_searches(net::GrpcMethods& methods, query::Engine& engine, const std::string& reader) {
  constexpr JaegerDialect kDialect = JaegerDialect::kStorage;
  add_server_stream(methods, reader + "GetTraces",
                    [&engine](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      return stream_traces_by_id(engine, tenant, request, stream);
                    });
  add_server_stream(methods, reader + "FindTraces",
                    [&engine](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      auto send = [](GrpcStream& to, const otlp::Batch& trace, bool) {
                        return send_traces_data(to, trace);
                      };
                      return stream_traces(engine, tenant, request, kDialect, stream, send);
                    });
  add_server_stream(methods, reader + "FindTraceSummaries",
                    [&engine](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      return stream_summaries(engine, tenant, request, kDialect, stream);
                    });
  add_unary(methods, reader + "FindTraceIDs",
            [&engine](const Tenant& tenant, std::string_view request) {
              return trace_ids_answer(engine, tenant, request);
            });
}

}  // namespace

void add_jaeger_storage(net::GrpcMethods& methods, query::Engine& engine) {
  const std::string reader = "/jaeger.storage.v2.TraceReader/";
  add_searches(methods, engine, reader);
  add_unary(methods, reader + "GetServices", [&engine](const Tenant& tenant, std::string_view) {
    return services_answer(engine, tenant);
  });
  add_unary(methods, reader + "GetOperations",
            [&engine](const Tenant& tenant, std::string_view request) {
              return operations_answer(engine, tenant, request, JaegerDialect::kStorage);
            });
  add_unary(methods, "/jaeger.storage.v2.DependencyReader/GetDependencies",
            [&engine](const Tenant& tenant, std::string_view request) {
              return dependencies_answer(engine, tenant, request);
            });
  add_capabilities(methods, "/jaeger.storage.v2.Capabilities/GetCapabilities");
}

void add_jaeger_capabilities(net::GrpcMethods& methods) {
  add_capabilities(methods, "/jaeger.api_v3.Capabilities/GetCapabilities");
}

}  // namespace clew::api
