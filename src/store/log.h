// The write-ahead log: what makes an acknowledgement true. The local form is log_segments.h; DESIGN
// has a Kafka topic as another.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/frame_format.h"
#include "base/result.h"
#include "base/tenant.h"

namespace clew::store {

/// Number of a record in the log.
using LogPosition = frames::Position;

/// When a record counts as appended.
enum class Durability : uint8_t {
  kFsync,   // on stable storage: survives a power cut
  kOs,      // handed to the operating system: survives a crash of the process, not of the machine
  kMemory,  // queued for writing: a crash loses the last moments
  kNone,    // not written: a crash or a normal end loses what is in no block yet
};

class Log {
 public:
  /// Called exactly once per append. Successes come in the order of positions, one at a time, on
  /// the log's own thread; a refusal may come on the caller's thread before append() returns.
  using Appended = std::move_only_function<void(Result<LogPosition>)>;

  /// Gets each record in order of position. `payload` may be kept.
  using Visitor = std::function<void(LogPosition, const Tenant&, SharedBytes payload)>;

  virtual ~Log() = default;

  /// Reads back every record at or after `from` that is whole; damage is reported, counted and
  /// passed over. Call it once, before the first append; `visit` may call truncate(). Fails with
  /// kUnsupported on a log of another version, with kIo if the disk fails.
  virtual Result<void> replay(LogPosition from, const Visitor& visit) = 0;

  /// Queues a record; `done` is called when it is as safe as the log's Durability says. A log that
  /// cannot write answers kUnavailable and never acknowledges. Any thread may call it.
  virtual void append(const Tenant& tenant, SharedBytes payload, Appended done) = 0;

  /// Gives up records before `before`; some of them may still be replayed later.
  virtual Result<void> truncate(LogPosition before) = 0;

  /// Bytes the log takes on disk now.
  virtual uint64_t size_bytes() const = 0;

  /// Writes what is queued, calls every callback and takes no more. Idempotent.
  virtual void close() = 0;

  /// Without threads: does the next piece of work. True if there was some.
  virtual bool pump() = 0;
  /// True while appends are refused at once after a failure.
  virtual bool refuses() const = 0;
  /// True from a failed write until one succeeds.
  virtual bool failing() const = 0;
  /// Damaged pieces that replay() passed over.
  virtual uint64_t damaged() const = 0;
};

}  // namespace clew::store
