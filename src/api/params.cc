#include "api/params.h"

#include <charconv>

#include "base/duration.h"

namespace clew::api {
namespace {

std::unexpected<Error> bad_param(std::string_view name, std::string_view why) {
  return fail(Code::kInvalid, "unable to parse param '{}': {}", name, why);
}

}  // namespace

Result<std::optional<uint64_t>> duration_param(const net::HttpRequest& request,
                                               std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  auto duration = parse_duration(text);
  if (!duration) return bad_param(name, duration.error().message);
  return *duration;
}

Result<std::optional<uint64_t>> number_param(const net::HttpRequest& request,
                                             std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return bad_param(name, fmt::format("\"{}\" is not a whole number", text));
  return number;
}

std::string_view text_param(const net::HttpRequest& request, std::string_view name) {
  return request.query_param(name).value_or(std::string_view());
}

Result<Tenant> tenant_of(const net::HttpRequest& request) {
  return Tenant::parse(request.header("X-Scope-OrgID"));
}

}  // namespace clew::api
