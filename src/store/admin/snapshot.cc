// Why the log comes first. An acknowledged span is in the log, or it is in a block: the server cuts
// it out of the log only when its block is there. So a span that is not in our copy of the log is
// in a block that was there before we listed blocks, or in what that block was merged into. The
// other way round a span could be flushed between the two steps and be in neither.
//
// A flush in between leaves spans in both: in our log and in a block that we link. The block's
// footer says up to which position of the log everything is in blocks (Footer::log_end), and
// whoever opens the snapshot skips those records. If the flush is so far that some of its blocks
// are there but not the last one, which alone has that position, the records are read as well, and
// queries and the next merge drop the repetitions: as after a crash at that moment.
//
// Segments are copied, not linked: the server goes on writing at the end of the last one. Our copy
// of it may end within a frame, as after a crash; everything before was there when we looked.
#include "store/admin/snapshot.h"

#include <map>
#include <set>

#include "store/block_listing.h"
#include "store/block_storage_local.h"
#include "store/log_view.h"

namespace clew::store {
namespace {

std::string name_in(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

class Snapshot {
 public:
  Snapshot(Disk& disk, const std::string& directory, const std::string& target)
      : disk_(disk), directory_(directory), target_(target) {}

  Result<SnapshotSummary> run() {
    auto done = in_order([&] { return check(); }, [&] { return copy_log(); },
                         [&] { return link_blocks(); });
    if (!done) return std::unexpected(done.error());
    return summary_;
  }

 private:
  Result<void> check() {
    if (auto listed = disk_.list(directory_ + "/blocks"); !listed)
      return fail(listed.error().code, "no store in {}: {}", directory_, listed.error().message);
    auto there = disk_.list(target_);
    if (!there && there.error().code != Code::kNotFound) return std::unexpected(there.error());
    if (there && !there->empty())
      return fail(Code::kInvalid, "{} is not empty: a snapshot needs a directory of its own",
                  target_);
    return in_order([&] { return disk_.create_directories(target_ + "/log"); },
                    [&] { return disk_.create_directories(target_ + "/blocks"); });
  }

  Result<void> copy_log() {
    auto log = LogView::open(disk_, directory_ + "/log");
    if (!log && log.error().code == Code::kNotFound) return {};
    if (!log) return std::unexpected(log.error());
    for (const LogView::Segment& segment : log->segments()) {
      uint64_t bytes = segment.file->size();
      std::string to = target_ + "/log/" + name_in(segment.path);
      auto copied = copy_file(disk_, *segment.file, bytes, to);
      // A server whose write failed cuts the end off, which is what we wanted to copy.
      if (!copied && copied.error().code == Code::kMalformed)
        copied = copy_shorter(segment.path, to);
      if (!copied) return copied;
      ++summary_.log_segments;
      summary_.log_bytes += bytes;
    }
    return disk_.sync_directory(target_ + "/log");
  }

  Result<void> copy_shorter(const std::string& from, const std::string& to) {
    auto file = disk_.open_read(from);
    if (!file && file.error().code == Code::kNotFound) return {};
    if (!file) return std::unexpected(file.error());
    return copy_file(disk_, **file, (*file)->size(), to);
  }

  Result<void> link_blocks() {
    auto from = BlockStorageLocal::attach(disk_, directory_ + "/blocks");
    auto to = BlockStorageLocal::attach(disk_, target_ + "/blocks");
    std::set<BlockKey> held;
    std::set<std::string> directories{target_ + "/blocks"};
    auto blocks = visit_blocks(*from, [&](const StoredBlock& block) -> Result<void> {
      std::string directory = to->directory_of(block.key.tenant);
      if (directories.insert(directory).second)
        if (auto made = disk_.create_directories(directory); !made) return made;
      auto linked = link_or_copy(disk_, from->path_of(block.key), to->path_of(block.key));
      if (!linked) return std::unexpected(linked.error());
      held.insert(block.key);
      summary_.copied_blocks += *linked ? 0 : 1;
      return {};
    });
    if (!blocks) return std::unexpected(blocks.error());
    for (const StoredBlock& block : *blocks) {
      held.erase(block.key);
      ++summary_.blocks;
      summary_.block_bytes += block.size_bytes;
    }
    // What is left was merged into others, or retention removed it.
    for (const BlockKey& key : held)
      if (auto removed = disk_.remove(to->path_of(key)); !removed) return removed;
    for (const std::string& directory : directories)
      if (auto synced = disk_.sync_directory(directory); !synced) return synced;
    return {};
  }

  Disk& disk_;
  const std::string& directory_;
  const std::string& target_;
  SnapshotSummary summary_;
};

}  // namespace

Result<SnapshotSummary> snapshot_store(Disk& disk, const std::string& directory,
                                       const std::string& target) {
  return Snapshot(disk, directory, target).run();
}

}  // namespace clew::store
