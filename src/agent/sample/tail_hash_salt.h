// algorithm: tail_hash_salt, the policy `probabilistic` of the collector's tail_sampling processor,
// which is also what the Grafana Agent had.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"

namespace clew::agent {

/// FNV-1a, 64 bits, over a salt and the trace ID. Known to be weak: the top bits hardly move when
/// only the last bytes of the ID do, so of sequential IDs it keeps all or none.
class TailHashSalt {
 public:
  static constexpr std::string_view kDefaultSalt = "default-hash-seed";

  /// An empty salt is the default one.
  explicit TailHashSalt(std::string_view salt);

  uint64_t hash(const TraceId& id) const;

  /// A trace is kept when its hash is not above this; at 0 % that is still the hash 0.
  static uint64_t highest_kept(double percentage);

 private:
  uint64_t after_salt_;  // the state once the salt is hashed
};

}  // namespace clew::agent
