// How the endpoints of an API are called and answered: the same for every API.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "api/params.h"
#include "net/http_server.h"

namespace clew::api {

/// Says in a header that there may be more than the answer has, for APIs without a field for it.
void warn_incomplete(net::HttpResponse& response);

/// zstd or gzip if the client takes it; empty if it takes neither.
std::string_view wanted_encoding(const net::HttpRequest& request);

/// Compresses the body, or its pieces, if the client takes it, it is worth it and it is not
/// compressed already.
void compress_if_wanted(const net::HttpRequest& request, net::HttpResponse& response);

/// Adds GET endpoints that are methods of `Api`: for the tenant of the request, giving the answer
/// or an error, which `failure` turns into the API's own form.
template <typename Api>
class Endpoints {
 public:
  using Endpoint = Result<net::HttpResponse> (Api::*)(const Tenant&, const net::HttpRequest&);
  using Failure = net::HttpResponse (*)(const Error&);
  /// Looks at a request before its endpoint does.
  using Check = std::function<Result<void>(const net::HttpRequest&)>;

  Endpoints(net::HttpRoutes& routes, std::shared_ptr<Api> api, Failure failure)
      : routes_(routes), api_(std::move(api)), failure_(failure) {}

  void operator()(std::string_view pattern, Endpoint endpoint, Check check = {}) {
    routes_.add("GET", pattern,
                [api = api_, failure = failure_, check = std::move(check), endpoint](
                    net::HttpRequest request, net::HttpResponder responder) {
                  auto tenant = tenant_of(request);
                  if (!tenant) return responder.send(failure(tenant.error()));
                  if (auto checked = check ? check(request) : Result<void>(); !checked)
                    return responder.send(failure(checked.error()));
                  auto answer = ((*api).*endpoint)(*tenant, request);
                  if (!answer) return responder.send(failure(answer.error()));
                  compress_if_wanted(request, *answer);
                  responder.send(*std::move(answer));
                });
  }

 private:
  net::HttpRoutes& routes_;
  std::shared_ptr<Api> api_;
  Failure failure_;
};

}  // namespace clew::api
