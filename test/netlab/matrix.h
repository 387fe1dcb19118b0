// What the lab's network is like: its sites, and the way from each to each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::netlab {

/// Sites have the numbers 1 to 250 in their addresses.
inline constexpr size_t kMaxSites = 250;

/// The way of packets from one site to one other.
struct Way {
  std::chrono::nanoseconds delay{0};
  double jitter = 0;            // 0.1: of each packet the delay is between 0.9 and 1.1 of `delay`
  double loss = 0;              // the share of packets that vanish
  double bytes_per_second = 0;  // 0: without a limit
};

struct SiteName {
  std::string name;
  bool here = false;  // the namespace that the router was started in, not one of its own
};

struct Matrix {
  int64_t version = 0;  // said back when it is in force
  std::vector<SiteName> sites;
  std::vector<bool> down;  // by site: packets to and from it vanish
  std::vector<Way> ways;   // by from * sites + to

  const Way& way(size_t from, size_t to) const { return ways[(from * sites.size()) + to]; }
};

/// Reads a matrix of
///   {"version": 1, "sites": [{"name": "home", "here": true}, {"name": "fra"}], "down": ["fra"],
///    "ways": [{"from": "home", "to": "fra", "delay_ms": 5, "jitter": 0.1, "loss": 0.01,
///              "mbit_per_s": 100}]}
/// What a way does not say is 0, as are ways that are not there. Fails with kMalformed or
/// kInvalid, and says where.
Result<Matrix> parse_matrix(std::string_view text);

}  // namespace clew::netlab
