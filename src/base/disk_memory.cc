#include "base/disk_memory.h"

#include <algorithm>
#include <atomic>
#include <shared_mutex>

namespace clew {
namespace {

/// Files grow by pieces of this, so that none is copied when it grows and none is half empty.
constexpr size_t kChunkBytes = 256 << 10;

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

/// The bytes there are for all files. Outlives the disk while a file is open.
class MemoryDisk::Space {
 public:
  explicit Space(uint64_t capacity) : capacity_(capacity) {}

  bool take(uint64_t bytes) {
    uint64_t used = used_;
    do {
      if (bytes > capacity_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return true;
  }
  void give_back(uint64_t bytes) { used_ -= bytes; }

  DiskSpace now() const { return {capacity_, capacity_ - used_}; }

 private:
  const uint64_t capacity_;
  std::atomic<uint64_t> used_ = 0;  // never more than the capacity
};

/// The content, in chunks that are all full but the last.
class MemoryDisk::File {
 public:
  explicit File(std::shared_ptr<Space> space) : space_(std::move(space)) {}
  ~File() { space_->give_back(size_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool append(std::span<const std::string_view> parts) {
    size_t bytes = 0;
    for (std::string_view part : parts) bytes += part.size();
    if (!space_->take(bytes)) return false;
    std::lock_guard lock(mutex_);
    for (std::string_view part : parts) append_locked(part);
    return true;
  }

  void truncate(uint64_t size) {
    std::lock_guard lock(mutex_);
    if (size >= size_) return;
    space_->give_back(size_ - size);
    size_ = size;
    chunks_.resize((size + kChunkBytes - 1) / kChunkBytes);
    if (size % kChunkBytes != 0) chunks_.back().resize(size % kChunkBytes);
  }

  /// Gives up what the last chunk has reserved.
  void finish() {
    std::lock_guard lock(mutex_);
    if (!chunks_.empty()) chunks_.back().shrink_to_fit();
  }

  Result<std::string> read(uint64_t offset, size_t size) const {
    std::shared_lock lock(mutex_);
    if (offset > size_ || size > size_ - offset)
      return fail(Code::kMalformed, "the file ends at byte {}", size_);
    std::string bytes;
    bytes.reserve(size);
    while (bytes.size() < size) {
      uint64_t at = offset + bytes.size();
      std::string_view chunk = chunks_[at / kChunkBytes];
      bytes += chunk.substr(at % kChunkBytes, size - bytes.size());
    }
    return bytes;
  }

  uint64_t size() const {
    std::shared_lock lock(mutex_);
    return size_;
  }

 private:
  void append_locked(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
      if (chunks_.empty() || chunks_.back().size() == kChunkBytes) chunks_.emplace_back();
      std::string& last = chunks_.back();
      std::string_view piece = bytes.substr(0, kChunkBytes - last.size());
      last += piece;
      bytes.remove_prefix(piece.size());
    }
  }

  std::shared_ptr<Space> space_;
  mutable std::shared_mutex mutex_;  // of what follows
  std::vector<std::string> chunks_;
  uint64_t size_ = 0;
};

class MemoryDisk::Append final : public AppendFile {
 public:
  Append(std::shared_ptr<File> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  ~Append() override { file_->finish(); }

  using AppendFile::append;
  Result<void> append(std::span<const std::string_view> parts) override {
    if (file_->append(parts)) return {};
    return fail(Code::kUnavailable, "cannot write to {}: the memory set aside is full", path_);
  }
  Result<void> sync() override { return {}; }
  Result<void> truncate(uint64_t size) override {
    file_->truncate(size);
    return {};
  }
  uint64_t size() const override { return file_->size(); }

 private:
  std::shared_ptr<File> file_;
  std::string path_;
};

class MemoryDisk::Read final : public ReadFile {
 public:
  explicit Read(std::shared_ptr<const File> file) : file_(std::move(file)) {}

  Result<std::string> read(uint64_t offset, size_t size) const override {
    return file_->read(offset, size);
  }
  uint64_t size() const override { return file_->size(); }

 private:
  std::shared_ptr<const File> file_;
};

class MemoryDisk::Lock final : public DirectoryLock {
 public:
  Lock(MemoryDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  ~Lock() override {
    std::lock_guard lock(disk_.mutex_);
    disk_.locked_.erase(path_);
  }

 private:
  MemoryDisk& disk_;
  std::string path_;
};

MemoryDisk::MemoryDisk(uint64_t capacity_bytes) : space_(std::make_shared<Space>(capacity_bytes)) {}

MemoryDisk::~MemoryDisk() = default;

Result<void> MemoryDisk::create_directories(const std::string& path) {
  std::lock_guard lock(mutex_);
  for (std::string at = path; !at.empty(); at = parent_of(at))
    if (!directories_.insert(at).second || at.find('/') == std::string::npos) break;
  return {};
}

std::set<std::string> MemoryDisk::names_in_locked(const std::string& directory) const {
  std::set<std::string> names;
  std::string prefix = directory + "/";
  auto add = [&](const std::string& path) {
    if (!path.starts_with(prefix)) return false;
    std::string name = path.substr(prefix.size());
    if (name.find('/') == std::string::npos) names.insert(std::move(name));
    return true;
  };
  for (auto at = files_.lower_bound(prefix); at != files_.end() && add(at->first); ++at) {
  }
  for (auto at = directories_.lower_bound(prefix); at != directories_.end() && add(*at); ++at) {
  }
  return names;
}

Result<std::vector<std::string>> MemoryDisk::list(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!directories_.contains(path)) return fail(Code::kNotFound, "no directory {}", path);
  auto names = names_in_locked(path);
  return std::vector(names.begin(), names.end());
}

Result<std::unique_ptr<AppendFile>> MemoryDisk::open_append(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!directories_.contains(parent_of(path)))
    return fail(Code::kNotFound, "no directory for {}", path);
  auto& file = files_[path];
  if (!file) file = std::make_shared<File>(space_);
  return std::make_unique<Append>(file, path);
}

Result<std::shared_ptr<const ReadFile>> MemoryDisk::open_read(const std::string& path) {
  std::lock_guard lock(mutex_);
  auto at = files_.find(path);
  if (at == files_.end()) return fail(Code::kNotFound, "no file {}", path);
  return std::make_shared<Read>(at->second);
}

Result<void> MemoryDisk::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  auto node = files_.extract(from);
  if (node.empty()) return fail(Code::kNotFound, "no file {}", from);
  files_[to] = std::move(node.mapped());
  return {};
}

Result<void> MemoryDisk::hard_link(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  auto at = files_.find(from);
  if (at == files_.end()) return fail(Code::kNotFound, "no file {}", from);
  if (!directories_.contains(parent_of(to)))
    return fail(Code::kNotFound, "no directory for {}", to);
  if (!files_.emplace(to, at->second).second)
    return fail(Code::kInvalid, "cannot link {}: {} exists", from, to);
  return {};
}

Result<void> MemoryDisk::remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (files_.erase(path) > 0) return {};
  if (!directories_.contains(path)) return fail(Code::kNotFound, "no file {}", path);
  if (!names_in_locked(path).empty()) return fail(Code::kIo, "{} is not empty", path);
  directories_.erase(path);
  return {};
}

Result<void> MemoryDisk::sync_directory(const std::string&) {
  return {};
}

Result<DiskSpace> MemoryDisk::space(const std::string&) {
  return space_->now();
}

Result<std::unique_ptr<DirectoryLock>> MemoryDisk::lock_directory(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!locked_.insert(path).second)
    return fail(Code::kUnavailable, "{} is in use by another process", path);
  return std::make_unique<Lock>(*this, path);
}

}  // namespace clew
