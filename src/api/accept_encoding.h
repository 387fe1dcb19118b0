// Which encodings a client takes.
#pragma once

#include <string_view>

#include "net/http_message.h"

namespace clew::api {

/// Whether Accept-Encoding names `encoding` and does not refuse it with q=0. Source: RFC 9110,
/// 12.5.3; preferences among what is accepted are ours.
bool accepts_encoding(const net::HttpRequest& request, std::string_view encoding);

}  // namespace clew::api
