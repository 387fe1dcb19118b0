// What a user says about sampling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/sample/tail_hash_salt.h"

namespace clew::agent {

enum class SamplingAlgorithm : uint8_t {
  kHashSeed,
  kHashSeedMurmur3,
  kTailHashSalt,
  kProportional,
  kEqualizing,
};

/// A rate of its own for some spans: those that match all that is set here.
struct SamplingRule {
  std::string service;  // service.name of the resource
  std::string route;    // http.route of the span; its name, if it has none
  std::string tenant;
  std::vector<std::pair<std::string, std::string>> attributes;  // of the span or its resource
  double percentage = 100;
};

/// At most this many spans on average, and never more than `burst` in one second.
struct SamplingRateLimit {
  uint64_t spans_per_second = 0;
  uint64_t burst = 0;  // at least spans_per_second
};

struct SamplingConfig {
  SamplingAlgorithm algorithm = SamplingAlgorithm::kHashSeed;
  double percentage = 100;  // of spans that no rule matches; past 100 is 100
  uint32_t hash_seed = 0;
  std::string hash_salt = std::string(TailHashSalt::kDefaultSalt);
  int sampling_precision = 4;       // hex digits of th, 1 to 14
  bool fail_closed = true;          // drop spans whose trace_state is in the sampler's way
  bool write_tracestate = true;     // with kHashSeed; else it neither reads nor writes trace_state
  std::vector<SamplingRule> rules;  // the first that matches counts
  std::optional<SamplingRateLimit> rate_limiting;
};

}  // namespace clew::agent
