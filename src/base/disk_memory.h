// A disk in memory: for a store that is to keep nothing on a real one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"

namespace clew {

/// Files that live as long as this object, within a number of bytes: a write past it fails with
/// kUnavailable, as on a full disk, and puts nothing down. What is removed counts until the last
/// one who reads it is gone. Every sync succeeds and means nothing. Any thread may call it; files
/// may outlive it, locks must not.
class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(uint64_t capacity_bytes);
  ~MemoryDisk() override;

  Result<void> create_directories(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override;
  Result<std::shared_ptr<const ReadFile>> open_read(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> hard_link(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  /// Total: the capacity.
  Result<DiskSpace> space(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& path) override;

 private:
  class Space;
  class File;
  class Append;
  class Read;
  class Lock;

  std::set<std::string> names_in_locked(const std::string& directory) const;

  std::shared_ptr<Space> space_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;  // by path
  std::set<std::string> directories_;
  std::set<std::string> locked_;
};

}  // namespace clew
