#include "api/clew_columns.h"

#include <memory>

#include "api/clew_openapi.h"
#include "api/endpoints.h"
#include "api/etag.h"
#include "api/trace_columns_bytes.h"
#include "query/trace_columns.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

class ClewColumns {
 public:
  explicit ClewColumns(store::Store& store) : store_(store) {}

  Result<HttpResponse> columns(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    query::ColumnMaker maker;
    bool all_added = true;
    bool all_read = store_.visit_outlines(
        tenant, *id, [&](const store::SpanOutline& span) { all_added &= maker.add(span); });
    if (maker.spans() == 0 && !all_read)
      return fail(Code::kIo, "the trace could not be read: a block is damaged");
    if (maker.spans() == 0) return fail(Code::kNotFound, "there is no trace {}", id->hex());
    HttpResponse response;
    response.content_type = "application/vnd.clew.columns";
    response.body =
        SharedBytes::take(trace_columns_bytes(maker.finish(), *id, all_added && all_read));
    set_etag(request, response);
    return response;
  }

 private:
  store::Store& store_;
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
