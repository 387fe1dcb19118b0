#include "api/jaeger_answer.h"

#include <nlohmann/json.hpp>

#include "api/params.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "net/status.h"

namespace clew::api {

bool JaegerAnswer::has_room() const {
  if (json_.size() < limits::kJsonAnswerBytes) return true;
  metrics::count_limit_hit("json_answer_bytes");
  return false;
}

std::string JaegerAnswer::finish(size_t total, const std::vector<Error>& errors) {
  json_.member("total", total).member("limit", 0).member("offset", 0).key("errors");
  if (errors.empty()) return json_.null().end_object().take();
  json_.begin_array();
  for (const Error& error : errors)
    json_.begin_object()
        .member("code", net::http_status(error.code))
        .member("msg", error.message)
        .end_object();
  return json_.end_array().end_object().take();
}

net::HttpResponse jaeger_failure(const Error& error) {
  JaegerAnswer answer;
  answer.data().null();
  return net::HttpResponse::json(net::http_status(error.code), answer.finish(0, {error}));
}

bool wants_pretty(const net::HttpRequest& request) {
  std::string_view pretty = text_param(request, "prettyPrint");
  return !pretty.empty() && pretty != "false";
}

net::HttpResponse jaeger_success(const net::HttpRequest& request, std::string body) {
  constexpr size_t kMostPretty = 16 << 20;  // larger ones nobody reads, and the tree would be huge
  if (wants_pretty(request) && body.size() <= kMostPretty)
    body = nlohmann::ordered_json::parse(body).dump(4);
  return net::HttpResponse::json(200, std::move(body));
}

std::vector<Error> incomplete_note(bool complete) {
  if (complete) return {};
  return {{Code::kTimeout, "the answer is incomplete: a deadline, a limit or damage cut it short"}};
}

}  // namespace clew::api
