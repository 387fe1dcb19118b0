#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "main/convert/parts.h"
#include "main/convert/sections.h"

namespace clew::convert {
namespace {

std::string type_of(const std::string& name) {
  return name.substr(0, name.find('/'));
}

/// One of a section's components, by its name in a pipeline.
std::optional<Source> component(std::optional<Source>& section, const std::string& name) {
  return section ? section->take(name) : std::nullopt;
}

/// A section without settings is still there.
YAML::Node or_empty(const YAML::Node& section) {
  return section.size() > 0 ? section : YAML::Node(YAML::NodeType::Map);
}

class Collector {
 public:
  Collector(Source root, YAML::Node out)
      : root_(std::move(root)),
        processors_(root_.take("processors")),
        connectors_(root_.take("connectors")),
        exporters_(root_.take("exporters")),
        extensions_(root_.take("extensions")),
        out_(std::move(out)) {}

  void run() {
    auto receivers = root_.take("receivers");
    auto service = root_.take("service");
    auto pipelines = service ? service->take("pipelines") : std::nullopt;
    std::vector<std::string> in_use;
    if (pipelines)
      for (auto& [name, pipeline] : pipelines->entries()) take_pipeline(name, pipeline, in_use);
    if (receivers) take_receivers(receivers->only(in_use), "127.0.0.1", out_);
    if (service) {
      if (auto extensions = service->take("extensions"))
        for (const Source& name : extensions->items()) take_extension(name);
      if (auto telemetry = service->take("telemetry")) take_telemetry(*telemetry);
      service->left_over();
    }
    root_.left_over();
  }

 private:
  void take_pipeline(const std::string& name, Source pipeline, std::vector<std::string>& in_use) {
    bool traces = type_of(name) == "traces";
    if (traces && std::exchange(has_traces_, has_traces_ || traces))
      return pipeline.left_out(
          "a clew agent has one pipeline for spans: convert it alone, for another agent");
    if (auto receivers = pipeline.take("receivers"))
      for (const Source& receiver : receivers->items()) in_use.push_back(receiver.text());
    if (auto processors = pipeline.take("processors"))
      for (const Source& processor : processors->items()) take_processor(processor, name);
    if (auto exporters = pipeline.take("exporters"))
      for (const Source& exporter : exporters->items()) take_exporter(exporter);
    pipeline.left_over();
  }

  void take_processor(const Source& reference, const std::string& pipeline) {
    std::string name = reference.text(), type = type_of(name);
    if (!once(processors_taken_, name)) return;
    auto processor = component(processors_, name);
    if (!processor) return reference.left_out("no such processor");
    if (type == "batch") return take_batch(*processor, out_);
    if (type == "memory_limiter") return take_memory(*processor);
    if (type == "probabilistic_sampler") return take_sampler(*processor);
    if (type == "tail_sampling") return take_tail_sampling(*processor, out_);
    if (type == "redaction") return take_redaction(*processor, out_);
    if (type == "resource")
      return take_attribute_actions(*processor, "attributes", "resource", out_);
    if (type == "attributes") {
      std::string scope = type_of(pipeline) == "logs" ? "log" : "span";
      if (type_of(pipeline) != "metrics")
        return take_attribute_actions(*processor, "actions", scope, out_);
    }
    processor->left_out();
  }

  void take_memory(Source limiter) {
    if (auto limit = limiter.take("limit_mib")) out_["memory"]["limit"] = limit->text() + "MiB";
    // Clew's limit is hard and looked at with each request: it has no interval and no spikes.
    limiter.ignore({"check_interval", "spike_limit_mib"});
    limiter.left_over();
  }

  void take_sampler(Source sampler) {
    YAML::Node sampling(YAML::NodeType::Map);
    sampling["percentage"] = "0";
    if (auto percentage = sampler.take("sampling_percentage"))
      sampling["percentage"] = percentage->text();
    auto mode = sampler.take("mode");
    sampling["algorithm"] = mode && !mode->text().empty() ? mode->text() : "hash_seed";
    copy_keys(sampler, {"hash_seed", "sampling_precision", "fail_closed"}, sampling);
    sampler.left_over();
    out_["sampling"] = sampling;
  }

  void take_exporter(const Source& reference) {
    std::string name = reference.text(), type = type_of(name);
    if (!once(exporters_taken_, name)) return;
    if (auto connector = component(connectors_, name)) return take_connector(type, *connector);
    auto exporter = component(exporters_, name);
    if (!exporter) return reference.left_out("no such exporter");
    if (type == "prometheus") return take_prometheus(*exporter);
    YAML::Node out(YAML::NodeType::Map);
    if (type == "otlp" || type == "otlphttp" || type == "otlp_http" || type == "otlp_grpc" ||
        type == "zipkin") {
      take_peer(type, *exporter, out);
    } else if (type == "debug" || type == "logging") {
      copy_keys(*exporter, {"verbosity"}, out);
      exporter->left_over();
    } else if (type == "kafka") {
      copy_keys(*exporter, {"timeout", "partition_traces_by_id"}, out);
      take_kafka(*exporter, /*is_receiver=*/false, out);
      if (auto producer = exporter->take("producer")) {
        YAML::Node settings(YAML::NodeType::Map);
        copy_keys(*producer, {"compression", "required_acks", "max_message_bytes"}, settings);
        producer->left_over();
        out["producer"] = settings;
      }
      take_sending(*exporter, out);
      exporter->left_over();
    } else if (type == "file") {
      copy_keys(*exporter, {"path", "format"}, out);
      exporter->left_over();
    } else {
      return exporter->left_out();
    }
    out_["exporters"][clews_name(name, type)] = or_empty(out);
  }

  static std::string clews_name(const std::string& name, const std::string& type) {
    std::string clews = type == "logging"     ? "debug"
                        : type == "otlp_http" ? "otlphttp"
                        : type == "otlp_grpc" ? "otlp"
                                              : type;
    return clews + name.substr(type.size());
  }

  void take_peer(const std::string& type, Source exporter, YAML::Node out) {
    bool grpc = type == "otlp" || type == "otlp_grpc";
    auto endpoint = exporter.take("endpoint");
    std::string target = endpoint ? endpoint->text() : "";
    auto tls = exporter.take("tls");
    bool plaintext = false;
    if (auto insecure = tls ? tls->take("insecure") : std::nullopt) plaintext = insecure->is_true();
    if (grpc) {
      for (auto [scheme, is_plain] : {std::pair{"http://", true}, {"https://", false}})
        if (target.starts_with(scheme)) {
          target.erase(0, std::string_view(scheme).size());
          plaintext = is_plain;
        }
      if (target.starts_with("dns:///")) target.erase(0, 7);
    }
    out["endpoint"] = target;
    take_compression(exporter, grpc ? "otlp" : "otlphttp", type == "zipkin" ? "" : "gzip", out);
    YAML::Node tls_out(YAML::NodeType::Map);
    if (grpc && !plaintext) tls_out["enabled"] = "true";
    if (tls) take_tls(*tls, tls_out);
    if (tls_out.size() > 0) out["tls"] = tls_out;
    copy_keys(exporter, {"timeout"}, out);
    if (auto headers = exporter.take("headers"))
      if (headers->is_map()) out["headers"] = headers->copy();
    if (auto auth = exporter.take("auth")) take_authenticator(*auth, out);
    take_storage(exporter);
    take_sending(exporter, out);
    exporter.left_over();
  }

  /// sending_queue.storage names an extension that has the directory.
  void take_storage(Source exporter) {
    auto queue = exporter.take("sending_queue");
    auto storage = queue ? queue->take("storage") : std::nullopt;
    if (!storage) return;
    auto extension = component(extensions_, storage->text());
    if (!extension) return storage->left_out("no such extension");
    if (auto directory = extension->take("directory"))
      out_["queue"]["directory"] = directory->text();
    extension->ignore({"timeout", "fsync", "create_directory", "compaction"});
    extension->left_over();
  }

  void take_authenticator(Source auth, YAML::Node out) {
    auto reference = auth.take("authenticator");
    auth.left_over();
    if (reference) take_way_in(*reference, std::move(out));
  }

  /// The extension that `reference` names, as keys of the peer it lets us in at.
  void take_way_in(const Source& reference, YAML::Node out) {
    std::string name = reference.text(), type = type_of(name);
    auto extension = component(extensions_, name);
    if (!extension) return reference.left_out("no such extension");
    if (type == "basicauth") {
      YAML::Node basic(YAML::NodeType::Map);
      if (auto client = extension->take("client_auth")) {
        copy_keys(*client, {"username", "password"}, basic);
        client->left_over();
      }
      out["basic_auth"] = basic;
    } else if (type == "bearertokenauth") {
      if (auto token = extension->take("token")) out["bearer_token"] = token->text();
      if (auto file = extension->take("filename")) out["bearer_token_file"] = file->text();
      extension->ignore({"scheme"});
    } else if (type == "oauth2client") {
      return take_oauth2(*extension, out);
    } else {
      return extension->left_out();
    }
    extension->left_over();
  }

  /// Where span metrics are scraped: with Clew at /metrics of its status port.
  void take_prometheus(Source exporter) {
    if (auto endpoint = exporter.take("endpoint")) out_["http"] = endpoint->text();
    exporter.left_over();
  }

  void take_connector(const std::string& type, Source connector) {
    YAML::Node out(YAML::NodeType::Map);
    if (type == "spanmetrics" || type == "span_metrics") {
      copy_keys(connector,
                {"namespace", "dimensions", "exclude_dimensions", "histogram",
                 "aggregation_cardinality_limit", "aggregation_temporality",
                 "metrics_flush_interval", "metrics_expiration", "exemplars"},
                out);
      connector.ignore({"dimensions_cache_size", "resource_metrics_cache_size"});
      out_["span_metrics"] = or_empty(out);
    } else if (type == "servicegraph" || type == "service_graph") {
      copy_keys(connector,
                {"store", "dimensions", "latency_histogram_buckets",
                 "exponential_histogram_max_size", "virtual_node_peer_attributes",
                 "virtual_node_extra_label", "database_name_attributes", "metrics_flush_interval"},
                out);
      connector.ignore({"cache_loop", "store_expiration_loop"});
      out_["service_graph"] = or_empty(out);
    } else {
      return connector.left_out();
    }
    connector.left_over();
  }

  void take_extension(const Source& reference) {
    std::string name = reference.text(), type = type_of(name);
    // These have had their place where an exporter names them.
    for (const char* known : {"basicauth", "bearertokenauth", "oauth2client", "file_storage"})
      if (type == known) return;
    auto extension = component(extensions_, name);
    if (!extension) return reference.left_out("no such extension");
    if (type == "opamp") return take_opamp(name, *extension);
    if (type != "health_check") return extension->left_out();
    auto endpoint = extension->take("endpoint");
    if (endpoint && !out_["http"]) out_["http"] = endpoint->text();
    extension->left_over();
  }

  void take_opamp(const std::string& name, Source extension) {
    YAML::Node out(YAML::NodeType::Map), http(YAML::NodeType::Map);
    if (auto server = extension.take("server")) {
      if (auto from = server->take("http")) {
        copy_keys(*from, {"endpoint", "tls", "headers", "polling_interval"}, http);
        if (auto auth = from->take("auth")) take_way_in(*auth, http);
        from->left_over();
        out["server"]["http"] = http;
      }
      if (auto ws = server->take("ws"))
        ws->left_out("Clew speaks OpAMP over plain HTTP: see whether the server does (http)");
      server->left_over();
    }
    copy_keys(extension, {"instance_uid"}, out);
    if (auto description = extension.take("agent_description")) {
      YAML::Node attributes(YAML::NodeType::Map);
      copy_keys(*description, {"non_identifying_attributes"}, attributes);
      if (attributes.size() > 0) out["agent_description"] = attributes;
      description->ignore({"include_resource_attributes"});
      description->left_over();
    }
    extension.ignore({"capabilities", "ppid", "ppid_poll_interval"});
    extension.left_over();
    if (out["server"]) out_["extensions"][name] = out;
  }

  void take_telemetry(Source telemetry) {
    if (auto logs = telemetry.take("logs")) {
      if (auto level = logs->take("level")) out_["log"]["level"] = level->text();
      logs->left_over();
    }
    telemetry.left_over();
  }

  static bool once(std::vector<std::string>& seen, const std::string& name) {
    if (std::ranges::find(seen, name) != seen.end()) return false;
    seen.push_back(name);
    return true;
  }

  Source root_;
  std::optional<Source> processors_, connectors_, exporters_, extensions_;
  YAML::Node out_;
  bool has_traces_ = false;
  std::vector<std::string> processors_taken_, exporters_taken_;
};

}  // namespace

void convert_collector(Source root, YAML::Node out) {
  Collector(std::move(root), std::move(out)).run();
}

}  // namespace clew::convert
