// The HTTP/1.1 client: whole requests and answers, many at once on one thread. libcurl is behind it
// and stays there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace clew::net {

/// One request to a peer.
struct HttpCall {
  std::string method = "POST";
  std::string url;  // http:// or https://, whole
  HttpFields headers = {};
  SharedBytes body = {};                      // not copied
  std::chrono::milliseconds timeout{10'000};  // for all of it, connecting included; 0: for ever
  /// Takes the body of a 2xx answer as it comes, on the client's thread, which it must not block;
  /// false ends the call with kUnavailable, a minute of silence with kTimeout. For answers without
  /// an end: HttpReply::body is empty.
  std::function<bool(std::string_view)> take_body = {};
};

/// What the peer answered, whatever its status.
struct HttpReply {
  int status = 0;
  HttpFields headers = {};  // names are lower-case
  std::string body = {};    // at most HttpClientOptions::max_answer_bytes
  std::optional<std::chrono::milliseconds> retry_after = {};  // Retry-After, seconds or date

  /// The first header of that (lower-case) name; empty if there is none.
  std::string_view header(std::string_view name) const;
};

struct HttpClientOptions {
  ClientTls tls = {};          // for https://; an empty ca_file trusts the system's
  size_t max_connections = 8;  // open at once; more calls wait for one
  size_t max_answer_bytes = limits::kPeerAnswerBytes;
};

/// Sends requests over connections it keeps open and uses again, at most for five minutes each, so
/// that certificates and addresses that changed are noticed: TLS files are read anew for every
/// connection. Redirects are not followed and proxies of the environment not used: spans and
/// secrets go where the configuration says. Any thread may use it.
class HttpClient {
 public:
  using Done = std::move_only_function<void(Result<HttpReply>)>;

  /// Does not connect yet. Fails with kIo or kInvalid for bad TLS files.
  static Result<std::unique_ptr<HttpClient>> create(HttpClientOptions options);

  /// Ends what is in flight with kUnavailable and returns after the last `done`. Not to be called
  /// from a `done`.
  ~HttpClient();

  /// `done` is called exactly once, on the client's thread, which it must not block. Errors:
  /// kTimeout past call.timeout, kInvalid for a URL that is none, kUnavailable when the peer could
  /// not be reached, proved not to be who it should be, or hung up.
  void send(HttpCall call, Done done);

  /// As send(), and waits for the answer. Not to be called from a `done`.
  Result<HttpReply> call(HttpCall call);

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Whether `url` is one that HttpClient can be given: http or https, a host, no user, no fragment.
/// kInvalid says what is wrong.
Result<void> check_url(const std::string& url);

}  // namespace clew::net
