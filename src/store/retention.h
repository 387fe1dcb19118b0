// Which blocks have to go.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/block_storage.h"

namespace clew::store {

/// What holds for one tenant instead of what holds for all, or beside it.
struct RetentionOverride {
  /// Instead of the age for all, be it more or less. Unset: that one.
  std::optional<std::chrono::milliseconds> max_age = {};
  /// Of this tenant's blocks, beside the bytes for all. Unset: only those.
  std::optional<uint64_t> max_bytes = {};

  bool operator==(const RetentionOverride&) const = default;
};

using RetentionOverrides = std::map<Tenant, RetentionOverride>;

/// How the ID of a pinned trace's block begins; its trace ID in hex follows.
inline constexpr std::string_view kPinPrefix = "pin-";

/// True for a block that only unpinning removes.
inline bool is_pin(const BlockKey& key) {
  return key.id.starts_with(kPinPrefix);
}

/// The least age that may be configured: far more than a span takes to reach a block's newest span.
inline constexpr std::chrono::hours kLeastRetention{1};

/// An age below kLeastRetention or a limit of 0 bytes is kInvalid; the message begins with the
/// field's name.
Result<void> check_override(const RetentionOverride& limits);

struct RetentionLimits {
  std::chrono::nanoseconds max_age;
  uint64_t max_bytes;
  RetentionOverrides tenants = {};
  uint64_t max_spans = UINT64_MAX;  // of all blocks
};

struct BlockAge {
  BlockKey key;
  UnixNanos newest;  // start of its newest span
  uint64_t size_bytes;
  bool pinned = false;
  uint64_t spans = 0;
};

/// The blocks that have to go, whole ones:
/// 1. those whose newest span is older than their tenant's age,
/// 2. the oldest of each tenant until it is within its own bytes, if it has a limit,
/// 3. the oldest of all until the rest, together with `other_bytes` that cannot go, is within the
///    bytes for all, and the blocks within the spans.
/// So a tenant's own limits never cost another tenant a block. Pinned blocks stay, and count as
/// bytes. A trace whose spans are of different age may lose its older ones first.
std::vector<BlockKey> expired_blocks(std::vector<BlockAge> blocks, uint64_t other_bytes,
                                     const RetentionLimits& limits, UnixNanos now);

}  // namespace clew::store
