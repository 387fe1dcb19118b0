// No report of an edge, or of its Envoy, crashes the readers, and what they keep is bounded.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "mesh/nearest/edge_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto report = clew::mesh::read_report(bytes)) {
    CLEW_CHECK(report->findings.size() <= clew::mesh::kMostTargets);
    CLEW_CHECK(clew::mesh::read_report(clew::mesh::write_report(*report)).has_value());
  }
  if (auto targets = clew::mesh::read_targets(bytes))
    CLEW_CHECK(*clew::mesh::read_targets(clew::mesh::write_targets(*targets)) == *targets);
  if (auto loads = clew::mesh::read_load_report(bytes)) {
    CLEW_CHECK(loads->loads.size() <= clew::limits::kXdsNames);
    CLEW_CHECK(loads->seconds >= 0);
  }
  return 0;
}
