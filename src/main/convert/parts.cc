#include "main/convert/parts.h"

#include <fmt/format.h>

namespace clew::convert {
namespace {

struct Listener {
  std::string_view protocol;  // in the foreign file
  const char* name;           // in Clew's
  int port;
};

/// HOST:PORT as Clew wants it; an endpoint without a host is one of all interfaces.
std::string address(const std::string& endpoint) {
  return endpoint.starts_with(':') ? "0.0.0.0" + endpoint : endpoint;
}

void take_listener(Source protocol, const Listener& listener, std::string_view host,
                   YAML::Node out) {
  auto endpoint = protocol.take("endpoint");
  std::string text = endpoint ? endpoint->text() : "";
  out[listener.name] = text.empty() ? fmt::format("{}:{}", host, listener.port) : address(text);
  protocol.ignore({"include_metadata"});  // Clew keeps the tenant, the only metadata it has
  protocol.left_over();
}

template <size_t Size>
void take_protocols(Source receiver, const Listener (&listeners)[Size], std::string_view host,
                    YAML::Node out) {
  auto protocols = receiver.take("protocols");
  for (const Listener& listener : listeners)
    if (auto protocol = protocols ? protocols->take(listener.protocol) : std::nullopt)
      take_listener(*protocol, listener, host, out);
  if (protocols) protocols->left_over();
  receiver.left_over();
}

constexpr Listener kOtlp[] = {{"grpc", "grpc", 4317}, {"http", "http", 4318}};
constexpr Listener kJaeger[] = {{"thrift_compact", "thrift_compact", 6831},
                                {"thrift_binary", "thrift_binary", 6832},
                                {"thrift_http", "thrift_http", 14268},
                                {"grpc", "grpc", 14250}};
constexpr Listener kZipkin = {"", "http", 9411};

std::string type_of(const std::string& name) {
  return name.substr(0, name.find('/'));
}

void take_match(Source match, YAML::Node out) {
  copy_keys(match, {"match_type", "services", "span_names"}, out);
  auto attributes = match.take("attributes");
  if (attributes) {
    for (Source& item : attributes->items()) {
      YAML::Node condition(YAML::NodeType::Map);
      copy_keys(item, {"key", "value"}, condition);
      item.left_over();
      out["attributes"].push_back(condition);
    }
  }
  match.left_over();
}

/// One action, or nothing for those Clew does not have.
bool take_action(Source item, YAML::Node out) {
  auto action = item.take("action");
  std::string name = action ? action->text() : "";
  if (name == "extract" || name == "convert" || name.empty()) {
    item.left_out(name.empty() ? "an action without `action`"
                               : fmt::format("Clew has no action {}", name));
    return false;
  }
  if (auto context = item.take("from_context")) {
    context->left_out("Clew has no action from_context");
    return false;
  }
  out["action"] = name;
  copy_keys(item, {"key", "pattern", "value", "from_attribute"}, out);
  item.left_over();
  return true;
}

}  // namespace

void take_receivers(Source receivers, std::string_view host, YAML::Node out) {
  YAML::Node otlp(YAML::NodeType::Map), zipkin(YAML::NodeType::Map), jaeger(YAML::NodeType::Map);
  // On without being asked for; what the foreign file does not name must be off.
  otlp["grpc"] = "off";
  otlp["http"] = "off";
  zipkin["http"] = "off";
  for (auto& [name, receiver] : receivers.entries()) {
    std::string type = type_of(name);
    if (type == "otlp")
      take_protocols(receiver, kOtlp, host, otlp);
    else if (type == "jaeger")
      take_protocols(receiver, kJaeger, host, jaeger);
    else if (type == "zipkin")
      take_listener(receiver, kZipkin, host, zipkin);
    else if (type == "kafka") {
      YAML::Node kafka(YAML::NodeType::Map);
      copy_keys(receiver, {"group_id", "initial_offset", "session_timeout", "heartbeat_interval"},
                kafka);
      take_kafka(receiver, /*is_receiver=*/true, kafka);
      receiver.left_over();
      out["receivers"]["kafka"] = kafka;
    } else
      receiver.left_out();
  }
  out["receivers"]["otlp"] = otlp;
  out["receivers"]["zipkin"] = zipkin;
  if (jaeger.size() > 0) out["receivers"]["jaeger"] = jaeger;
}

void take_kafka(Source& kafka, bool is_receiver, YAML::Node out) {
  copy_keys(kafka, {"brokers", "client_id"}, out);
  auto take_target = [is_receiver](Source& from, YAML::Node target) {
    if (auto topic = from.take("topic")) {
      if (is_receiver)
        target["topics"].push_back(topic->text());
      else
        target["topic"] = topic->text();
    }
    copy_keys(from, {"topics", "encoding"}, target);
  };
  for (const char* signal : {"traces", "logs", "metrics"})
    if (auto section = kafka.take(signal)) {
      YAML::Node target(YAML::NodeType::Map);
      take_target(*section, target);
      section->left_over();
      out[signal] = target;
    }
  // Before signals had sections of their own.
  YAML::Node spans = out["traces"] ? out["traces"] : YAML::Node(YAML::NodeType::Map);
  take_target(kafka, spans);
  if (spans.size() > 0) out["traces"] = spans;
  if (auto tls = kafka.take("tls")) {
    YAML::Node files(YAML::NodeType::Map);
    take_tls(*tls, files);
    out["tls"] = files;
  }
  auto auth = kafka.take("auth");
  auto sasl = auth ? auth->take("sasl") : std::nullopt;
  if (!sasl) return;
  YAML::Node login(YAML::NodeType::Map);
  copy_keys(*sasl, {"username", "password", "mechanism"}, login);
  sasl->left_over();
  out["auth"]["sasl"] = login;
}

void take_attribute_actions(Source processor, std::string_view actions_key, std::string_view scope,
                            YAML::Node out) {
  YAML::Node include(YAML::NodeType::Map), exclude(YAML::NodeType::Map);
  if (auto match = processor.take("include")) take_match(*match, include);
  if (auto match = processor.take("exclude")) take_match(*match, exclude);
  if (auto actions = processor.take(actions_key)) {
    for (const Source& item : actions->items()) {
      YAML::Node action(YAML::NodeType::Map);
      if (!take_action(item, action)) continue;
      if (scope != "span") action["scope"] = std::string(scope);
      if (include.size() > 0) action["include"] = YAML::Clone(include);
      if (exclude.size() > 0) action["exclude"] = YAML::Clone(exclude);
      out["attributes"].push_back(action);
    }
  }
  processor.left_over();
}

void take_redaction(Source processor, YAML::Node out) {
  YAML::Node action(YAML::NodeType::Map);
  action["action"] = "redact";
  auto all = processor.take("allow_all_keys");
  if (!all || !all->is_true()) {
    action["allowed_keys"] = YAML::Node(YAML::NodeType::Sequence);
    copy_keys(processor, {"allowed_keys"}, action);
  } else {
    processor.ignore({"allowed_keys"});
  }
  copy_keys(processor, {"ignored_keys", "blocked_key_patterns", "blocked_values", "allowed_values"},
            action);
  processor.ignore({"redact_all_types"});  // Clew's always does
  if (auto summary = processor.take("summary"); summary && summary->text() != "silent")
    summary->left_out("Clew adds no attributes that tell what was redacted");
  processor.left_over();
  if (action.size() > 1) out["attributes"].push_back(action);
}

void take_batch(Source batch, YAML::Node out) {
  if (auto timeout = batch.take("timeout")) out["queue"]["batch_timeout"] = timeout->text();
  for (const char* key : {"send_batch_size", "send_batch_max_size"})
    if (auto size = batch.take(key))
      size->left_out("Clew's batches are bounded in bytes: queue.batch_bytes, 512KiB by default");
  batch.left_over();
}

void take_tail_sampling(Source tail_sampling, YAML::Node out) {
  // No decision waits: a hash needs no other spans.
  tail_sampling.ignore({"decision_wait", "num_traces", "expected_new_traces_per_sec"});
  auto policies = tail_sampling.take("policies");
  if (policies) {
    for (Source& policy : policies->items()) {
      policy.ignore({"name"});
      auto type = policy.take("type");
      auto probabilistic = policy.take("probabilistic");
      if (!probabilistic || (type && type->text() != "probabilistic")) {
        policy.left_out("Clew decides span by span: of the policies it has the probabilistic one");
        continue;
      }
      if (out["sampling"]) {
        policy.left_out("Clew has one sampler, and takes the first policy");
        continue;
      }
      YAML::Node sampling(YAML::NodeType::Map);
      sampling["percentage"] = "100";
      if (auto percentage = probabilistic->take("sampling_percentage"))
        sampling["percentage"] = percentage->text();
      sampling["algorithm"] = "tail_hash_salt";
      copy_keys(*probabilistic, {"hash_salt"}, sampling);
      probabilistic->left_over();
      policy.left_over();
      out["sampling"] = sampling;
    }
  }
  tail_sampling.left_over();
}

void take_sending(Source& exporter, YAML::Node exporter_out) {
  if (auto queue = exporter.take("sending_queue")) {
    if (auto enabled = queue->take("enabled"); enabled && !enabled->is_true())
      enabled->left_out("every exporter of Clew has a queue");
    if (auto consumers = queue->take("num_consumers"))
      exporter_out["sending_queue"]["num_consumers"] = consumers->text();
    if (auto size = queue->take("queue_size"))
      size->left_out("Clew's queue is bounded in bytes: queue.max_bytes");
    queue->ignore({"storage"});  // the Collector's: its caller has looked
    queue->left_over();
  }
  if (auto retry = exporter.take("retry_on_failure")) {
    YAML::Node retry_out(YAML::NodeType::Map);
    copy_keys(*retry,
              {"enabled", "initial_interval", "max_interval", "max_elapsed_time", "multiplier",
               "randomization_factor"},
              retry_out);
    retry->left_over();
    if (retry_out.size() > 0) exporter_out["retry_on_failure"] = retry_out;
  }
}

void take_compression(Source& exporter, std::string_view type, std::string_view otherwise,
                      YAML::Node exporter_out) {
  auto given = exporter.take("compression");
  std::string name = given ? given->text() : std::string(otherwise);
  if (name.empty() || name == "none") return;  // Clew's default
  bool http = type == "otlphttp" || type == "zipkin";
  if (name == "gzip" || name == "deflate" || (name == "zstd" && http))
    exporter_out["compression"] = name;
  else
    given->left_out(fmt::format("Clew does not send {}", name));
}

void take_tls(Source tls, YAML::Node out) {
  copy_keys(tls, {"ca_file", "cert_file", "key_file", "insecure_skip_verify"}, out);
  if (auto name = tls.take("server_name_override")) out["server_name_override"] = name->text();
  if (auto name = tls.take("server_name")) out["server_name_override"] = name->text();
  tls.ignore({"insecure", "reload_interval"});  // the caller has looked; files are watched
  tls.left_over();
}

void take_oauth2(Source oauth2, YAML::Node exporter_out) {
  YAML::Node out(YAML::NodeType::Map);
  copy_keys(oauth2,
            {"client_id", "client_secret", "client_secret_file", "token_url", "scopes", "timeout"},
            out);
  if (auto tls = oauth2.take("tls")) {
    YAML::Node tls_out(YAML::NodeType::Map);
    take_tls(*tls, tls_out);
    if (tls_out.size() > 0) out["tls"] = tls_out;
  }
  oauth2.left_over();
  exporter_out["oauth2"] = out;
}

}  // namespace clew::convert
