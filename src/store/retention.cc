#include "store/retention.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "base/duration.h"

namespace clew::store {
namespace {

/// The blocks that are left, oldest first, while one rule after the other takes some away.
class Remaining {
 public:
  explicit Remaining(std::vector<BlockAge> blocks) : blocks_(std::move(blocks)) {
    std::ranges::sort(blocks_, [](const BlockAge& a, const BlockAge& b) {
      return a.newest != b.newest ? a.newest < b.newest : a.key < b.key;
    });
    for (const BlockAge& block : blocks_) {
      all_bytes_ += block.size_bytes;
      all_spans_ += block.spans;
      tenant_bytes_[block.key.tenant] += block.size_bytes;
    }
  }

  uint64_t all_bytes() const { return all_bytes_; }
  uint64_t all_spans() const { return all_spans_; }
  uint64_t bytes_of(const Tenant& tenant) { return tenant_bytes_[tenant]; }

  /// Takes every block, oldest first, that is not pinned and that `has_to_go`, which sees the bytes
  /// that are left at that moment.
  void take_if(const std::function<bool(const BlockAge&)>& has_to_go) {
    std::erase_if(blocks_, [&](const BlockAge& block) {
      if (block.pinned || !has_to_go(block)) return false;
      all_bytes_ -= block.size_bytes;
      all_spans_ -= block.spans;
      tenant_bytes_[block.key.tenant] -= block.size_bytes;
      taken_.push_back(block.key);
      return true;
    });
  }

  std::vector<BlockKey> taken() && { return std::move(taken_); }

 private:
  std::vector<BlockAge> blocks_;
  uint64_t all_bytes_ = 0;
  uint64_t all_spans_ = 0;
  std::map<Tenant, uint64_t> tenant_bytes_;
  std::vector<BlockKey> taken_;
};

UnixNanos horizon_of(const Tenant& tenant, const RetentionLimits& limits, UnixNanos now) {
  auto max_age = static_cast<UnixNanos>(limits.max_age.count());
  auto own = limits.tenants.find(tenant);
  if (own != limits.tenants.end() && own->second.max_age)
    max_age = static_cast<UnixNanos>(std::chrono::nanoseconds(*own->second.max_age).count());
  return now > max_age ? now - max_age : 0;
}

uint64_t max_bytes_of(const Tenant& tenant, const RetentionLimits& limits) {
  auto own = limits.tenants.find(tenant);
  if (own == limits.tenants.end()) return std::numeric_limits<uint64_t>::max();
  return own->second.max_bytes.value_or(std::numeric_limits<uint64_t>::max());
}

}  // namespace

Result<void> check_override(const RetentionOverride& limits) {
  if (limits.max_age && *limits.max_age < kLeastRetention)
    return fail(Code::kInvalid, "max_age must be at least {}, not {}",
                duration_text(kLeastRetention), duration_text(*limits.max_age));
  if (limits.max_bytes == 0)
    return fail(Code::kInvalid, "max_bytes must be more than 0; leave it out for no limit");
  return {};
}

std::vector<BlockKey> expired_blocks(std::vector<BlockAge> blocks, uint64_t other_bytes,
                                     const RetentionLimits& limits, UnixNanos now) {
  Remaining remaining(std::move(blocks));
  remaining.take_if([&](const BlockAge& block) {
    return block.newest < horizon_of(block.key.tenant, limits, now);
  });
  remaining.take_if([&](const BlockAge& block) {
    return remaining.bytes_of(block.key.tenant) > max_bytes_of(block.key.tenant, limits);
  });
  remaining.take_if([&](const BlockAge&) {
    return remaining.all_bytes() + other_bytes > limits.max_bytes ||
           remaining.all_spans() > limits.max_spans;
  });
  return std::move(remaining).taken();
}

}  // namespace clew::store
