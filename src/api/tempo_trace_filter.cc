#include "api/tempo_trace_filter.h"

#include <vector>

#include "api/params.h"
#include "otlp/writer.h"
#include "query/traceql/parse.h"
#include "query/traceql/span_evaluator.h"
#include "query/traceql/trace_view.h"

namespace clew::api {
namespace {

using namespace query::traceql;

Result<bool> switch_param(const net::HttpRequest& request, std::string_view name, bool otherwise) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return otherwise;
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return bad_param(name, "it is true or false");
}

/// Marks those above a span, up to the root or to one that is marked already.
void mark_path(const TraceView& trace, uint32_t span, std::vector<uint8_t>& wanted) {
  for (span = trace.parent(span); span != TraceView::kNone && wanted[span] == 0;
       span = trace.parent(span))
    wanted[span] = 1;
}

}  // namespace

Result<std::optional<TempoTraceFilter>> parse_tempo_trace_filter(const net::HttpRequest& request) {
  auto keep = switch_param(request, "keep_hierarchy", true);
  if (!keep) return std::unexpected(keep.error());
  std::string_view text = text_param(request, "q");
  if (text.empty()) return std::nullopt;
  auto query = parse(text);
  if (!query) return fail(Code::kInvalid, "invalid TraceQL query: {}", query.error().message);
  auto* stages = std::get_if<Pipeline>(&query->what);
  auto* spans = stages != nullptr && stages->size() == 1
                    ? std::get_if<Spanset>(&stages->front().what)
                    : nullptr;
  if (spans == nullptr || spans->op != SpansetOp::kFilter)
    return fail(Code::kInvalid, "invalid TraceQL query: of one trace only {{ … }} can be asked");
  if (spans->filter.op == Op::kConstant && spans->filter.constant.integer != 0) return std::nullopt;
  return TempoTraceFilter{std::move(spans->filter), *keep};
}

std::string filtered_tempo_trace(const otlp::Batch& batch, const TempoTraceFilter& filter) {
  TraceView trace(batch);
  SpanEvaluator evaluator(trace);
  std::vector<uint8_t> matches(trace.size());
  for (uint32_t span = 0; span < trace.size(); ++span)
    matches[span] = evaluator.holds(filter.filter, span) ? 1 : 0;
  std::vector<uint8_t> wanted = matches;
  for (uint32_t span = 0; span < trace.size() && filter.keep_hierarchy; ++span)
    if (matches[span] != 0) mark_path(trace, span, wanted);
  otlp::RequestWriter writer;
  for (uint32_t span = 0; span < trace.size(); ++span)
    if (wanted[span] != 0) writer.add(batch, trace.ref(span));
  return writer.empty() ? std::string() : writer.finish();
}

}  // namespace clew::api
