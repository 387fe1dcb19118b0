// The disk comes in through here, so a test can own it: lose unsynced writes, tear the last one,
// fill up. Paths are plain strings; every failure names the path and what the system said.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew {

/// A file being written at its end. One thread at a time. Closing it (the destructor) syncs
/// nothing.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  /// Writes all parts, one behind the other, at the end. After a failure an unknown piece of them
  /// may stand there. A full disk is kUnavailable, anything else kIo.
  virtual Result<void> append(std::span<const std::string_view> parts) = 0;
  Result<void> append(std::string_view bytes) { return append(std::span(&bytes, 1)); }

  /// Returns when the content is on stable storage. After a failure what was appended since the
  /// last success may be lost even if a later sync succeeds: cut it off or leave the file.
  virtual Result<void> sync() = 0;

  /// Cuts the file to its first `size` bytes.
  virtual Result<void> truncate(uint64_t size) = 0;

  virtual uint64_t size() const = 0;
};

/// A file being read. Any thread may read; it stays readable when its name is removed.
class ReadFile {
 public:
  virtual ~ReadFile() = default;

  /// Exactly the bytes [offset, offset + size). Fails with kMalformed if the file ends before that,
  /// with kIo if the disk fails.
  virtual Result<std::string> read(uint64_t offset, size_t size) const = 0;

  virtual uint64_t size() const = 0;
};

/// Held until destroyed, or until the process ends.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

struct DiskSpace {
  uint64_t total_bytes;
  uint64_t free_bytes;
};

/// What Clew asks of a file system. Any thread may call it.
class Disk {
 public:
  virtual ~Disk() = default;

  /// Creates the directory and those above it where they are missing, safe against a power cut.
  virtual Result<void> create_directories(const std::string& path) = 0;

  /// Names (not paths) of what stands in the directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

  /// Creates the file if it is missing. The name is safe only after sync_directory of its
  /// directory.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) = 0;

  /// As open_append(), for secrets: a file that it creates is for this user alone (mode 0600). A
  /// disk that has no users makes no difference.
  virtual Result<std::unique_ptr<AppendFile>> open_private(const std::string& path) {
    return open_append(path);
  }

  /// Fails with kNotFound if there is no such file.
  virtual Result<std::shared_ptr<const ReadFile>> open_read(const std::string& path) = 0;

  /// Replaces `to` if it exists. Safe only after sync_directory.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;

  /// Gives the file a second name; it is gone when both are removed. Safe only after
  /// sync_directory. Fails with kInvalid if `to` exists, with kUnsupported if the file system
  /// cannot: it has no links, or `to` is in another one.
  virtual Result<void> hard_link(const std::string& from, const std::string& to) = 0;

  /// Removes a file or an empty directory. Fails with kNotFound if there is none.
  virtual Result<void> remove(const std::string& path) = 0;

  /// Makes creations, renames and removals in the directory survive a power cut.
  virtual Result<void> sync_directory(const std::string& path) = 0;

  /// Of the file system that holds `path`.
  virtual Result<DiskSpace> space(const std::string& path) = 0;

  /// Takes the directory for this process by its file LOCK; kUnavailable if another one has it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& path) = 0;

  /// The operating system's file system; lives as long as the process.
  static Disk& system();
};

/// Copies the first `bytes` bytes of a file into the new file `to` and syncs it; the name is safe
/// only after sync_directory. What stood in `to` is replaced.
Result<void> copy_file(Disk& disk, const ReadFile& from, uint64_t bytes, const std::string& to);

/// Puts `bytes` in the place of what stands in the file, for this user alone (mode 0600), safe
/// against a power cut: afterwards, or after a crash meanwhile, the file holds either all of the
/// old or all of the new. Writes to PATH.new first. One thread at a time for a path.
Result<void> replace_private_file(Disk& disk, const std::string& path, std::string_view bytes);

/// hard_link(), or copy_file() where the file system cannot link. True if it was linked.
Result<bool> link_or_copy(Disk& disk, const std::string& from, const std::string& to);

}  // namespace clew
