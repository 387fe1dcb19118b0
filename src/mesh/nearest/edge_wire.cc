#include "mesh/nearest/edge_wire.h"

#include <algorithm>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "mesh/xds/reading.h"
#include "mesh/xds/wire.h"

namespace clew::mesh {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;
using namespace xds;  // NOLINT: the readers of foreign bytes

void read_round_trips(pbf_reader& reader, std::vector<uint32_t>& round_trips) {
  auto add = [&](uint32_t microseconds) {
    if (round_trips.size() >= kMostRoundTrips) throw TooLarge{"the number of round trips"};
    round_trips.push_back(microseconds);
  };
  if (reader.wire_type() == protozero::pbf_wire_type::varint) return add(reader.get_uint32());
  expect(reader, protozero::pbf_wire_type::length_delimited);
  for (uint32_t each : reader.get_packed_uint32()) add(each);
}

Finding read_finding(pbf_reader reader) {
  Finding finding;
  while (reader.next()) {
    if (reader.tag() == 1)
      finding.zone = name_of(reader);
    else if (reader.tag() == 2)
      finding.target = name_of(reader);
    else if (reader.tag() == 3)
      read_round_trips(reader, finding.round_trips);
    else
      reader.skip();
  }
  return finding;
}

Target read_target(pbf_reader reader) {
  Target target;
  while (reader.next()) {
    if (reader.tag() == 1)
      target.zone = name_of(reader);
    else if (reader.tag() == 2)
      target.host = name_of(reader);
    else if (reader.tag() == 3)
      target.port = static_cast<uint16_t>(std::min<uint64_t>(count_of(reader), UINT16_MAX));
    else
      reader.skip();
  }
  return target;
}

/// envoy.config.core.v3.Locality.
std::string read_zone(pbf_reader reader) {
  std::string zone;
  while (reader.next()) {
    if (reader.tag() == 2)
      zone = name_of(reader);
    else
      reader.skip();
  }
  return zone;
}

/// envoy.config.endpoint.v3.UpstreamLocalityStats.
Load read_locality(pbf_reader reader) {
  Load load;
  while (reader.next()) {
    if (reader.tag() == 1)
      load.zone = read_zone(message_of(reader));
    else if (reader.tag() == 4)
      load.errors = count_of(reader);
    else if (reader.tag() == 8)
      load.requests = count_of(reader);
    else
      reader.skip();
  }
  return load;
}

/// google.protobuf.Duration.
double read_duration(pbf_reader reader) {
  double seconds = 0;
  while (reader.next()) {
    if (reader.tag() == 1)
      seconds += static_cast<double>(count_of(reader) & 0xffffffff);
    else if (reader.tag() == 2)
      seconds += number_of(reader) / 1e9;
    else
      reader.skip();
  }
  return std::clamp(seconds, 0.0, 3600.0);
}

/// envoy.config.endpoint.v3.ClusterStats.
void read_cluster(pbf_reader reader, LoadReport& report) {
  std::string service;
  size_t first = report.loads.size();
  while (reader.next()) {
    if (reader.tag() == 1) {
      service = name_of(reader);
    } else if (reader.tag() == 2) {
      Load load = read_locality(message_of(reader));
      if (load.zone.empty()) continue;  // no core location: a collector, say
      if (report.loads.size() >= limits::kXdsNames) throw TooLarge{"the number of loads"};
      report.loads.push_back(std::move(load));
    } else if (reader.tag() == 4) {
      report.seconds = std::max(report.seconds, read_duration(message_of(reader)));
    } else {
      reader.skip();
    }
  }
  for (size_t i = first; i < report.loads.size(); ++i) report.loads[i].service = service;
}

}  // namespace

std::string write_report(const EdgeReport& report) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_string(1, report.node_id);
  for (const Finding& each : report.findings) {
    pbf_writer finding(writer, 2);
    finding.add_string(1, each.zone);
    finding.add_string(2, each.target);
    finding.add_packed_uint32(3, each.round_trips.begin(), each.round_trips.end());
  }
  return bytes;
}

Result<EdgeReport> read_report(std::string_view bytes) {
  return guarded("report of an edge", [&] {
    EdgeReport report;
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
      if (reader.tag() == 1) {
        report.node_id = name_of(reader, "the node's ID");
      } else if (reader.tag() == 2) {
        if (report.findings.size() >= kMostTargets) throw TooLarge{"the number of findings"};
        report.findings.push_back(read_finding(message_of(reader)));
      } else {
        reader.skip();
      }
    }
    return report;
  });
}

std::string write_targets(const std::vector<Target>& targets) {
  std::string bytes;
  pbf_writer writer(bytes);
  for (const Target& each : targets) {
    pbf_writer target(writer, 1);
    target.add_string(1, each.zone);
    target.add_string(2, each.host);
    target.add_uint32(3, each.port);
  }
  return bytes;
}

Result<std::vector<Target>> read_targets(std::string_view bytes) {
  return guarded("list of targets", [&] {
    std::vector<Target> targets;
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
      if (reader.tag() != 1) {
        reader.skip();
        continue;
      }
      if (targets.size() >= kMostTargets) throw TooLarge{"the number of targets"};
      targets.push_back(read_target(message_of(reader)));
    }
    return targets;
  });
}

Result<LoadReport> read_load_report(std::string_view bytes) {
  return guarded("load report", [&] {
    LoadReport report;
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
      if (reader.tag() == 1)
        report.node_id = read_node(message_of(reader)).id;
      else if (reader.tag() == 2)
        read_cluster(message_of(reader), report);
      else
        reader.skip();
    }
    return report;
  });
}

std::string write_load_answer(uint32_t seconds) {
  std::string bytes;
  pbf_writer writer(bytes);
  {
    pbf_writer interval(writer, 2);
    interval.add_int64(1, seconds);
  }
  writer.add_bool(4, true);  // all clusters
  return bytes;
}

}  // namespace clew::mesh
