#include "api/tempo_diff.h"

#include "api/endpoints.h"
#include "api/params.h"
#include "api/tempo_diff_json.h"
#include "api/tempo_diff_request.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/status.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr int kUnprocessable = 422, kTooMany = 429;

HttpResponse failure(const Error& error) {
  // What Tempo's own limits answer with.
  int status = error.code == Code::kTooLarge ? kTooMany : net::http_status(error.code);
  return HttpResponse::text(status, error.message + "\n");
}

Result<std::string> document(const query::TraceDiff& diff, TempoDiffFormat format) {
  switch (format) {
    case TempoDiffFormat::kPatch:
      return tempo_diff_patch(diff);
    case TempoDiffFormat::kSummary:
      return tempo_diff_summary(diff);
    case TempoDiffFormat::kComposed:
      break;
  }
  return tempo_diff_composed(diff);
}

Result<HttpResponse> diff(query::Engine& engine, const HttpRequest& request) {
  auto tenant = tenant_of(request);
  if (!tenant) return std::unexpected(tenant.error());
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  auto asked = parse_tempo_diff(body->view());
  if (!asked) return std::unexpected(asked.error());
  std::vector<otlp::Batch> traces;
  size_t bytes = 0;
  for (const TraceId& id : {asked->base, asked->compare}) {
    auto found = engine.trace(*tenant, id);
    if (!found && found.error().code == Code::kNotFound) return fail(Code::kNotFound, "Not Found");
    if (!found) return std::unexpected(found.error());
    if (!found->complete)
      return HttpResponse::text(
          kUnprocessable, fmt::format("trace {}: partial traces cannot be diffed\n", id.hex()));
    bytes += found->spans.bytes().size();
    traces.push_back(std::move(found->spans));
  }
  if (bytes > limits::kTraceDiffBytes) {
    metrics::count_limit_hit("trace_diff_bytes");
    return fail(Code::kTooLarge,
                "trace diff input too large: combined trace size {} bytes exceeds limit {} bytes",
                bytes, limits::kTraceDiffBytes);
  }
  auto answer = document(query::diff_traces(traces[0], traces[1]), asked->format);
  if (!answer) return std::unexpected(answer.error());
  return HttpResponse::json(200, *std::move(answer));
}

}  // namespace

void add_tempo_diff(net::HttpRoutes& routes, query::Engine& engine, const std::string& prefix) {
  routes.add("POST", prefix + "/api/v2/traces/diff",
             [&engine](HttpRequest request, net::HttpResponder responder) {
               auto answer = diff(engine, request);
               if (!answer) return responder.send(failure(answer.error()));
               compress_if_wanted(request, *answer);
               responder.send(*std::move(answer));
             });
}

}  // namespace clew::api
