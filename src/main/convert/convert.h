// `clew agent convert`: another agent's configuration as Clew's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace clew::convert {

struct Conversion {
  std::string yaml;  // a configuration of clew agent
  /// What it could not take over, in the file's order: "agent.yaml:14: receivers.kafka: …".
  std::vector<std::string> left_out;
};

/// Reads a Grafana Agent's static configuration (its `traces` section) or an OpenTelemetry
/// Collector's, whichever the text is; `file` names it in messages. Every key of the parts that
/// have a place in Clew is either taken over or told. kMalformed for what is no YAML, kInvalid for
/// what is neither of the two.
/// Sources: Grafana Agent v0.28 `traces_config`; OpenTelemetry Collector contrib v0.158.
Result<Conversion> convert(const std::string& file, const std::string& text);

}  // namespace clew::convert
