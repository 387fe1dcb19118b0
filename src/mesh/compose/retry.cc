#include "mesh/compose/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "mesh/compose/piece.h"
#include "mesh/compose/route.h"

namespace clew::mesh {
namespace {

constexpr char kRetryOn[] = "gateway-error,connect-failure,refused-stream";
constexpr char kGrpcRetryOn[] =
    "cancelled,connect-failure,gateway-error,refused-stream,reset,resource-exhausted,unavailable";
constexpr char kConnectFailure[] = "connect-failure";
/// Without a MeshRetry: what has surely not reached an app.
constexpr char kUnreachable[] = "connect-failure,refused-stream";
constexpr int kFailoverRetries = 2;
constexpr int kHostAttempts = 3;  // to find a host that has not failed yet

/// Kuma's names of conditions, and Envoy's.
constexpr std::pair<std::string_view, std::string_view> kConditions[] = {
    {"5xx", "5xx"},
    {"GatewayError", "gateway-error"},
    {"Reset", "reset"},
    {"ConnectFailure", "connect-failure"},
    {"EnvoyRatelimited", "envoy-ratelimited"},
    {"Retriable4xx", "retriable-4xx"},
    {"RefusedStream", "refused-stream"},
    {"Http3PostConnectFailure", "http3-post-connect-failure"},
    {"Canceled", "cancelled"},
    {"DeadlineExceeded", "deadline-exceeded"},
    {"Internal", "internal"},
    {"ResourceExhausted", "resource-exhausted"},
    {"Unavailable", "unavailable"},
};

bool has_condition(std::string_view condition, const Json& policy) {
  const std::string& all = policy["retry_on"].get_ref<const std::string&>();
  return ("," + all + ",").find(fmt::format(",{},", condition)) != std::string::npos;
}

void add_condition(std::string_view condition, Json& policy) {
  if (has_condition(condition, policy)) return;
  std::string& all = policy["retry_on"].get_ref<std::string&>();
  if (!all.empty()) all += ',';
  all += condition;
}

/// Whether it is this proxy that cannot connect or one behind it makes no difference.
void include_undelivered(Json& policy) {
  if (!has_condition(kConnectFailure, policy)) return;
  add_condition("retriable-headers", policy);
  policy["retriable_headers"].push_back({{"name", kUndeliveredHeader}, {"present_match", true}});
}

/// MeshRetry's retryOn: conditions, status codes, and methods ("HttpMethodGet"), which alone are
/// tried again then.
void add_retry_on(const Json& list, Json& policy) {
  constexpr std::string_view kMethod = "HttpMethod";
  if (list.empty()) return;
  policy["retry_on"] = "";
  for (const Json& each : list) {
    std::string name = each.is_string() ? each.get<std::string>() : each.dump();
    auto known =
        std::ranges::find(kConditions, name, &std::pair<std::string_view, std::string_view>::first);
    if (known != std::end(kConditions)) {
      add_condition(known->second, policy);
    } else if (name.starts_with(kMethod)) {
      std::string method = name.substr(kMethod.size());
      std::ranges::transform(method, method.begin(),
                             [](unsigned char c) { return std::toupper(c); });
      policy["retriable_request_headers"].push_back(
          {{"name", ":method"}, {"string_match", {{"exact", method}}}});
    } else if (uint32_t status = 0;
               std::from_chars(name.data(), name.data() + name.size(), status).ec == std::errc()) {
      policy["retriable_status_codes"].push_back(status);
      add_condition("retriable-status-codes", policy);
    }
  }
  if (policy["retry_on"] == "") policy["retry_on"] = kRetryOn;
}

void omit_previous_hosts(Json& policy) {
  policy["retry_host_predicate"].push_back(
      extension("envoy.retry_host_predicates.previous_hosts",
                typed("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate")));
}

/// `every`: tries before the next priority's turn.
void omit_previous_priorities(int64_t every, Json& policy) {
  policy["retry_priority"] =
      extension("envoy.retry_priorities.previous_priorities",
                typed("extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
                      {{"update_frequency", every}}));
}

void prefer_others(ProxyKind kind, Json& policy) {
  omit_previous_hosts(policy);
  policy["host_selection_retry_max_attempts"] = kHostAttempts;
  // An ingress sends to its own zone only.
  if (kind != ProxyKind::kIngress)
    omit_previous_priorities(kind == ProxyKind::kEdge ? 1 : 2, policy);
}

Json failover_policy(ProxyKind kind) {
  Json policy = {{"retry_on", kUnreachable},
                 {"num_retries", kFailoverRetries},
                 {"retry_back_off", {{"base_interval", "0.005s"}, {"max_interval", "0.050s"}}}};
  include_undelivered(policy);
  prefer_others(kind, policy);
  return policy;
}

void select_hosts(const Json& conf, ProxyKind kind, Json& policy) {
  const Json& selections = list_at(conf, "hostSelection");
  for (const Json& each : selections) {
    std::string predicate = text_at(each, "predicate");
    if (predicate == "OmitPreviousHosts") omit_previous_hosts(policy);
    if (predicate == "OmitPreviousPriorities")
      omit_previous_priorities(number_at(each, "updateFrequency", 1), policy);
  }
  if (selections.empty()) prefer_others(kind, policy);
  if (const Json& most = at(conf, "hostSelectionMaxAttempts"); most.is_number())
    policy["host_selection_retry_max_attempts"] = most;
}

}  // namespace

Json retry_policy(const Json& conf, bool grpc, ProxyKind kind) {
  const Json& mine = at(conf, grpc ? "grpc" : "http");
  if (!mine.is_object()) return failover_policy(kind);
  Json policy = {{"retry_on", grpc ? kGrpcRetryOn : kRetryOn}};
  add_retry_on(list_at(mine, "retryOn"), policy);
  include_undelivered(policy);
  policy["num_retries"] = number_at(mine, "numRetries", 1);
  if (auto text = duration_at(mine, "perTryTimeout"); !text.empty())
    policy["per_try_timeout"] = text;
  Json backoff = Json::object();
  if (auto text = duration_at(mine, "backOff.baseInterval"); !text.empty())
    backoff["base_interval"] = text;
  if (auto text = duration_at(mine, "backOff.maxInterval"); !text.empty())
    backoff["max_interval"] = text;
  // Envoy's own default, without which it takes no maximum.
  if (!backoff.empty()) backoff.emplace("base_interval", "0.025s");
  if (!backoff.empty()) policy["retry_back_off"] = std::move(backoff);
  select_hosts(mine, kind, policy);
  return policy;
}

}  // namespace clew::mesh
