// A disk in memory that fails as real ones do, for tests: the second user of the seam in disk.h.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"

namespace clew {

/// Keeps files in memory and knows what of them is stable: content since the file's last sync,
/// names since the directory's last sync. restart() is the power cut: of what was not stable a
/// random part stays. Any thread may call it; with one thread everything follows from the seed.
class FaultyDisk final : public Disk {
 public:
  explicit FaultyDisk(uint64_t seed) : random_(seed) {}

  /// After this many more changes (writes, syncs, renames, …) everything fails, until restart().
  void crash_after(uint64_t changes);
  bool crashed() const;

  /// The power cut: open files and locks are void. Of each unsynced append a random prefix stays,
  /// sometimes with its end overwritten by garbage; of unsynced names each may stay or not.
  void restart();

  /// Bytes of all files; a write past it puts down what fits and fails with kUnavailable.
  void set_capacity(uint64_t bytes);
  /// The next `count` writes fail with kIo, each after writing a random part.
  void fail_writes(int count);
  /// Writes to files whose path contains this fail with kUnavailable, until it is set to "".
  void fail_writes_to(std::string path_part);
  /// The next `count` syncs of files fail with kIo; nothing becomes stable.
  void fail_syncs(int count);
  /// Every read fails with kIo.
  void fail_reads(bool fail);

  /// hard_link() fails with kUnsupported.
  void refuse_links(bool refuse);

  uint64_t changes() const;
  uint64_t used_bytes() const;
  /// The content of a file, to look at or to damage; must exist.
  std::string content(const std::string& path) const;
  void overwrite(const std::string& path, std::string_view content);

  Result<void> create_directories(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override;
  Result<std::shared_ptr<const ReadFile>> open_read(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> hard_link(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<DiskSpace> space(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& path) override;

 private:
  friend class FaultyAppendFile;
  friend class FaultyReadFile;
  friend class FaultyLock;

  struct Node {
    std::string content;
    std::string stable;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;  // by full path

  Result<void> change_locked();
  Result<void> write_locked(Node& node, std::string_view bytes, const std::string& path);
  uint64_t used_locked() const;
  void tear_locked(Node& node);
  uint64_t below(uint64_t bound) { return random_() % bound; }

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  Names names_;
  Names stable_names_;
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  uint64_t epoch_ = 0;  // of restarts; files opened before the last are void
  uint64_t changes_ = 0;
  uint64_t crash_at_ = std::numeric_limits<uint64_t>::max();
  uint64_t capacity_ = std::numeric_limits<uint64_t>::max();
  int failing_writes_ = 0;
  int failing_syncs_ = 0;
  std::string failing_path_;
  bool failing_reads_ = false;
  bool no_links_ = false;
};

}  // namespace clew
