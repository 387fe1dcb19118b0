// What makes a queue survive: its requests in segments of one directory, in order, until they are
// done. queue_format.h draws them.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/position_set.h"
#include "agent/queue_format.h"
#include "agent/record.h"
#include "base/clock.h"
#include "base/disk.h"

namespace clew::agent {

/// When a request counts as queued.
enum class Durability : uint8_t {
  kFsync,   // on stable storage: survives a power cut
  kOs,      // handed to the operating system: survives a crash of the process, not of the machine
  kMemory,  // about to be written: a crash loses the last moments
};

/// What to do with a new request when the queue is full.
enum class Overflow : uint8_t {
  kRefuse,      // the client is told to come again
  kDropOldest,  // the oldest requests make room: for clients that never come again
};

/// Items by signal.
using ItemCounts = std::array<uint64_t, otlp::kSignals.size()>;

/// Why requests went that nobody delivered. The label `reason` of the counter of drops.
enum class DropReason : uint8_t { kOverflow, kDiskFull, kWriteFailed };

struct JournalOptions {
  std::string directory;
  uint64_t max_bytes = uint64_t{4} << 30;  // of all segments
  Durability durability = Durability::kFsync;
  Overflow overflow = Overflow::kRefuse;
  Disk* disk = &Disk::system();
  const Clock* clock = &Clock::system();
  /// False: no thread; the owner calls pump().
  bool threads = true;
  /// Of the salts of segments; the default asks the system.
  std::function<uint64_t()> random = {};
  /// Told what was dropped unread, on any thread; must not call the journal.
  std::function<void(const ItemCounts&, DropReason)> dropped = [](const ItemCounts&, DropReason) {};
  /// Told of damaged places that were passed over.
  std::function<void(uint64_t)> damaged = [](uint64_t) {};
};

/// Requests on disk, numbered in the order they came. One thread writes what was queued while the
/// previous write was under way and syncs it at once (group commit); whoever sends reads it back in
/// order and says what is done. A segment goes when all in it is done, also from the middle. What
/// is done is written along with the next group and never synced for its own sake: after a crash
/// the last moments' requests are read again, which is why delivery is at least once.
///
/// A failed write refuses its group; for a second everything is refused at once, then a new file is
/// tried. So a disk that has space again is used again without anybody's help. Any thread may call
/// it, read() one at a time.
class Journal {
 public:
  /// Called exactly once per append. Successes come in the order of positions, one at a time; a
  /// refusal may come before append() returns. Returns whether the caller keeps the record in
  /// memory: then it is theirs to count when its segment is dropped.
  using Appended = std::move_only_function<bool(Result<Position>)>;

  /// Creates the directory if it is missing, takes it for this process and looks at what an earlier
  /// one has left. Fails with kUnavailable if another process has it, with kUnsupported on segments
  /// of another version.
  static Result<std::unique_ptr<Journal>> open(JournalOptions options);
  ~Journal();

  /// Queues a request; `done` is called when it is as safe as the Durability says. kUnavailable
  /// while the disk or the bound is full, kTooLarge for what could never fit the bound.
  void append(Record record, Appended done);

  /// The first position that may not be done, and past the last one that was appended.
  Position begin() const;
  Position end() const;

  struct Stored {
    Position position;
    Record record;  // with bytes of its own
  };
  struct Reading {
    std::vector<Stored> records;  // ascending
    Position next = 0;            // where to read on
  };
  /// Reads what is not done in [from, until), about `bytes` of it, at least one record if there is
  /// one. Records that are damaged or gone are passed over; a segment that the disk cannot read is
  /// passed over until the next start. Returned records are the caller's to count.
  Reading read(Position from, Position until, size_t bytes);

  /// These are delivered or given up.
  void done(PositionRange range);
  /// False once the record is done, or dropped to make room.
  bool holds(Position position) const;

  uint64_t size_bytes() const;
  /// True while requests are refused at once after a failed write.
  bool refuses() const;

  /// Writes what is queued and what is done, calls every callback and takes no more. A journal in
  /// which everything is done leaves an empty directory. Idempotent.
  void close();

  /// Without threads: does the next piece of work. True if there was some.
  bool pump();

 private:
  struct Segment {
    frames::SegmentName name;
    uint64_t bytes = 0;       // as safe as Durability says
    Position end = 0;         // past its last position, once it is not open
    bool open = false;        // being written
    bool counted = false;     // `unread` is known
    bool unreadable = false;  // the disk failed
    ItemCounts unread = {};   // items that nobody has in memory
  };
  struct Pending {
    Record record;
    std::string label;
    Appended done;
  };
  using Group = std::deque<Pending>;
  /// A segment that was dropped, still to be removed. What of it was done, if its items are to be
  /// counted by reading it.
  struct Doomed {
    Segment segment;
    PositionSet done;
    DropReason reason;
  };
  /// Where a position stands, as far as it may be read now.
  struct Place {
    Segment segment;
    PositionRange range{};
  };
  /// Where read() stands.
  struct Cursor {
    frames::SegmentName name{};
    std::shared_ptr<const ReadFile> file;
    uint64_t offset = 0;
    Position next = 0;
  };

  explicit Journal(JournalOptions options);

  std::string path_of(const frames::SegmentName& name) const;
  Result<void> look_at_directory();
  Result<void> recover_last(const Segment& segment);

  Result<void> add(Pending& pending);

  // journal_write.cc
  void run();
  Group take_group();
  bool write_group(Group group);
  std::vector<bool> acknowledge(Group& group, Position first);
  void settle(const Group& group, Position first, const std::vector<bool>& taken, bool written);
  void refuse(Group& group, Position first, const std::vector<bool>& taken, const Error& why);
  Result<void> write_until_it_fits(const Group& group, Position first);
  Result<void> write_frames(const Group& group, Position first);
  Result<void> open_segment(Position first);
  void give_up_segment(Position end);
  void write_done();
  void remove_doomed();
  ItemCounts count_items(const Segment& segment, const PositionSet& done) const;
  bool room_for_locked(uint64_t bytes);
  bool drop_oldest_locked(DropReason reason);
  uint64_t used_locked() const;
  void forget_done_segments_locked(PositionRange range);

  // journal_read.cc
  std::optional<Place> place_of(Position position) const;
  Result<void> seek(const Segment& segment, Position position);
  bool read_from(const Place& place, Position until, size_t& bytes_left, Reading& reading);
  Result<uint64_t> read_piece(const Place& place, size_t size, Position until, size_t& bytes_left,
                              Reading& reading);
  void take(Position position, Record record, size_t& bytes_left, Reading& reading);
  void pass_over(Reading& reading, Position to);
  void mark(const Place& place, const Error& why);
  std::shared_ptr<const ReadFile> take_stale_file_locked();
  PositionRange range_locked(size_t index) const;
  size_t index_locked(Position position) const;

  JournalOptions options_;
  uint64_t segment_bytes_;
  std::unique_ptr<DirectoryLock> directory_lock_;
  std::atomic<UnixNanos> failed_at_ = 0;  // 0: the last write succeeded

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  Group queue_;
  uint64_t queued_bytes_ = 0;      // of queue_ and of the group being written
  std::vector<Segment> segments_;  // by position
  Position next_position_ = 0;     // of the next record to be written
  Position settled_ = 0;           // before it every record is written or refused
  Position read_until_ = 0;        // before it every record was read or taken
  PositionSet done_;
  PositionSet unwritten_done_;  // not on disk yet
  std::vector<Doomed> doomed_;
  bool closing_ = false;
  bool reading_ = false;  // then cursor_ is read()'s alone

  // Of the writing thread.
  std::unique_ptr<AppendFile> file_;  // the active segment
  uint64_t good_bytes_ = 0;           // of it, as safe as Durability says
  uint64_t salt_ = 0;

  Cursor cursor_;  // of the reading thread while it reads, else under the mutex

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace clew::agent
