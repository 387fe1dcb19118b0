#include "tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace clew::bench {
namespace {

/// {"p50": …} in milliseconds after `since_ns`; of no times nulls.
std::string percentiles(std::vector<int64_t> times_ns, int64_t since_ns) {
  std::ranges::sort(times_ns);
  std::string text;
  for (auto [name, part] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1.0}}) {
    std::string value = "null";
    if (!times_ns.empty()) {
      auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(times_ns.size())));
      value = fmt::format("{:.3f}", static_cast<double>(times_ns[rank - 1] - since_ns) / 1e6);
    }
    text += fmt::format(R"({}"{}":{})", text.empty() ? "" : ",", name, value);
  }
  return "{" + text + "}";
}

}  // namespace

int64_t now_ns() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

void Tally::count(const Response& response, size_t bytes, Counted& envoy) {
  auto index = static_cast<size_t>(response.type);
  OfType& type = types_[index];
  ++type.responses;
  type.resources += response.resources.size();
  type.removed += response.removed.size();
  type.bytes += bytes;
  auto bit = static_cast<uint8_t>(1u << index);
  if ((envoy.types & bit) == 0) ++type.proxies;
  envoy.types |= bit;
}

void Tally::count_answers(int answers, int64_t time_ns, Counted& envoy) {
  if (answers > 0) envoy.last_ack_ns = time_ns;
  acks_ns_.insert(acks_ns_.end(), static_cast<size_t>(answers), time_ns);
}

void Tally::add(const Tally& other) {
  for (size_t i = 0; i < types_.size(); ++i) {
    types_[i].responses += other.types_[i].responses;
    types_[i].resources += other.types_[i].resources;
    types_[i].removed += other.types_[i].removed;
    types_[i].bytes += other.types_[i].bytes;
    types_[i].proxies += other.types_[i].proxies;
  }
  acks_ns_.insert(acks_ns_.end(), other.acks_ns_.begin(), other.acks_ns_.end());
  ends_ += other.ends_;
  stalls_ += other.stalls_;
}

void Tally::add(std::string_view name, const Counted& envoy) {
  if (envoy.last_ack_ns == 0) return;
  std::string kind(name.substr(0, name.rfind('-')));
  last_acks_ns_[kind].push_back(envoy.last_ack_ns);
}

std::string Tally::report(int64_t since_ns) const {
  std::string types, kinds;
  for (Type type : kTypes) {
    const OfType& one = types_[static_cast<size_t>(type)];
    types += fmt::format(
        R"({}"{}":{{"responses":{},"resources":{},"removed":{},"bytes":{},"proxies":{}}})",
        types.empty() ? "" : ",", name_of(type), one.responses, one.resources, one.removed,
        one.bytes, one.proxies);
  }
  std::vector<int64_t> all;
  for (const auto& [kind, times] : last_acks_ns_) {
    all.insert(all.end(), times.begin(), times.end());
    kinds += fmt::format(R"({}"{}":{{"proxies":{},"ack_ms":{}}})", kinds.empty() ? "" : ",", kind,
                         times.size(), percentiles(times, since_ns));
  }
  int64_t last = all.empty() ? 0 : std::ranges::max(all);
  return fmt::format(
      R"({{"proxies":{},"answers":{},"ends":{},"stalls":{},"last_ack_ns":{},"types":{{{}}},)"
      R"("kinds":{{{}}},"ack_ms":{{"proxies":{},"answers":{}}}}})",
      all.size(), acks_ns_.size(), ends_, stalls_, last, types, kinds, percentiles(all, since_ns),
      percentiles(acks_ns_, since_ns));
}

std::string Tally::times(int64_t since_ns) const {
  std::string text;
  for (const auto& [kind, times] : last_acks_ns_) {
    text += fmt::format(R"({}"{}":[)", text.empty() ? "" : ",", kind);
    for (size_t i = 0; i < times.size(); ++i)
      text += fmt::format("{}{}", i == 0 ? "" : ",", (times[i] - since_ns) / 1000);
    text += "]";
  }
  return "{" + text + "}";
}

}  // namespace clew::bench
