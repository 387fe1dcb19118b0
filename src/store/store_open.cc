// Opening a store: lock, blocks, log.
#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "store/metrics.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

/// Stands for blocks that cannot be read, so that every answer without them says so.
class UnreadablePart final : public Part {
 public:
  UnixNanos newest_trace_start() const override { return UINT64_MAX; }
  bool may_match(const Filter&) const override { return true; }
  Result<std::unique_ptr<PartSearch>> search(const Filter&) const override { return error(); }
  Result<std::optional<UnixNanos>> start_of(const TraceId&) const override { return error(); }
  Result<void> visit_spans(const TraceId&, const SpanVisitor&) const override { return error(); }
  Result<void> visit_operations(const OperationVisitor&) const override { return error(); }

 private:
  static std::unexpected<Error> error() { return fail(Code::kIo, "a block cannot be read"); }
};

/// The first half of a block's name; 0 if it is no name of ours.
LogPosition log_end_of(const BlockKey& key) {
  LogPosition log_end = 0;
  std::from_chars(key.id.data(), key.id.data() + key.id.size(), log_end, 16);
  return log_end;
}

}  // namespace

Result<void> Store::Impl::check_options() const {
  if (options_.directory.empty()) return fail(Code::kInvalid, "the store needs a directory");
  if (options_.head_bytes < 64 << 10 || options_.head_bytes > uint64_t{16} << 30)
    return fail(Code::kInvalid, "the head must be of 64 KiB to 16 GiB, not {} bytes",
                options_.head_bytes);
  if (options_.log_segment_bytes < 4096)
    return fail(Code::kInvalid, "log segments must be of 4 KiB or more, not {} bytes",
                options_.log_segment_bytes);
  if (options_.retention.count() <= 0)
    return fail(Code::kInvalid, "retention must be at least an hour");
  return {};
}

Result<void> Store::Impl::open() {
  if (auto checked = check_options(); !checked) return checked;
  Disk& disk = *options_.disk;
  if (auto made = disk.create_directories(options_.directory); !made) return made;
  auto lock = disk.lock_directory(options_.directory);
  if (!lock) return std::unexpected(lock.error());
  directory_lock_ = std::move(*lock);
  auto space = disk.space(options_.directory);
  if (!space) return std::unexpected(space.error());
  max_bytes_ = options_.max_bytes.value_or(space->total_bytes / 10 * 8);

  active_ = std::make_shared<Head>();
  active_since_ = clock().now();
  auto storage = BlockStorageLocal::open(disk, options_.directory + "/blocks");
  if (!storage) return std::unexpected(storage.error());
  storage_ = std::move(*storage);
  if (auto opened = open_blocks(); !opened) return opened;
  if (auto replayed = replay_log(); !replayed) return replayed;
  update_gauges();
  if (options_.threads) flusher_ = std::thread([this] { run(); });
  return {};
}

Result<void> Store::Impl::open_blocks() {
  auto stored = storage_->list();
  if (!stored) return std::unexpected(stored.error());
  for (const StoredBlock& entry : *stored) {
    keys_.insert(entry.key);
    tenants_.insert(entry.key.tenant);
    // From the name: also a block that cannot be read today covers what it covers.
    first_position_ = std::max(first_position_, log_end_of(entry.key));
    auto block = open_block(entry.key);
    if (block) {
      LogPosition log_end = (*block)->footer().log_end;
      LogPosition& covered = covered_[entry.key.tenant];
      covered = std::max(covered, log_end);
      first_position_ = std::max(first_position_, log_end);
      blocks_[entry.key.tenant].push_back(std::move(*block));
    } else if (block.error().code == Code::kUnsupported) {
      return fail(Code::kUnsupported, "block {}/{} {}", entry.key.tenant.name(), entry.key.id,
                  block.error().message);
    } else {
      note_unreadable(entry, block.error());
    }
  }
  return {};
}

void Store::Impl::note_unreadable(const StoredBlock& block, const Error& error) {
  log::error("block {}/{} cannot be read and is left alone: {}", block.key.tenant.name(),
             block.key.id, error.message);
  Metrics::get().damaged_sections.Increment();
  ++damaged_;
  unreadable_bytes_ += block.size_bytes;
  unreadable_[block.key.tenant] = std::make_shared<UnreadablePart>();
}

Result<void> Store::Impl::replay_log() {
  auto log = LogSegments::open({.directory = options_.directory + "/log",
                                .disk = options_.disk,
                                .clock = options_.clock,
                                .durability = options_.durability,
                                .segment_bytes = options_.log_segment_bytes,
                                .first_position = first_position_,
                                .threads = options_.threads});
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  auto visit = [this](LogPosition position, const Tenant& tenant, SharedBytes payload) {
    replay_record(position, tenant, std::move(payload));
  };
  if (auto replayed = log_->replay(0, visit); !replayed) return replayed;
  Metrics::get().replayed_spans.Increment(static_cast<double>(active_->spans()));
  if (!active_->empty())
    log::info("store: {} spans of {} traces read back from the log", active_->spans(),
              active_->traces());
  return {};
}

void Store::Impl::replay_record(LogPosition position, const Tenant& tenant, SharedBytes payload) {
  auto covered = covered_.find(tenant);
  if (covered != covered_.end() && position < covered->second) return;
  auto batch = otlp::Batch::index(std::move(payload));
  if (!batch) {
    log::error("log: record {} is no request any more: {}", position, batch.error().message);
    Metrics::get().damaged_sections.Increment();
    ++damaged_;
    return;
  }
  tenants_.insert(tenant);  // past the limit too: what was acknowledged stays
  insert(position, tenant, *batch, facts_of(*batch));
  // A log larger than the head: the last run could not write blocks, or had a larger head.
  if (wants_freeze()) maintain();
}

}  // namespace clew::store
