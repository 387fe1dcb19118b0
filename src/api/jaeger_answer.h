// The envelope around every answer of Jaeger's v1 HTTP API.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "net/http_message.h"

namespace clew::api {

/// {"data": …, "total": 0, "limit": 0, "offset": 0, "errors": null}, written around the data.
class JaegerAnswer {
 public:
  JaegerAnswer() { json_.begin_object().key("data"); }

  JsonWriter& data() { return json_; }

  /// Whether more data may be written; counts the limit when not.
  bool has_room() const;

  std::string finish(size_t total, const std::vector<Error>& errors = {});

 private:
  JsonWriter json_;
};

/// An answer without data.
net::HttpResponse jaeger_failure(const Error& error);

/// Whether the answer is to be indented.
bool wants_pretty(const net::HttpRequest& request);

/// Status 200; indented if the request has prettyPrint.
net::HttpResponse jaeger_success(const net::HttpRequest& request, std::string body);

/// What goes into `errors` beside data that is not everything there is.
std::vector<Error> incomplete_note(bool complete);

}  // namespace clew::api
