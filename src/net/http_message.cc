#include "net/http_message.h"

#include <algorithm>

#include "base/json.h"
#include "net/encoding.h"
#include "net/status.h"

namespace clew::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// What a client that gave no hint should wait. Overload here passes within a second or so.
constexpr std::chrono::milliseconds kDefaultRetryAfter{1000};

void add_retry_after(HttpResponse& response, const Error& error) {
  if (!error.retry_after && response.status != 503) return;
  auto delay = std::max(error.retry_after.value_or(kDefaultRetryAfter), kDefaultRetryAfter);
  auto seconds = std::chrono::ceil<std::chrono::seconds>(delay).count();
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
}

}  // namespace

Result<SharedBytes> HttpRequest::decoded_body() const {
  return decode_content(header("Content-Encoding"), body, max_decoded_bytes, inflight);
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::optional<std::string_view> HttpRequest::query_param(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> HttpRequest::query_params(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : query) {
    if (key == name) values.emplace_back(value);
  }
  return values;
}

std::string_view HttpRequest::path_param(std::string_view name) const {
  for (const auto& [key, value] : path_params) {
    if (key == name) return value;
  }
  return {};
}

HttpResponse HttpResponse::text(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", SharedBytes::take(std::move(body))};
}

HttpResponse HttpResponse::json(int status, std::string body) {
  return {status, "application/json", SharedBytes::take(std::move(body))};
}

HttpResponse HttpResponse::rpc_error(const Error& error, bool json) {
  HttpResponse response;
  response.status = http_status(error.code);
  response.content_type = json ? "application/json" : "application/x-protobuf";
  response.body = SharedBytes::take(json ? rpc_status_json(error) : rpc_status_proto(error));
  add_retry_after(response, error);
  return response;
}

HttpResponse HttpResponse::json_error(const Error& error) {
  std::string code = grpc_code_name(grpc_code(error.code));
  std::ranges::transform(code, code.begin(), lower);
  std::string body = fmt::format(R"({{"error":{{"code":"{}","message":)", code);
  append_json_string(body, error.message);
  body += "}}";
  HttpResponse response = json(http_status(error.code), std::move(body));
  add_retry_after(response, error);
  return response;
}

}  // namespace clew::net
