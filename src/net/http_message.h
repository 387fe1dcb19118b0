// HTTP requests and responses as plain values, without the library behind them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_budget.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace clew::net {

/// Names and values in the order they came; a name may repeat.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// One request, complete: its body has been read and de-chunked, but not decompressed.
struct HttpRequest {
  std::string method;  // as sent: "GET", "POST"; "HEAD" also reaches handlers of GET
  std::string path;    // percent-decoded, without the query: "/api/traces/abc"
  HttpFields query;    // percent-decoded, '+' is a space
  HttpFields headers;
  HttpFields path_params;  // values of the route's {names}, percent-decoded; "*" for the rest
  SharedBytes body;
  std::string peer;  // "127.0.0.1:53124"
  size_t max_decoded_bytes = limits::kDecompressedBytes;
  std::shared_ptr<ByteBudget> inflight;  // pays for what is decompressed, if there is one

  /// The body as its Content-Encoding says; fails as decode_content().
  Result<SharedBytes> decoded_body() const;

  /// The first header of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const;
  /// The first query parameter of that name.
  std::optional<std::string_view> query_param(std::string_view name) const;
  /// All query parameters of that name, in order.
  std::vector<std::string_view> query_params(std::string_view name) const;
  /// The part of the path that stood for {name}; empty if the route has none of that name.
  std::string_view path_param(std::string_view name) const;
};

/// One answer. Content-Length, Date and Connection are the server's business; CR and LF in header
/// values become spaces.
struct HttpResponse {
  int status = 200;
  std::string content_type = {};
  SharedBytes body = {};
  HttpFields headers = {};
  /// If set, the body is what this gives, piece by piece, until it gives nothing; `body` is empty.
  /// Asked on a thread of the handler pool, one call at a time, for the next piece while the one
  /// before is sent; not asked any more, and let go, when the client has gone. What it throws
  /// ends the connection, so that the client does not take the part for the whole.
  std::function<std::string()> pieces = {};

  static HttpResponse text(int status, std::string body);
  static HttpResponse json(int status, std::string body);

  /// `error` as OTLP wants it: its HTTP status, a google.rpc.Status as body in the request's form
  /// (application/json or application/x-protobuf), and Retry-After where the error has one (at
  /// least 1 s) and with every 503.
  static HttpResponse rpc_error(const Error& error, bool json);

  /// `error` as Clew's own APIs say it: {"error":{"code":"not_found","message":"..."}}.
  static HttpResponse json_error(const Error& error);
};

}  // namespace clew::net
