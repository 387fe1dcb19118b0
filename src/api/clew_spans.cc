#include "api/clew_spans.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/clew_json.h"
#include "api/clew_openapi.h"
#include "api/endpoints.h"
#include "api/etag.h"
#include "base/json.h"
#include "base/limits.h"
#include "query/trace_page.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr uint64_t kDefaultCount = 100;
constexpr uint64_t kMaxCount = 1000;
constexpr size_t kSpanIdDigits = 16;

Result<query::PageQuestion> parse_question(const HttpRequest& request) {
  auto from = number_param(request, "from");
  if (!from) return std::unexpected(from.error());
  auto count = number_param(request, "count");
  if (!count) return std::unexpected(count.error());
  query::PageQuestion question{.from = from->value_or(0), .count = count->value_or(kDefaultCount)};
  if (question.count < 1 || question.count > kMaxCount)
    return bad_param("count", fmt::format("must be 1 to {}", kMaxCount));
  if (auto span = request.query_param("span")) {
    question.span = span->size() == kSpanIdDigits ? SpanId::from_hex(*span) : std::nullopt;
    if (!question.span) return bad_param("span", "must be a span ID, 16 hex digits");
    if (*from) return bad_param("from", "cannot be given together with span");
  }
  return question;
}

std::string found_json(const query::FoundRows& found) {
  JsonWriter json;
  json.begin_object().member("total", found.total).member("complete", found.complete);
  json.key("rows").begin_array();
  for (uint32_t row : found.rows) json.value(row);
  json.end_array().end_object();
  return std::move(json).take();
}

class ClewSpans {
 public:
  explicit ClewSpans(store::Store& store) : pages_(store) {}

  Result<HttpResponse> spans(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    auto question = parse_question(request);
    if (!question) return std::unexpected(question.error());
    auto page = pages_.read(tenant, *id, *question);
    if (!page) return std::unexpected(page.error());
    auto response = HttpResponse::json(200, clew_page_json(*page, *id));
    set_etag(request, response);
    return response;
  }

  Result<HttpResponse> find(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    auto words = query::SpanWords::parse(request.query_param("text").value_or(""));
    if (!words) return bad_param("text", words.error().message);
    auto deadline = std::chrono::steady_clock::now() + limits::kQueryDeadline;
    auto found = pages_.find(tenant, *id, *words, deadline);
    if (!found) return std::unexpected(found.error());
    auto response = HttpResponse::json(200, found_json(*found));
    set_etag(request, response);
    return response;
  }

 private:
  query::TracePages pages_;
};

}  // namespace

void add_clew_spans(net::HttpRoutes& routes, store::Store& store) {
  constexpr std::string_view kSpans = "/api/clew/v1/traces/{id}/spans";
  constexpr std::string_view kFind = "/api/clew/v1/traces/{id}/find";
  Endpoints<ClewSpans> add(routes, std::make_shared<ClewSpans>(store), HttpResponse::json_error);
  auto described = [](std::string_view path) {
    return [params = DescribedParams("GET", path)](const HttpRequest& request) {
      return params.check(request);
    };
  };
  add(kSpans, &ClewSpans::spans, described(kSpans));
  add(kFind, &ClewSpans::find, described(kFind));
}

}  // namespace clew::api
