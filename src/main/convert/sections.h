// The two configurations that `clew agent convert` reads.
#pragma once

#include "main/convert/source.h"

namespace clew::convert {

/// The `traces` section of a Grafana Agent in static mode.
void convert_grafana_agent(Source traces, YAML::Node out);

/// A whole configuration of an OpenTelemetry Collector.
void convert_collector(Source root, YAML::Node out);

}  // namespace clew::convert
