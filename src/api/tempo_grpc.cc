#include "api/tempo_grpc.h"

#include "api/jaeger_grpc_answer.h"
#include "api/tempo_answers.h"
#include "api/tempo_proto_read.h"
#include "api/tempo_search.h"

namespace clew::api {
namespace {

using net::GrpcStream;
using query::traceql::Field;

Result<void> stream_search(query::Engine& engine, const Tenant& tenant, std::string_view request,
                           GrpcStream& stream) {
  auto search = read_tempo_search(request);
  if (!search) return std::unexpected(search.error());
  Result<void> sent;
  auto end = search_tempo(engine, tenant, *search, [&](const query::traceql::FoundTrace& trace) {
    if (sent) sent = send_chunk(stream, tempo_search_progress(trace));
  });
  if (!end) return std::unexpected(end.error());
  if (sent) sent = send_chunk(stream, tempo_search({}, *end, TempoForm::kProtobuf));
  return sent ? end_of_answer(end->complete) : sent;
}

Result<void> stream_tags(query::Engine& engine, const Tenant& tenant, std::string_view request,
                         GrpcStream& stream, bool by_scope) {
  auto asked = read_tempo_tags(request);
  if (!asked) return std::unexpected(asked.error());
  auto tags = list_tempo_tags(engine, tenant, asked->scope, asked->names);
  if (!tags) return std::unexpected(tags.error());
  if (!by_scope && asked->scope != kTempoIntrinsic) remove_intrinsics(*tags);
  return send_chunk(stream, by_scope ? tempo_tags_v2(*tags, TempoForm::kProtobuf)
                                     : tempo_tags(*tags, TempoForm::kProtobuf));
}

Result<void> stream_values(query::Engine& engine, const Tenant& tenant, std::string_view request,
                           GrpcStream& stream, bool typed) {
  auto asked = read_tempo_values(request);
  if (!asked) return std::unexpected(asked.error());
  auto tag = typed ? parse_tempo_tag(asked->tag) : Result<Field>(field_of_tag(asked->tag));
  if (!tag) return std::unexpected(tag.error());
  TempoValues values = list_tempo_values(engine, tenant, *tag, asked->names);
  return send_chunk(stream, typed ? tempo_values_v2(values, TempoForm::kProtobuf)
                                  : tempo_values(values, TempoForm::kProtobuf));
}

using AskMetrics = Result<TempoMetricsAnswer> (*)(query::Engine&, const Tenant&,
                                                  const TempoMetrics&);
using WriteMetrics = std::string (*)(const TempoMetricsAnswer&, TempoForm);

/// Adds a method that answers with one message, which itself says whether it is complete.
void add_metrics(net::GrpcMethods& methods, const std::string& name, query::Engine& engine,
                 AskMetrics ask, WriteMetrics write) {
  add_server_stream(methods, name,
                    [&engine, ask, write](const Tenant& tenant, std::string_view request,
                                          GrpcStream& stream) -> Result<void> {
                      auto asked = read_tempo_metrics(request, Clock::system().now());
                      if (!asked) return std::unexpected(asked.error());
                      auto found = ask(engine, tenant, *asked);
                      if (!found) return std::unexpected(found.error());
                      return send_chunk(stream, write(*found, TempoForm::kProtobuf));
                    });
}

}  // namespace

void add_tempo_grpc(net::GrpcMethods& methods, query::Engine& engine) {
  const std::string service = "/tempopb.StreamingQuerier/";
  add_server_stream(methods, service + "Search",
                    [&engine](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
                      return stream_search(engine, tenant, request, stream);
                    });
  add_metrics(methods, service + "MetricsQueryRange", engine, ask_tempo_range, tempo_range);
  add_metrics(methods, service + "MetricsQueryInstant", engine, ask_tempo_instant, tempo_instant);
  for (bool second : {false, true}) {
    std::string version = second ? "V2" : "";
    add_server_stream(
        methods, service + "SearchTags" + version,
        [&engine, second](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
          return stream_tags(engine, tenant, request, stream, second);
        });
    add_server_stream(
        methods, service + "SearchTagValues" + version,
        [&engine, second](const Tenant& tenant, std::string_view request, GrpcStream& stream) {
          return stream_values(engine, tenant, request, stream, second);
        });
  }
}

}  // namespace clew::api
