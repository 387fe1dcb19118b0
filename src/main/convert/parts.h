// The parts that the Grafana Agent and the OpenTelemetry Collector have in common, each from its
// section to Clew's. What a part cannot take over it reports.
#pragma once

#include <string>
#include <string_view>

#include "main/convert/source.h"

namespace clew::convert {

/// Receivers: those listed are on, at `host` where they name none, and the others off.
void take_receivers(Source receivers, std::string_view host, YAML::Node out);

/// Brokers, client, TLS and SASL of a Kafka receiver or exporter; of topics and encodings what
/// stands in `traces`, `logs` and `metrics`, or as older files have it at the top.
void take_kafka(Source& kafka, bool is_receiver, YAML::Node out);

/// The actions of an attributes or resource processor, appended to out["attributes"].
void take_attribute_actions(Source processor, std::string_view actions_key, std::string_view scope,
                            YAML::Node out);
/// A redaction processor, likewise.
void take_redaction(Source processor, YAML::Node out);

/// A batch processor, into out["queue"].
void take_batch(Source batch, YAML::Node out);
/// Tail sampling by one probabilistic policy, into out["sampling"].
void take_tail_sampling(Source tail_sampling, YAML::Node out);

/// The keys of exporters that both have: sending_queue and retry_on_failure.
void take_sending(Source& exporter, YAML::Node exporter_out);
/// `compression`: what stands there, else `otherwise`; only what Clew has for this type.
void take_compression(Source& exporter, std::string_view type, std::string_view otherwise,
                      YAML::Node exporter_out);
/// Files and names of a tls section.
void take_tls(Source tls, YAML::Node out);
/// `client_id`, `client_secret` and the like.
void take_oauth2(Source oauth2, YAML::Node exporter_out);

}  // namespace clew::convert
