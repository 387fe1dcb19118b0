// Request targets: the path and query of a request line, percent-decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace clew::net {

/// A request target taken apart; `raw_path` and `raw_query` are views into it, still encoded.
struct HttpTarget {
  std::string_view raw_path;
  std::string_view raw_query;
};

/// Takes apart origin form ("/a?b=c") and absolute form ("http://host/a?b=c"); kMalformed for
/// anything else. Source: RFC 9112 §3.2.
Result<HttpTarget> split_target(std::string_view target);

/// Undoes %XX; nullopt if a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// The parameters of a query in order: "a=1&b" is {a: "1"}, {b: ""}; empty pieces are skipped.
/// kMalformed for a bad percent-encoding.
Result<HttpFields> parse_query(std::string_view raw_query);

}  // namespace clew::net
