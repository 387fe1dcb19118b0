// Opening a store: lock, blocks, log.
#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "store/block_listing.h"
#include "store/log_null.h"
#include "store/log_segments.h"
#include "store/log_view.h"
#include "store/metrics.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

/// Stands for blocks that cannot be read, so that every answer without them says so.
class UnreadablePart final : public Part {
 public:
  UnixNanos newest_trace_start() const override { return UINT64_MAX; }
  bool may_match(const Query&) const override { return true; }
  Result<std::unique_ptr<PartSearch>> search(const Query&) const override { return error(); }
  Result<std::optional<TraceExtent>> extent_of(const TraceId&) const override { return error(); }
  Result<void> visit_spans(const TraceId&, const SpanChoice&, const SpanVisitor&) const override {
    return error();
  }
  Result<void> scan_columns(ColumnScan&) const override { return error(); }
  Result<void> visit_operations(const OperationVisitor&) const override { return error(); }
  Result<void> visit_attributes(const AttributeVisitor&) const override { return error(); }
  Result<void> visit_values(std::optional<AttributeScope>, std::string_view,
                            const ValueVisitor&) const override {
    return error();
  }

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
  if (options_.max_spans && *options_.max_spans < kHeadShareOfSpans)
    return fail(Code::kInvalid, "a store of {} spans: it must be {} or more", *options_.max_spans,
                kHeadShareOfSpans);
  for (const auto& [tenant, limits] : options_.retention_overrides)
    if (auto checked = check_override(limits); !checked)
      return fail(Code::kInvalid, "retention of tenant {}: {}", tenant.name(),
                  checked.error().message);
  return {};
}

Result<void> Store::Impl::open() {
  if (auto checked = check_options(); !checked) return checked;
  if (options_.read_only) return open_read_only();
  Disk& disk = *options_.disk;
  if (auto made = disk.create_directories(options_.directory); !made) return made;
  auto lock = disk.lock_directory(options_.directory);
  if (!lock) return std::unexpected(lock.error());
  directory_lock_ = std::move(*lock);
  auto space = disk.space(options_.directory);
  if (!space) return std::unexpected(space.error());
  max_bytes_ = options_.max_bytes.value_or(space->total_bytes / 10 * 8);
  if (options_.max_spans) head_max_spans_ = *options_.max_spans / kHeadShareOfSpans;

  active_ = std::make_shared<Head>();
  active_since_ = clock().now();
  auto storage = BlockStorageLocal::open(disk, options_.directory + "/blocks");
  if (!storage) return std::unexpected(storage.error());
  storage_ = std::move(*storage);
  if (auto opened = open_blocks(); !opened) return opened;
  if (auto replayed = replay_log(); !replayed) return replayed;
  update_gauges();
  check_space();
  if (options_.threads) {
    flusher_ = std::thread([this] { run(); });
    compactor_ = std::thread([this] { run_compaction(); });
  }
  return {};
}

/// The log first: what leaves it in the meantime is in blocks that are listed later, and what is in
/// both is covered by those.
Result<void> Store::Impl::open_read_only() {
  Disk& disk = *options_.disk;
  active_ = std::make_shared<Head>();
  log_ = std::make_unique<NullLog>(0);
  auto log = LogView::open(disk, options_.directory + "/log");
  if (!log && log.error().code != Code::kNotFound) return std::unexpected(log.error());
  storage_ = BlockStorageLocal::attach(disk, options_.directory + "/blocks");
  std::map<BlockKey, Result<std::shared_ptr<const Block>>> held;
  auto blocks = visit_blocks(*storage_, [&](const StoredBlock& entry) -> Result<void> {
    auto block = open_block(entry.key);
    if (!block && block.error().code == Code::kNotFound) return std::unexpected(block.error());
    held.emplace(entry.key, std::move(block));
    return {};
  });
  if (!blocks && blocks.error().code == Code::kNotFound)
    return fail(Code::kNotFound, "no store in {}: {}", options_.directory, blocks.error().message);
  if (!blocks) return std::unexpected(blocks.error());
  for (const StoredBlock& entry : *blocks)
    if (auto added = add_block(entry, std::move(held.at(entry.key))); !added) return added;
  for (size_t i = 0; log && i < log->segments().size(); ++i) {
    auto read =
        log->read(i, 0, [this](LogPosition position, const Tenant& tenant, SharedBytes payload) {
          replay_record(position, tenant, std::move(payload));
        });
    if (!read) return std::unexpected(read.error());
    damaged_ += read->damaged;
  }
  return {};
}

Result<void> Store::Impl::open_blocks() {
  auto stored = storage_->list();
  if (!stored) return std::unexpected(stored.error());
  for (const StoredBlock& entry : *stored)
    if (auto added = add_block(entry, open_block(entry.key)); !added) return added;
  return {};
}

Result<void> Store::Impl::add_block(const StoredBlock& entry,
                                    Result<std::shared_ptr<const Block>> block) {
  keys_.insert(entry.key);
  tenants_.insert(entry.key.tenant);
  // From the name: also a block that cannot be read today covers what it covers.
  first_position_ = std::max(first_position_, log_end_of(entry.key));
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

Result<std::unique_ptr<Log>> Store::Impl::open_log() {
  if (options_.durability == Durability::kNone) return std::make_unique<NullLog>(first_position_);
  return LogSegments::open({.directory = options_.directory + "/log",
                            .disk = options_.disk,
                            .clock = options_.clock,
                            .durability = options_.durability,
                            .segment_bytes = options_.log_segment_bytes,
                            .first_position = first_position_,
                            .threads = options_.threads});
}

Result<void> Store::Impl::replay_log() {
  auto log = open_log();
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
  insert(position, tenant, *batch);
  // A log larger than the head: the last run could not write blocks, or had a larger head.
  if (wants_freeze() && !options_.read_only) maintain();
}

}  // namespace clew::store
