// What an edge and the control plane tell each other about core locations.
//
// gRPC method clew.mesh.v1.Edge/Report, several times a second:
//
//   message EdgeReport {
//     string node_id = 1;               // of the edge's proxy, as in xDS
//     repeated Finding findings = 2;
//   }
//   message Finding {
//     string zone = 1;
//     string target = 2;                // "host:port"
//     repeated uint32 round_trips = 3;  // microseconds, in order; 0: no answer
//   }
//   message EdgeTargets {               // the answer: what is to be probed from now on
//     repeated Target targets = 1;
//   }
//   message Target { string zone = 1; string host = 2; uint32 port = 3; }
//
// And envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats, with which Envoy itself
// says how many requests it sent where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mesh/nearest/loads.h"

namespace clew::mesh {

inline constexpr char kReportMethod[] = "/clew.mesh.v1.Edge/Report";
inline constexpr char kLoadMethod[] =
    "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";

/// Targets of one edge, and results of one finding, that are read at most.
inline constexpr size_t kMostTargets = 1000;
inline constexpr size_t kMostRoundTrips = 100;

struct Finding {
  std::string zone, target;
  std::vector<uint32_t> round_trips;
};

struct EdgeReport {
  std::string node_id;
  std::vector<Finding> findings;
};

/// An ingress of a zone.
struct Target {
  std::string zone, host;
  uint16_t port = 0;

  bool operator==(const Target&) const = default;
};

std::string write_report(const EdgeReport& report);
/// kMalformed, or kTooLarge past the limits above.
Result<EdgeReport> read_report(std::string_view bytes);

std::string write_targets(const std::vector<Target>& targets);
/// Errors as read_report().
Result<std::vector<Target>> read_targets(std::string_view bytes);

/// One LoadStatsRequest, as far as it speaks of endpoints that have a zone.
struct LoadReport {
  std::optional<std::string> node_id;  // in the first of a stream
  std::vector<Load> loads;
  double seconds = 0;  // that it stands for; 0: it says nothing yet
};
/// Errors as read_report(); at most limits::kXdsNames loads.
Result<LoadReport> read_load_report(std::string_view bytes);

/// A LoadStatsResponse: report on all clusters, every `seconds`.
std::string write_load_answer(uint32_t seconds);

}  // namespace clew::mesh
