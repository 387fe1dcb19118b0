#include <fmt/format.h>

#include "main/convert/parts.h"
#include "main/convert/sections.h"

namespace clew::convert {
namespace {

/// One entry of remote_write, as exporter `otlp`, `otlphttp` or `jaeger`; later ones have a number.
void take_remote_write(Source remote, size_t number, YAML::Node exporters) {
  auto text = [&](std::string_view key) {
    auto value = remote.take(key);
    return value ? value->text() : std::string();
  };
  std::string endpoint = text("endpoint");
  bool http = text("protocol") == "http";
  auto insecure = remote.take("insecure");
  bool plaintext = insecure && insecure->is_true();
  std::string type = text("format") == "jaeger" ? "jaeger" : http ? "otlphttp" : "otlp";
  YAML::Node out(YAML::NodeType::Map);
  if (http && endpoint.find("://") == std::string::npos)
    endpoint = (plaintext ? "http://" : "https://") + endpoint;
  out["endpoint"] = endpoint;
  take_compression(remote, type, "gzip", out);
  YAML::Node tls(YAML::NodeType::Map);
  if (!http && !plaintext) tls["enabled"] = "true";
  if (auto config = remote.take("tls_config")) take_tls(*config, tls);
  copy_keys(remote, {"insecure_skip_verify"}, tls);
  if (tls.size() > 0) out["tls"] = tls;
  if (auto basic = remote.take("basic_auth")) {
    YAML::Node auth(YAML::NodeType::Map);
    copy_keys(*basic, {"username", "password", "password_file"}, auth);
    basic->left_over();
    out["basic_auth"] = auth;
  }
  if (auto oauth2 = remote.take("oauth2")) take_oauth2(*oauth2, out);
  if (auto headers = remote.take("headers")) out["headers"] = headers->copy();
  take_sending(remote, out);
  remote.left_over();
  exporters[number == 0 ? type : fmt::format("{}/{}", type, number + 1)] = out;
}

void take_span_metrics(Source section, YAML::Node out) {
  // `traces_spanmetrics` is what the Agent's metrics begin with.
  YAML::Node metrics(YAML::NodeType::Map);
  auto prefix = section.take("namespace");
  metrics["namespace"] =
      prefix ? prefix->text() + "_traces_spanmetrics" : std::string("traces_spanmetrics");
  copy_keys(section, {"dimensions"}, metrics);
  if (auto buckets = section.take("latency_histogram_buckets"))
    metrics["histogram"]["explicit"]["buckets"] = buckets->copy();
  if (auto endpoint = section.take("handler_endpoint")) out["http"] = endpoint->text();
  if (auto instance = section.take("metrics_instance"))
    instance->left_out("Clew serves the metrics on `http`, at /metrics: scrape them there");
  section.left_over();
  out["span_metrics"] = metrics;
}

void take_service_graphs(Source section, YAML::Node out) {
  if (auto enabled = section.take("enabled"); !enabled || !enabled->is_true()) return;
  YAML::Node graph(YAML::NodeType::Map);
  graph["enabled"] = "true";
  if (auto wait = section.take("wait")) graph["store"]["ttl"] = wait->text();
  if (auto items = section.take("max_items")) graph["store"]["max_items"] = items->text();
  section.left_over();
  out["service_graph"] = graph;
}

void take_config(Source config, YAML::Node out) {
  config.ignore({"name"});
  if (auto receivers = config.take("receivers")) take_receivers(*receivers, "0.0.0.0", out);
  if (auto attributes = config.take("attributes"))
    take_attribute_actions(*attributes, "actions", "span", out);
  if (auto metrics = config.take("spanmetrics")) take_span_metrics(*metrics, out);
  if (auto graphs = config.take("service_graphs")) take_service_graphs(*graphs, out);
  if (auto sampling = config.take("tail_sampling")) take_tail_sampling(*sampling, out);
  if (auto balancing = config.take("load_balancing"))
    balancing->left_out("not needed: Clew's agents decide alike, each for itself");
  if (auto batch = config.take("batch")) take_batch(*batch, out);
  YAML::Node exporters(YAML::NodeType::Map);
  if (auto remotes = config.take("remote_write"))
    for (const Source& remote : remotes->items())
      take_remote_write(remote, exporters.size(), exporters);
  if (exporters.size() > 0) out["exporters"] = exporters;
  config.left_over();
}

}  // namespace

void convert_grafana_agent(Source traces, YAML::Node out) {
  auto configs = traces.take("configs");
  traces.left_over();
  if (!configs) return;
  bool first = true;
  for (const Source& config : configs->items()) {
    if (first)
      take_config(config, out);
    else
      config.left_out("a clew agent has one pipeline: convert it alone, for another agent");
    first = false;
  }
}

}  // namespace clew::convert
