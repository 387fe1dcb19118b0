// What lets us in at a peer: basic authentication, bearer tokens, OAuth2 client credentials.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"
#include "net/secret.h"

namespace clew::net {

/// Gives the value of the `authorization` header for each request. Any thread may use it.
class Authorization {
 public:
  using Done = std::move_only_function<void(Result<std::string>)>;

  virtual ~Authorization() = default;

  /// Calls `done` exactly once, at once or on another thread, with the header's value or with why
  /// there is none: kUnavailable or kTimeout if it is worth another try, also where a file is
  /// wrong, which someone may be about to correct.
  virtual void get(Done done) = 0;

  /// The peer has refused `value`. True if there is another by now, so that the same request may
  /// succeed: a password or token has changed between its way here and the peer's.
  virtual bool replaced(const std::string& value) = 0;
};

/// "Basic …". Source: RFC 7617.
std::unique_ptr<Authorization> basic_authorization(std::string username, Secret password);

/// "Bearer …". Source: RFC 6750.
std::unique_ptr<Authorization> bearer_authorization(Secret token);

/// How to ask for tokens, named as the OpenTelemetry Collector's oauth2client does.
struct OAuth2Options {
  std::string client_id;
  Secret client_secret;
  std::string token_url;
  std::vector<std::string> scopes = {};
  ClientTls tls = {};  // to token_url
  std::chrono::milliseconds timeout{10'000};
};

/// "Bearer …" with tokens of an OAuth2 server, by the client credentials grant. A token is used
/// until it is about to expire and renewed before that without holding anything up. Fails like
/// HttpClient::create, kInvalid for a bad token_url. Source: RFC 6749, sections 2.3.1 and 4.4.
Result<std::unique_ptr<Authorization>> oauth2_authorization(OAuth2Options options);

}  // namespace clew::net
