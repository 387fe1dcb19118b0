// The write-ahead log as files of one directory. base/frame_format.h draws them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "store/log.h"
#include "store/log_format.h"

namespace clew::store {

struct LogSegmentsOptions {
  std::string directory;
  Disk* disk = &Disk::system();
  const Clock* clock = &Clock::system();
  Durability durability = Durability::kFsync;
  uint64_t segment_bytes = 32 << 20;
  /// The first record gets at least this position.
  LogPosition first_position = 0;
  /// False: no thread; the owner calls pump().
  bool threads = true;
  /// Of the salts of segments; the default asks the system.
  std::function<uint64_t()> random = {};
};

/// Group commit: one thread takes whatever was queued while the previous write was under way,
/// writes and syncs it at once, then calls all callbacks. So there is no artificial delay, and one
/// sync serves everybody who waited. When a write or sync fails its whole group is refused, the
/// file is cut back and given up, and for a second every append is refused at once; then the next
/// one tries a new file. So a disk that has space again is used again without anybody's help.
class LogSegments final : public Log {
 public:
  /// Creates the directory if it is missing and looks at what is in it.
  static Result<std::unique_ptr<LogSegments>> open(LogSegmentsOptions options);
  ~LogSegments() override;

  Result<void> replay(LogPosition from, const Visitor& visit) override;
  void append(const Tenant& tenant, SharedBytes payload, Appended done) override;
  Result<void> truncate(LogPosition before) override;
  uint64_t size_bytes() const override;
  void close() override;

  /// Writes one group.
  bool pump() override;
  bool refuses() const override;
  bool failing() const override { return failed_at_ != 0; }
  /// Frames and headers.
  uint64_t damaged() const override { return damaged_; }

 private:
  struct Segment {
    frames::SegmentName name;
    uint64_t bytes;
  };
  struct Pending {
    Tenant tenant;
    SharedBytes payload;
    Appended done;
  };
  using Group = std::deque<Pending>;

  explicit LogSegments(LogSegmentsOptions options) : options_(std::move(options)) {}

  std::string path_of(const frames::SegmentName& name) const;
  Result<bool> replay_segment(const Segment& segment, bool last, LogPosition from,
                              const Visitor& visit);
  void cut_tail(uint64_t whole_bytes);

  void run();
  Group take_group();
  void write_group(Group group);
  Result<void> write_frames(const Group& group, LogPosition first);
  Result<void> open_segment(LogPosition first);
  void give_up_segment();
  Result<void> sync_file();

  LogSegmentsOptions options_;
  std::atomic<uint64_t> damaged_ = 0;
  std::atomic<UnixNanos> failed_at_ = 0;  // 0: the last write succeeded

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  Group queue_;
  std::vector<Segment> segments_;  // by position; the last may be the active one
  bool closing_ = false;

  // Of the writing thread.
  std::unique_ptr<AppendFile> file_;  // the active segment; none right after open and a failure
  uint64_t good_bytes_ = 0;           // of it, as safe as Durability says
  uint64_t salt_ = 0;
  LogPosition next_position_ = 0;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace clew::store
