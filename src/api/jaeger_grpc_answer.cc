#include "api/jaeger_grpc_answer.h"

#include <chrono>
#include <protozero/pbf_writer.hpp>
#include <set>

#include "otlp/writer.h"
#include "query/page_token.h"
#include "store/trace_id.h"

namespace clew::api {
namespace {

using protozero::pbf_writer;

/// How long a client may take to read one chunk.
constexpr std::chrono::seconds kPatience{30};
constexpr size_t kSummariesPerChunk = 100;
/// Spans of a trace that are put together before they are sent; one may be larger.
constexpr size_t kPartBytes = 8 << 20;

void add_text(pbf_writer& writer, protozero::pbf_tag_type tag, std::string_view text) {
  writer.add_string(tag, text.data(), text.size());
}

/// A TraceSummary.
void write_summary(pbf_writer out, const query::TraceSummary& trace, JaegerDialect dialect) {
  if (dialect == JaegerDialect::kStorage)
    add_text(out, 1, trace.id.raw());
  else
    add_text(out, 1, trace.id.hex());
  add_text(out, 2, trace.root_service);
  add_text(out, 3, trace.root_operation);
  out.add_fixed64(4, trace.start);
  out.add_fixed64(5, trace.start + trace.duration);
  out.add_int32(6, static_cast<int32_t>(trace.span_count));
  out.add_int32(7, static_cast<int32_t>(trace.error_count));
  out.add_int32(8, static_cast<int32_t>(trace.orphan_count));
  for (const query::ServiceSummary& service : trace.services) {
    pbf_writer one(out, 9);
    add_text(one, 1, service.name);
    one.add_int32(2, static_cast<int32_t>(service.span_count));
    one.add_int32(3, static_cast<int32_t>(service.error_count));
  }
}

/// A google.protobuf.Timestamp.
void add_time(pbf_writer out, UnixNanos time) {
  constexpr UnixNanos kNanosPerSecond = 1'000'000'000;
  out.add_int64(1, static_cast<int64_t>(time / kNanosPerSecond));
  out.add_int32(2, static_cast<int32_t>(time % kNanosPerSecond));
}

}  // namespace

void add_unary(net::GrpcMethods& methods, std::string name, UnaryAnswer answer) {
  methods.unary(std::move(name), [answer = std::move(answer)](net::GrpcRequest request,
                                                              net::GrpcResponder responder) {
    auto tenant = Tenant::parse(request.meta("x-scope-orgid"));
    if (!tenant) return responder.send(std::unexpected(tenant.error()));
    responder.send(answer(*tenant, request.body.view()));
  });
}

void add_server_stream(net::GrpcMethods& methods, std::string name, StreamAnswer answer) {
  methods.stream(std::move(name), [answer = std::move(answer)](net::GrpcStream stream) {
    auto on_message = [&answer, stream](const SharedBytes& request) mutable {
      auto tenant = Tenant::parse(stream.meta("x-scope-orgid"));
      if (!tenant) return stream.end(std::unexpected(tenant.error()));
      stream.end(answer(*tenant, request.view(), stream));
    };
    return net::GrpcStreamHandler{.on_message = std::move(on_message), .on_close = {}};
  });
}

Result<void> send_chunk(net::GrpcStream& stream, std::string chunk) {
  if (stream.send_in_turn(std::move(chunk), kPatience)) return {};
  return fail(Code::kTimeout, "the client does not read what it is sent, or has gone");
}

Result<void> send_traces_data(net::GrpcStream& stream, const otlp::Batch& trace) {
  otlp::RequestWriter writer;
  size_t bytes = 0;
  for (const otlp::SpanRef& ref : trace.spans()) {
    if (bytes > 0 && bytes + ref.size > kChunkBytes) {
      if (auto sent = send_chunk(stream, writer.finish()); !sent) return sent;
      bytes = 0;
    }
    writer.add(trace, ref);
    bytes += ref.size;
  }
  return writer.empty() ? Result<void>() : send_chunk(stream, writer.finish());
}

Result<void> end_of_answer(bool complete) {
  if (complete) return {};
  return fail(Code::kTimeout,
              "the answer is incomplete: a deadline, a limit or damage cut it short");
}

Result<void> stream_one_trace(query::Engine& engine, const Tenant& tenant, const TraceId& id,
                              const std::function<Result<void>(const otlp::Batch& part)>& send) {
  auto trace = engine.stream_trace(tenant, id);
  if (!trace) return std::unexpected(trace.error());
  otlp::RequestWriter part;
  std::vector<otlp::Batch> seen;  // which the part has views of
  size_t bytes = 0;
  Result<void> sent;
  auto send_part = [&] {
    if (part.empty() || !sent) return;
    auto spans = otlp::Batch::index(SharedBytes::take(part.finish()));
    sent = spans ? send(*spans) : std::unexpected(spans.error());
    seen.clear();
    bytes = 0;
  };
  for (bool more = true; more && sent;) {
    more = (*trace)->next([&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
      if (!sent) return;
      if (bytes + ref.size > kPartBytes) send_part();
      if (seen.empty() || seen.back().spans().data() != batch.spans().data()) seen.push_back(batch);
      part.add(seen.back(), ref);
      bytes += ref.size;
    });
    send_part();
  }
  return sent ? end_of_answer((*trace)->complete()) : sent;
}

Result<void> stream_traces(query::Engine& engine, const Tenant& tenant, std::string_view request,
                           JaegerDialect dialect, net::GrpcStream& stream, const SendTrace& send) {
  auto query = read_find_request(request, dialect);
  if (!query) return std::unexpected(query.error());
  auto found = search_spans(engine, tenant, *query);
  if (!found) return std::unexpected(found.error());
  for (const otlp::Batch& trace : found->traces)
    if (auto sent = send(stream, trace, query->raw); !sent) return sent;
  return end_of_answer(found->complete);
}

Result<void> stream_summaries(query::Engine& engine, const Tenant& tenant, std::string_view request,
                              JaegerDialect dialect, net::GrpcStream& stream) {
  auto query = read_find_request(request, dialect);
  if (!query) return std::unexpected(query.error());
  auto found = search_summaries(engine, tenant, *query);
  if (!found) return std::unexpected(found.error());
  std::string chunk;
  size_t in_chunk = 0;
  for (const query::TraceSummary& trace : found->traces) {
    pbf_writer out(chunk);
    write_summary(pbf_writer(out, 1), trace, dialect);
    if (++in_chunk < kSummariesPerChunk) continue;
    if (auto sent = send_chunk(stream, std::exchange(chunk, {})); !sent) return sent;
    in_chunk = 0;
  }
  // Only the last one tells where the next page begins.
  if (found->next) {
    pbf_writer out(chunk);
    add_text(out, 2, query::encode_page_token(*found->next));
  }
  if (!chunk.empty())
    if (auto sent = send_chunk(stream, std::move(chunk)); !sent) return sent;
  return end_of_answer(found->complete);
}

Result<std::string> trace_ids_answer(query::Engine& engine, const Tenant& tenant,
                                     std::string_view request) {
  auto query = read_find_request(request, JaegerDialect::kStorage);
  if (!query) return std::unexpected(query.error());
  auto found = search_summaries(engine, tenant, *query);
  if (!found) return std::unexpected(found.error());
  if (!found->complete) return std::unexpected(end_of_answer(false).error());
  std::string bytes;
  pbf_writer out(bytes);
  for (const query::TraceSummary& trace : found->traces) {
    pbf_writer one(out, 1);
    add_text(one, 1, trace.id.raw());
    add_time(pbf_writer(one, 2), trace.start);
    add_time(pbf_writer(one, 3), trace.start + trace.duration);
  }
  if (found->next) add_text(out, 2, query::encode_page_token(*found->next));
  return bytes;
}

Result<void> stream_traces_by_id(query::Engine& engine, const Tenant& tenant,
                                 std::string_view request, net::GrpcStream& stream) {
  auto ids = read_traces_request(request);
  if (!ids) return std::unexpected(ids.error());
  if (ids->size() == 1) {
    auto streamed = stream_one_trace(engine, tenant, ids->front(), [&](const otlp::Batch& part) {
      return send_traces_data(stream, part);
    });
    bool absent = !streamed && streamed.error().code == Code::kNotFound;
    return absent ? Result<void>() : streamed;
  }
  auto looked_up = engine.traces_by_id(tenant, *ids);
  for (const otlp::Batch& trace : looked_up.found.traces)
    if (auto sent = send_traces_data(stream, trace); !sent) return sent;
  return end_of_answer(looked_up.found.complete);
}

Result<std::string> services_answer(query::Engine& engine, const Tenant& tenant) {
  std::string bytes;
  pbf_writer out(bytes);
  for (const std::string& name : engine.services(tenant)) add_text(out, 1, name);
  return bytes;
}

Result<std::string> operations_answer(query::Engine& engine, const Tenant& tenant,
                                      std::string_view request, JaegerDialect dialect) {
  auto asked = read_operations_request(request);
  if (!asked) return std::unexpected(asked.error());
  std::string bytes;
  pbf_writer out(bytes);
  bool v2 = dialect == JaegerDialect::kApiV2;
  std::set<std::string_view> names;
  auto operations = engine.operations(tenant, asked->service, asked->kind);
  for (const store::Operation& operation : operations) {
    names.insert(operation.name);
    pbf_writer one(out, v2 ? 2 : 1);
    add_text(one, 1, operation.name);
    // What is not known: api_v3 calls it internal.
    if (operation.kind != otlp::SpanKind::kUnspecified)
      add_text(one, 2, name_of(operation.kind));
    else if (dialect == JaegerDialect::kApiV3)
      add_text(one, 2, "internal");
  }
  if (v2)  // the deprecated list, which old clients read
    for (std::string_view name : names) add_text(out, 1, name);
  return bytes;
}

Result<std::string> dependencies_answer(query::Engine& engine, const Tenant& tenant,
                                        std::string_view request) {
  auto range = read_dependencies_request(request);
  if (!range) return std::unexpected(range.error());
  auto lookback = std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::nanoseconds(range->end - range->start));
  auto found = engine.dependencies(tenant, range->end, lookback);
  if (!found.complete) return std::unexpected(end_of_answer(false).error());
  std::string bytes;
  pbf_writer out(bytes);
  for (const query::Dependency& link : found.dependencies) {
    pbf_writer one(out, 1);
    add_text(one, 1, link.parent);
    add_text(one, 2, link.child);
    one.add_uint64(3, link.call_count);
  }
  return bytes;
}

}  // namespace clew::api
