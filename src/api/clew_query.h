// The parameters of Clew's own `GET /api/clew/v1/search` and `/api/clew/v1/tags`.
#pragma once

#include <optional>

#include "net/http_message.h"
#include "store/filter.h"
#include "store/store.h"

namespace clew::api {

struct ClewQuery {
  store::Filter filter;
  size_t limit = 20;
  std::optional<store::FoundTrace> after;  // of pageToken
};

/// Reads service, operation, status, where=<condition>, tag=key=value, minDuration, maxDuration,
/// minTraceDuration, maxTraceDuration (Go), start, end (microseconds), limit and pageToken. Fails
/// with kInvalid and the name of the parameter; for a condition also the column in it.
Result<ClewQuery> parse_clew_query(const net::HttpRequest& request);

/// The parameter `scope`: resource, scope, span or event; nullopt if it is absent or empty.
Result<std::optional<store::AttributeScope>> scope_param(const net::HttpRequest& request);

}  // namespace clew::api
