// What a crash in between leaves: the damaged block under its name, perhaps under a second one in
// damaged/ as well, perhaps with an unfinished new one as .tmp; or the new block in its place. The
// new one takes the name in one step, so the spans are never there twice, nor not at all.
#include "store/admin/repair.h"

#include "otlp/batch.h"
#include "store/admin/rewrite_block.h"
#include "store/block_storage_local.h"
#include "store/log_view.h"

namespace clew::store {
namespace {

std::string name_in(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}
std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

/// True if both files have the same bytes.
Result<bool> same_content(Disk& disk, const std::string& a, const std::string& b) {
  constexpr uint64_t kPieceBytes = 1 << 20;
  auto left = disk.open_read(a);
  if (!left) return std::unexpected(left.error());
  auto right = disk.open_read(b);
  if (!right) return std::unexpected(right.error());
  uint64_t size = (*left)->size();
  if (size != (*right)->size()) return false;
  for (uint64_t at = 0; at < size; at += kPieceBytes) {
    size_t bytes = std::min(kPieceBytes, size - at);
    auto x = (*left)->read(at, bytes), y = (*right)->read(at, bytes);
    if (!x || !y) return std::unexpected(!x ? x.error() : y.error());
    if (*x != *y) return false;
  }
  return true;
}

class Repair {
 public:
  Repair(Disk& disk, const std::string& directory, UnixNanos now, const RepairEvents& events)
      : disk_(disk), directory_(directory), now_(now), events_(events) {}

  Result<RepairSummary> run() {
    if (auto listed = disk_.list(directory_ + "/blocks"); !listed)
      return fail(listed.error().code, "no store in {}: {}", directory_, listed.error().message);
    auto lock = disk_.lock_directory(directory_);
    if (!lock) return std::unexpected(lock.error());
    auto storage = BlockStorageLocal::open(disk_, directory_ + "/blocks");
    if (!storage) return std::unexpected(storage.error());
    storage_ = std::move(*storage);
    auto blocks = storage_->list();
    if (!blocks) return std::unexpected(blocks.error());
    auto log = LogView::open(disk_, directory_ + "/log");
    if (!log && log.error().code != Code::kNotFound) return std::unexpected(log.error());
    if (log) all_bytes_ += log->bytes();
    for (const StoredBlock& block : *blocks) all_bytes_ += block.size_bytes;
    auto done = in_order([&] { return log ? repair_log(*log) : Result<void>(); },
                         [&] { return repair_blocks(*blocks); });
    if (!done) return std::unexpected(done.error());
    return summary_;
  }

 private:
  Result<void> repair_blocks(const std::vector<StoredBlock>& blocks) {
    for (const StoredBlock& block : blocks) {
      auto file = storage_->open(block.key);
      if (!file) return std::unexpected(file.error());
      BlockCheck check = check_block(block.key, *file);
      ++summary_.blocks;
      if (check.is_other_version)
        return fail(Code::kUnsupported, "block {}/{} was written by another version of clew",
                    block.key.tenant.name(), block.key.id);
      if (!check.is_whole())
        if (auto repaired = repair_block(std::move(check), std::move(*file)); !repaired)
          return repaired;
      advance(block.size_bytes);
    }
    return {};
  }

  Result<void> repair_block(BlockCheck check, std::shared_ptr<const ReadFile> file) {
    BlockRepair repair{.check = std::move(check)};
    const BlockKey& key = repair.check.key;
    std::string path = storage_->path_of(key);
    auto aside = link_aside(path, "blocks/" + key.tenant.name());
    if (!aside) return std::unexpected(aside.error());
    repair.set_aside = *aside;
    auto rewritten = rewrite_block(*storage_, repair.check, std::move(file), now_);
    if (rewritten) {
      repair.rewritten = true;
      repair.lost_spans = rewritten->lost_spans;
      repair.lost_traces = rewritten->lost_traces;
    } else if (rewritten.error().code == Code::kMalformed) {
      // It stays in damaged/ alone.
      if (auto removed = storage_->remove(key); !removed) return removed;
      if (repair.check.has_footer) {
        repair.lost_spans = repair.check.spans;
        repair.lost_traces = repair.check.traces;
      }
    } else {
      // A name that could not be made safe was taken back: the damaged block gets it again.
      if (auto there = disk_.open_read(path); !there && there.error().code == Code::kNotFound)
        if (auto back = link_or_copy(disk_, repair.set_aside, path); !back)
          return fail(Code::kIo, "{}; {} stays in {}", rewritten.error().message, path,
                      repair.set_aside);
      return std::unexpected(rewritten.error());
    }
    ++summary_.damaged_blocks;
    summary_.lost_spans += repair.lost_spans.value_or(0);
    summary_.unknown_losses += repair.lost_spans ? 0 : 1;
    if (events_.block) events_.block(repair);
    return {};
  }

  Result<void> repair_log(const LogView& log) {
    for (size_t i = 0; i < log.segments().size(); ++i) {
      auto check = check_segment(log, i);
      if (!check) return std::unexpected(check.error());
      ++summary_.segments;
      uint64_t bytes = check->bytes;
      if (!check->is_whole())
        if (auto repaired = repair_segment(log, i, std::move(*check)); !repaired) return repaired;
      advance(bytes);
    }
    return {};
  }

  Result<void> repair_segment(const LogView& log, size_t number, SegmentCheck check) {
    const LogView::Segment& segment = log.segments()[number];
    auto aside = link_aside(segment.path, "log");
    if (!aside) return std::unexpected(aside.error());
    std::string unfinished = segment.path + ".tmp";
    auto renamed = in_order([&] { return write_segment(log, number, unfinished); },
                            [&] { return disk_.rename(unfinished, segment.path); },
                            [&] { return disk_.sync_directory(parent_of(segment.path)); });
    if (!renamed) return renamed;
    ++summary_.damaged_segments;
    ++summary_.unknown_losses;
    if (events_.segment) events_.segment({std::move(check), *aside});
    return {};
  }

  /// The segment's readable records under their own positions and salt.
  Result<void> write_segment(const LogView& log, size_t number, const std::string& path) {
    frames::SegmentName name = log.segments()[number].name;
    auto out = disk_.open_append(path);
    if (!out) return std::unexpected(out.error());
    auto result = in_order([&] { return (*out)->truncate(0); },
                           [&] { return (*out)->append(frames::encode_header(kLogFile, name)); });
    if (!result) return result;
    auto read =
        log.read(number, 0, [&](LogPosition position, const Tenant& tenant, SharedBytes payload) {
          if (!result || !otlp::Batch::index(payload)) return;
          std::string header =
              frames::encode_frame_header(name.salt, position, tenant.name(), payload.view());
          std::string_view parts[] = {header, tenant.name(), payload.view()};
          result = (*out)->append(parts);
        });
    if (!read) return std::unexpected(read.error());
    return result ? (*out)->sync() : result;
  }

  /// Gives the file a second name in damaged/, safe against a power cut; returns that. A name that
  /// is taken by the same bytes, by a call that did not come to its end, will do.
  Result<std::string> link_aside(const std::string& path, const std::string& room) {
    std::string directory = directory_ + "/damaged/" + room;
    if (auto made = disk_.create_directories(directory); !made)
      return std::unexpected(made.error());
    for (int n = 0;; ++n) {
      std::string to = directory + "/" + name_in(path) + (n == 0 ? "" : fmt::format(".{}", n));
      if (disk_.open_read(to)) {
        auto same = same_content(disk_, path, to);
        if (!same) return std::unexpected(same.error());
        if (!*same) continue;
      } else if (auto linked = link_or_copy(disk_, path, to); !linked) {
        return std::unexpected(linked.error());
      }
      if (auto synced = disk_.sync_directory(directory); !synced)
        return std::unexpected(synced.error());
      return to;
    }
  }

  void advance(uint64_t bytes) {
    done_bytes_ += bytes;
    if (events_.progress) events_.progress(done_bytes_, all_bytes_);
  }

  Disk& disk_;
  const std::string& directory_;
  UnixNanos now_;
  const RepairEvents& events_;
  std::unique_ptr<BlockStorageLocal> storage_;
  RepairSummary summary_;
  uint64_t done_bytes_ = 0, all_bytes_ = 0;
};

}  // namespace

Result<RepairSummary> repair_store(Disk& disk, const std::string& directory, UnixNanos now,
                                   const RepairEvents& events) {
  return Repair(disk, directory, now, events).run();
}

}  // namespace clew::store
