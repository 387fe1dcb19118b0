#include "main/trace/client.h"

#include <fmt/format.h>

#include <cctype>
#include <future>
#include <nlohmann/json.hpp>

#include "main/signals.h"
#include "net/authorization.h"
#include "net/secret.h"

namespace clew {
namespace {

using Json = nlohmann::json;

/// A trace has at most limits::kTraceAnswerBytes of spans, and JSON is a few times that.
constexpr size_t kMostAnswerBytes = 2UL << 30;
/// The store answers by its own deadline (limits::kQueryDeadline); the rest is for a slow line.
constexpr std::chrono::seconds kTimeout{300};
constexpr std::chrono::milliseconds kTick{100};

/// The server's words: of Clew's JSON, of Jaeger's, or a line of text.
std::string words_of(const net::HttpReply& reply) {
  Json json = Json::parse(reply.body, nullptr, false);
  if (json.is_object()) {
    const Json error = json.value("error", Json());
    if (error.is_object()) return error.value("message", "");
    const Json errors = json.value("errors", Json());
    if (errors.is_array() && !errors.empty() && errors[0].is_object())
      return errors[0].value("msg", "");
    return {};
  }
  std::string text = reply.body.substr(0, 2000);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text.find('<') == 0 ? "" : text;
}

Error error_of(const net::HttpReply& reply) {
  std::string message = words_of(reply);
  if (message.empty()) message = fmt::format("HTTP {}", reply.status);
  switch (reply.status) {
    case 401:
      return {Code::kUnauthenticated,
              message + " (give --token-file, or --username and --password-file)"};
    case 404:
      return {Code::kNotFound, std::move(message)};
    case 400:
      return {Code::kInvalid, std::move(message)};
    case 429:
    case 502:
    case 503:
    case 504:
      return {Code::kUnavailable, std::move(message)};
    default:
      return {Code::kRejected, fmt::format("HTTP {}: {}", reply.status, message)};
  }
}

Result<std::string> authorization_of(const StoreAddress& address) {
  std::unique_ptr<net::Authorization> how;
  if (address.username.empty() != address.password_file.empty())
    return fail(Code::kInvalid, "give --username and --password-file together");
  if (!address.token_file.empty() && !address.username.empty())
    return fail(Code::kInvalid, "give --token-file or --username, not both");
  if (!address.token_file.empty())
    how = net::bearer_authorization(net::Secret::in_file(address.token_file));
  else if (!address.username.empty())
    how = net::basic_authorization(address.username, net::Secret::in_file(address.password_file));
  if (!how) return std::string();
  std::promise<Result<std::string>> value;
  how->get([&](Result<std::string> text) { value.set_value(std::move(text)); });
  return value.get_future().get();
}

}  // namespace

StoreClient::StoreClient(StoreAddress address, std::string authorization)
    : address_(std::move(address)), authorization_(std::move(authorization)) {}

Result<StoreClient> StoreClient::create(StoreAddress address) {
  if (auto checked = net::check_url(address.url); !checked) return std::unexpected(checked.error());
  while (address.url.ends_with('/')) address.url.pop_back();
  auto authorization = authorization_of(address);
  if (!authorization) return std::unexpected(authorization.error());
  return StoreClient(std::move(address), *std::move(authorization));
}

net::HttpCall StoreClient::call_of(const std::string& path, const QueryParams& params) const {
  net::HttpCall call{.method = "GET", .url = address_.url + path, .timeout = kTimeout};
  char separator = '?';
  for (const auto& [name, value] : params) {
    call.url += separator + name + "=" + url_encoded(value);
    separator = '&';
  }
  if (!authorization_.empty()) call.headers.emplace_back("Authorization", authorization_);
  if (!address_.tenant.empty()) call.headers.emplace_back("X-Scope-OrgID", address_.tenant);
  return call;
}

Result<net::HttpReply> StoreClient::call(net::HttpCall call, const Waiting& waiting) const {
  net::HttpClientOptions options{.max_connections = 1, .max_answer_bytes = kMostAnswerBytes};
  options.tls.files.ca_file = address_.ca_file;
  auto answered = std::make_shared<std::promise<Result<net::HttpReply>>>();
  auto answer = answered->get_future();
  // One for each call, since it ends what is in flight when it goes, which a signal wants.
  auto http = net::HttpClient::create(std::move(options));
  if (!http) return std::unexpected(http.error());
  auto began = std::chrono::steady_clock::now();
  (*http)->send(std::move(call), [answered](Result<net::HttpReply> reply) {
    answered->set_value(std::move(reply));
  });
  while (answer.wait_for(kTick) != std::future_status::ready) {
    if (stop_came_within(std::chrono::milliseconds(0))) {
      *interrupted_ = true;
      http->reset();
      return fail(Code::kUnavailable, "interrupted");
    }
    if (waiting)
      waiting(std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - began));
  }
  auto reply = answer.get();
  if (!reply)
    return fail(reply.error().code, "{} (is clew all-in-one or clew store there? see --url)",
                reply.error().message);
  if (reply->status / 100 != 2) return std::unexpected(error_of(*reply));
  return reply;
}

Result<StoreAnswer> StoreClient::get(const std::string& path, const QueryParams& params,
                                     const Waiting& waiting) const {
  auto reply = call(call_of(path, params), waiting);
  if (!reply) return std::unexpected(reply.error());
  bool incomplete = reply->header("warning").find("incomplete") != std::string_view::npos;
  return StoreAnswer{.body = std::move(reply->body), .incomplete = incomplete};
}

Result<void> StoreClient::follow(const std::string& path, const QueryParams& params,
                                 std::function<bool(std::string_view)> take) const {
  net::HttpCall call_for_all = call_of(path, params);
  call_for_all.timeout = std::chrono::milliseconds(0);
  call_for_all.headers.emplace_back("Accept", "text/event-stream");
  call_for_all.take_body = std::move(take);
  auto reply = call(std::move(call_for_all), {});
  if (!reply) return std::unexpected(reply.error());
  return {};
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (char each : text) {
    auto c = static_cast<unsigned char>(each);
    bool plain = std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, each) : fmt::format("%{:02X}", c);
  }
  return out;
}

}  // namespace clew
