#include "api/health.h"

#include "base/metrics.h"

namespace clew::api {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

void add_health(net::HttpRoutes& routes, std::function<std::string()> not_ready) {
  routes.add_open("GET", "/health", [](HttpRequest, HttpResponder responder) {
    responder.send(HttpResponse::text(200, "ok\n"));
  });
  routes.add_open("GET", "/ready",
                  [not_ready = std::move(not_ready)](HttpRequest, HttpResponder responder) {
                    std::string reason = not_ready();
                    responder.send(reason.empty() ? HttpResponse::text(200, "ready\n")
                                                  : HttpResponse::text(503, reason + "\n"));
                  });
  routes.add_inline("GET", "/metrics", [](HttpRequest request, HttpResponder responder) {
    metrics::TextFormat format = metrics::format_for(request.header("accept"));
    responder.send({.status = 200,
                    .content_type = std::string(metrics::content_type_of(format)),
                    .body = SharedBytes::take(metrics::render(format))});
  });
}

}  // namespace clew::api
