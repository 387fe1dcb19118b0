// Sections of the file that say how to reach a peer.
#pragma once

#include "main/exporter_config.h"
#include "main/yaml_access.h"

namespace clew {

/// Reads a section about an HTTP peer: endpoint, timeout, compression, tls, headers and one way to
/// let us in, as exporters of type otlphttp have them; and the fields in `more`.
void read_http_peer(const YamlValue& section, ExporterConfig& config, Fields more);

}  // namespace clew
