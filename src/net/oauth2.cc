#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "net/authorization.h"
#include "net/internal/base64.h"
#include "net/status.h"

namespace clew::net {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::seconds;

/// A token is renewed in the background after this part of its life, and not used any more shortly
/// before its end: it must still be good when it reaches the peer.
constexpr double kRenewAfter = 0.8;
constexpr double kUseUntil = 0.95;
/// Servers count in whole seconds, so a token's life may have begun this much before its issue.
constexpr seconds kRounding{1};
/// For a server that does not say how long its tokens live.
constexpr seconds kUnknownLife{300};
constexpr seconds kLongestLife = std::chrono::hours(24);
/// A renewal that failed is not tried again before that.
constexpr seconds kRenewalPause{10};
/// A token that is refused may have been withdrawn, so another is asked for; if that is refused as
/// well before this has passed, it was not the token's fault.
constexpr seconds kBetweenWithdrawals{60};

struct Token {
  std::string header;  // "Bearer …"; empty: none yet
  SteadyTime renew_at = {};
  SteadyTime use_until = {};
};

/// application/x-www-form-urlencoded.
std::string form_encoded(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '*';
    if (plain)
      out += static_cast<char>(c);
    else
      out += c == ' ' ? "+" : fmt::format("%{:02X}", c);
  }
  return out;
}

/// expires_in, which some servers write as a string.
std::optional<seconds> life_of(simdjson::dom::element answer) {
  auto member = answer["expires_in"];
  int64_t number = 0;
  double real = 0;
  std::string_view text;
  if (member.get(text) == simdjson::SUCCESS)
    std::from_chars(text.data(), text.data() + text.size(), number);
  else if (member.get(real) == simdjson::SUCCESS)  // a whole number is a double, too
    number = static_cast<int64_t>(std::clamp(real, 0.0, 1e9));
  if (number <= 0) return std::nullopt;
  return std::min(seconds(number), kLongestLife);
}

Result<Token> parse_token(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::string_view access_token;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS ||
      answer["access_token"].get(access_token) != simdjson::SUCCESS || access_token.empty())
    return fail(Code::kUnavailable, "the answer holds no access_token");
  if (!std::ranges::all_of(access_token, [](char c) { return c > 0x20 && c < 0x7f; }))
    return fail(Code::kUnavailable, "the access_token holds characters that no header may have");
  Token token{.header = "Bearer " + std::string(access_token)};
  auto now = std::chrono::steady_clock::now();
  auto life = life_of(answer);
  auto part = [&](double share) {
    std::chrono::duration<double> whole = life.value_or(kUnknownLife);
    whole = std::max(whole - kRounding, whole / 2);
    return now + std::chrono::duration_cast<SteadyTime::duration>(whole * share);
  };
  token.renew_at = part(kRenewAfter);
  token.use_until = life ? part(kUseUntil) : SteadyTime::max();
  return token;
}

class OAuth2 final : public Authorization {
 public:
  OAuth2(OAuth2Options options, std::unique_ptr<HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  void get(Done done) override {
    std::unique_lock lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    std::string header = now < token_.use_until ? token_.header : std::string();
    bool ask = (header.empty() || now >= token_.renew_at) && !std::exchange(asking_, true);
    if (header.empty()) waiting_.push_back(std::move(done));
    lock.unlock();
    if (!header.empty()) done(std::move(header));
    if (ask) ask_for_token();
  }

  bool replaced(const std::string& value) override {
    std::lock_guard lock(mutex_);
    if (token_.header != value) return true;
    auto now = std::chrono::steady_clock::now();
    if (withdrawn_ && now - *withdrawn_ < kBetweenWithdrawals) return false;
    withdrawn_ = now;
    token_ = {};
    return true;
  }

 private:
  Result<HttpCall> token_request() const;
  void ask_for_token();
  void on_reply(Result<HttpReply> reply);
  void finish(Result<Token> token);

  const OAuth2Options options_;
  std::mutex mutex_;
  Token token_;
  std::optional<SteadyTime> withdrawn_;  // when a token was last given up because it was refused
  bool asking_ = false;
  std::vector<Done> waiting_;
  /// Where this server wants the secret: the RFC prefers a header, some servers want the body.
  std::atomic<bool> secret_in_body_ = false;
  std::unique_ptr<HttpClient> client_;  // last: its callbacks use everything above
};

Result<HttpCall> OAuth2::token_request() const {
  auto secret = options_.client_secret.text();
  if (!secret) return std::unexpected(secret.error());
  std::string id = form_encoded(options_.client_id), encoded = form_encoded(*secret);
  std::string form = "grant_type=client_credentials";
  if (!options_.scopes.empty())
    form += "&scope=" + form_encoded(fmt::format("{}", fmt::join(options_.scopes, " ")));
  HttpCall call{.url = options_.token_url,
                .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                            {"Accept", "application/json"}},
                .timeout = options_.timeout};
  if (secret_in_body_)
    form += fmt::format("&client_id={}&client_secret={}", id, encoded);
  else
    call.headers.emplace_back("Authorization", "Basic " + to_base64(id + ":" + encoded));
  call.body = SharedBytes::take(std::move(form));
  return call;
}

void OAuth2::ask_for_token() {
  auto call = token_request();
  if (!call) return finish(std::unexpected(call.error()));
  client_->send(*std::move(call), [this](Result<HttpReply> reply) { on_reply(std::move(reply)); });
}

void OAuth2::on_reply(Result<HttpReply> reply) {
  if (!reply) return finish(std::unexpected(reply.error()));
  if (reply->status == 200) return finish(parse_token(reply->body));
  bool refused = reply->status == 400 || reply->status == 401;
  if (refused && !secret_in_body_.exchange(true)) return ask_for_token();
  secret_in_body_ = false;
  finish(std::unexpected(error_of_http(reply->status, reply->header("content-type"), reply->body,
                                       reply->retry_after)));
}

void OAuth2::finish(Result<Token> token) {
  std::unique_lock lock(mutex_);
  asking_ = false;
  auto waiting = std::exchange(waiting_, {});
  if (token)
    token_ = *token;
  else
    token_.renew_at = std::chrono::steady_clock::now() + kRenewalPause;
  lock.unlock();
  if (!token) log::warn("no token from {}: {}", options_.token_url, token.error().message);
  for (Done& done : waiting) {
    if (token)
      done(token->header);
    else
      done(std::unexpected(
          Error{Code::kUnavailable,
                fmt::format("no token from {}: {}", options_.token_url, token.error().message),
                token.error().retry_after}));
  }
}

}  // namespace

Result<std::unique_ptr<Authorization>> oauth2_authorization(OAuth2Options options) {
  if (auto checked = check_url(options.token_url); !checked)
    return std::unexpected(checked.error());
  auto client = HttpClient::create({.tls = options.tls, .max_connections = 1});
  if (!client) return std::unexpected(client.error());
  return std::make_unique<OAuth2>(std::move(options), *std::move(client));
}

}  // namespace clew::net
