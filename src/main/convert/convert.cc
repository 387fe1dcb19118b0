#include "main/convert/convert.h"

#include "base/check.h"
#include "main/convert/sections.h"

namespace clew::convert {
namespace {

/// Sections in the order in which people read them: what comes in first, what goes out last.
YAML::Node in_order(const YAML::Node& config) {
  YAML::Node sorted(YAML::NodeType::Map);
  for (const char* key : {"http", "log", "receivers", "attributes", "span_metrics", "service_graph",
                          "sampling", "queue", "memory", "exporters", "extensions"})
    if (config[key]) sorted[key] = config[key];
  CLEW_CHECK(sorted.size() == config.size());
  return sorted;
}

}  // namespace

Result<Conversion> convert(const std::string& file, const std::string& text) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& damage) {
    return fail(Code::kMalformed, "{}:{}: {}", file, damage.mark.line + 1, damage.msg);
  }
  Report report(file);
  Source source(root, 1, "", report);
  YAML::Node out(YAML::NodeType::Map);
  if (auto traces = source.take("traces"); traces && traces->is_map())
    convert_grafana_agent(*traces, out);
  else if (root.IsMap() && root["receivers"] && root["exporters"])
    convert_collector(source, out);
  else
    return fail(Code::kInvalid,
                "{}: neither a Grafana Agent's static configuration (it has `traces`) nor an "
                "OpenTelemetry Collector's (it has `receivers` and `exporters`)",
                file);
  return Conversion{yaml_text(in_order(out)), report.messages()};
}

}  // namespace clew::convert
