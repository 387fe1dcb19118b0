// Reading what clients put into URLs. Errors name the parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/tenant.h"
#include "net/http_message.h"

namespace clew::api {

/// The parameter as a Go duration; nullopt if it is absent or empty.
Result<std::optional<uint64_t>> duration_param(const net::HttpRequest& request,
                                               std::string_view name);

/// The parameter as a whole number of at least 0; nullopt if it is absent or empty.
Result<std::optional<uint64_t>> number_param(const net::HttpRequest& request,
                                             std::string_view name);

/// The parameter's text; empty if it is absent.
std::string_view text_param(const net::HttpRequest& request, std::string_view name);

/// The tenant of X-Scope-OrgID.
Result<Tenant> tenant_of(const net::HttpRequest& request);

}  // namespace clew::api
