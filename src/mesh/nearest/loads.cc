#include "mesh/nearest/loads.h"

#include <cmath>

namespace clew::mesh {
namespace {

constexpr double kSmoothedOver = 5;  // seconds
constexpr double kNothing = 0.001;   // requests per second that are as good as none
constexpr UnixNanos kForgotten = 15'000'000'000;

void add_to(std::map<std::string, Rate>& sum, const std::map<std::string, Rate>& zones) {
  for (const auto& [zone, rate] : zones) {
    sum[zone].requests += rate.requests;
    sum[zone].errors += rate.errors;
  }
}

}  // namespace

void Loads::add(const std::string& edge, const std::string& mesh, const std::string& proxy,
                std::span<const Load> report, double seconds, UnixNanos now) {
  std::erase_if(proxies_, [&](const auto& each) { return each.second.heard + kForgotten < now; });
  if (!(seconds > 0)) return;
  Reported& reported = proxies_[{edge, mesh, proxy}];
  bool first = reported.heard == 0;
  reported.heard = now;
  double weight = first ? 1 : 1 - std::exp(-seconds / kSmoothedOver);
  for (auto& [service, zones] : reported.services)
    for (auto& [zone, rate] : zones) {
      rate.requests *= 1 - weight;
      rate.errors *= 1 - weight;
    }
  for (const Load& load : report) {
    Rate& rate = reported.services[load.service][load.zone];
    rate.requests += weight * static_cast<double>(load.requests) / seconds;
    rate.errors += weight * static_cast<double>(load.errors) / seconds;
  }
  for (auto& [service, zones] : reported.services)
    std::erase_if(zones, [](const auto& each) { return each.second.requests < kNothing; });
  std::erase_if(reported.services, [](const auto& each) { return each.second.empty(); });
}

std::map<std::string, Rate> Loads::of(const ServiceAt& at, UnixNanos now) const {
  std::map<std::string, Rate> sum;
  for (auto it = proxies_.lower_bound({at.edge, at.mesh, ""});
       it != proxies_.end() && it->first.edge == at.edge && it->first.mesh == at.mesh; ++it) {
    if (it->second.heard + kForgotten < now) continue;
    auto found = it->second.services.find(at.service);
    if (found != it->second.services.end()) add_to(sum, found->second);
  }
  return sum;
}

std::map<std::string, Rate> Loads::of_edge(const std::string& edge, UnixNanos now) const {
  std::map<std::string, Rate> sum;
  for (auto it = proxies_.lower_bound({edge, "", ""});
       it != proxies_.end() && it->first.edge == edge; ++it) {
    if (it->second.heard + kForgotten < now) continue;
    for (const auto& [service, zones] : it->second.services) add_to(sum, zones);
  }
  return sum;
}

}  // namespace clew::mesh
