// Answers that need not be sent again.
#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

namespace clew::api {

/// Gives the answer a strong ETag made of its body, or turns it into 304 if the client has that
/// body already. To be called before the body is compressed.
void set_etag(const net::HttpRequest& request, net::HttpResponse& response);

/// The same where body_tag() of the body is known, whatever body the answer has now.
void set_etag(const net::HttpRequest& request, net::HttpResponse& response, std::string_view tag);
std::string body_tag(std::string_view body);

/// The same with a weak ETag, for an answer whose body is written while it is sent. `content` is
/// hex, and another one for what has other content.
void set_weak_etag(const net::HttpRequest& request, net::HttpResponse& response,
                   std::string_view content);

/// Marks the ETag, if there is one, as that of the body in this encoding: other bytes, another tag.
void set_etag_encoding(net::HttpResponse& response, std::string_view encoding);

}  // namespace clew::api
