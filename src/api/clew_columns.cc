#include "api/clew_columns.h"

#include <memory>

#include "api/clew_openapi.h"
#include "api/endpoints.h"
#include "api/etag.h"
#include "api/kept_answers.h"
#include "api/trace_columns_bytes.h"
#include "base/log.h"
#include "net/encoding.h"
#include "query/trace_columns.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

/// A trace of a million spans is 17 MB, or 4 to 8 compressed.
constexpr size_t kKeptBytes = 32 << 20;
/// Smaller ones are made in a few milliseconds.
constexpr size_t kWorthKeeping = 100'000;

class ClewColumns {
 public:
  explicit ClewColumns(store::Store& store) : store_(store), kept_(kKeptBytes) {}

  Result<HttpResponse> columns(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    auto found = answer({tenant, *id, std::string(wanted_encoding(request))});
    if (!found) return std::unexpected(found.error());
    HttpResponse response;
    response.content_type = "application/vnd.clew.columns";
    response.body = std::move(found->body);
    set_etag(request, response, found->tag);
    if (response.body.empty() || found->encoding.empty()) return response;
    set_etag_encoding(response, found->encoding);
    response.headers.emplace_back("Content-Encoding", std::move(found->encoding));
    return response;
  }

 private:
  /// Kept, or made now.
  Result<KeptAnswers::Answer> answer(const KeptAnswers::Question& question) {
    auto reading = store_.read_trace(question.tenant, question.id);
    std::optional<store::TraceState> state = reading->state();
    if (state)
      if (auto kept = kept_.find(question, *state)) return *std::move(kept);
    query::ColumnMaker maker;
    bool all_added = true;
    bool all_read = reading->visit_outlines(
        [&](const store::SpanOutline& span) { all_added &= maker.add(span); });
    if (maker.spans() == 0 && !all_read)
      return fail(Code::kIo, "the trace could not be read: a block is damaged");
    if (maker.spans() == 0) return fail(Code::kNotFound, "there is no trace {}", question.id.hex());
    KeptAnswers::Answer made;
    made.body =
        SharedBytes::take(trace_columns_bytes(maker.finish(), question.id, all_added && all_read));
    made.tag = body_tag(made.body.view());
    if (made.body.size() < kWorthKeeping) return made;
    encode(question.encoding, made);
    if (state && all_read) kept_.keep(question, *std::move(state), made);
    return made;
  }

  static void encode(const std::string& encoding, KeptAnswers::Answer& made) {
    if (encoding.empty()) return;
    auto body = net::encode_content(encoding, made.body);
    if (!body) return log::warn("columns not compressed: {}", body.error().message);
    made.body = SharedBytes::copy(body->view());  // without the room for the worst case
    made.encoding = encoding;
  }

  store::Store& store_;
  KeptAnswers kept_;
};

}  // namespace

void add_clew_columns(net::HttpRoutes& routes, store::Store& store) {
  constexpr std::string_view kPath = "/api/clew/v1/traces/{id}/columns";
  Endpoints<ClewColumns> add(routes, std::make_shared<ClewColumns>(store),
                             HttpResponse::json_error);
  add(kPath, &ClewColumns::columns,
      [params = DescribedParams("GET", kPath)](const HttpRequest& request) {
        return params.check(request);
      });
}

}  // namespace clew::api
