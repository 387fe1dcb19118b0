// The description of Clew's own API, and what the server has from it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"
#include "net/http_server.h"

namespace clew::api {

/// The query parameters that one endpoint is described to take.
class DescribedParams {
 public:
  /// Those of `method` at `path`, which must be described.
  DescribedParams(std::string_view method, std::string_view path);

  /// Fails with kInvalid on a parameter that is not described, on one that is given twice where it
  /// means one value, and on one that is empty where only some texts mean anything: a mistake would
  /// otherwise find what nobody asked for.
  Result<void> check(const net::HttpRequest& request) const;

 private:
  std::string path_;
  struct Param {
    bool may_repeat;
    bool may_be_empty;
  };
  std::map<std::string, Param, std::less<>> params_;  // by name
};

/// Adds GET /api/clew/v1/openapi.json.
void add_clew_openapi(net::HttpRoutes& routes);

}  // namespace clew::api
