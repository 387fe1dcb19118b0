#include "base/disk_faulty.h"

#include <algorithm>

#include "base/check.h"

namespace clew {
namespace {

std::unexpected<Error> crashed_error() {
  return fail(Code::kIo, "the disk is gone (simulated)");
}

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string name_in(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

class FaultyAppendFile final : public AppendFile {
 public:
  FaultyAppendFile(FaultyDisk& disk, std::shared_ptr<FaultyDisk::Node> node, std::string path)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)), epoch_(disk.epoch_) {}

  using AppendFile::append;
  Result<void> append(std::span<const std::string_view> parts) override {
    std::string bytes;
    for (std::string_view part : parts) bytes += part;
    std::lock_guard lock(disk_.mutex_);
    if (epoch_ != disk_.epoch_) return crashed_error();
    return disk_.write_locked(*node_, bytes, path_);
  }

  Result<void> sync() override {
    std::lock_guard lock(disk_.mutex_);
    if (epoch_ != disk_.epoch_) return crashed_error();
    if (auto done = disk_.change_locked(); !done) return done;
    if (disk_.failing_syncs_ > 0) {
      --disk_.failing_syncs_;
      return fail(Code::kIo, "cannot sync {} (simulated)", path_);
    }
    node_->stable = node_->content;
    return {};
  }

  Result<void> truncate(uint64_t size) override {
    std::lock_guard lock(disk_.mutex_);
    if (epoch_ != disk_.epoch_) return crashed_error();
    if (auto done = disk_.change_locked(); !done) return done;
    if (size < node_->content.size()) node_->content.resize(size);
    return {};
  }

  uint64_t size() const override {
    std::lock_guard lock(disk_.mutex_);
    return node_->content.size();
  }

 private:
  FaultyDisk& disk_;
  std::shared_ptr<FaultyDisk::Node> node_;
  std::string path_;
  uint64_t epoch_;
};

class FaultyReadFile final : public ReadFile {
 public:
  FaultyReadFile(FaultyDisk& disk, std::shared_ptr<FaultyDisk::Node> node)
      : disk_(disk), node_(std::move(node)) {}

  Result<std::string> read(uint64_t offset, size_t size) const override {
    std::lock_guard lock(disk_.mutex_);
    if (disk_.failing_reads_) return fail(Code::kIo, "cannot read (simulated)");
    const std::string& content = node_->content;
    if (offset > content.size() || size > content.size() - offset)
      return fail(Code::kMalformed, "the file ends at byte {}", content.size());
    return content.substr(offset, size);
  }

  uint64_t size() const override {
    std::lock_guard lock(disk_.mutex_);
    return node_->content.size();
  }

 private:
  FaultyDisk& disk_;
  std::shared_ptr<FaultyDisk::Node> node_;
};

class FaultyLock final : public DirectoryLock {
 public:
  FaultyLock(FaultyDisk& disk, std::string path)
      : disk_(disk), path_(std::move(path)), epoch_(disk.epoch_) {}

  ~FaultyLock() override {
    std::lock_guard lock(disk_.mutex_);
    if (epoch_ == disk_.epoch_) disk_.locked_.erase(path_);
  }

 private:
  FaultyDisk& disk_;
  std::string path_;
  uint64_t epoch_;
};

void FaultyDisk::crash_after(uint64_t changes) {
  std::lock_guard lock(mutex_);
  crash_at_ = changes_ + changes;
}

bool FaultyDisk::crashed() const {
  std::lock_guard lock(mutex_);
  return changes_ >= crash_at_;
}

void FaultyDisk::restart() {
  std::lock_guard lock(mutex_);
  // A name that was made, replaced or removed since its directory was synced went either way.
  Names before = std::exchange(stable_names_, {});
  for (const auto& [path, node] : names_) {
    auto old = before.find(path);
    bool same = old != before.end() && old->second == node;
    if (same || below(2) == 0)
      stable_names_[path] = node;
    else if (old != before.end())
      stable_names_[path] = old->second;
  }
  for (const auto& [path, node] : before)
    if (!names_.contains(path) && below(2) == 0) stable_names_[path] = node;
  names_ = stable_names_;
  std::set<Node*> torn;
  for (const auto& [path, node] : names_)
    if (torn.insert(node.get()).second) tear_locked(*node);
  locked_.clear();
  ++epoch_;
  crash_at_ = std::numeric_limits<uint64_t>::max();
  failing_writes_ = 0;
  failing_syncs_ = 0;
  failing_reads_ = false;
}

void FaultyDisk::tear_locked(Node& node) {
  if (node.content == node.stable) return;
  size_t common = std::min(node.content.size(), node.stable.size());
  if (!node.content.starts_with(std::string_view(node.stable).substr(0, common)) ||
      node.content.size() < node.stable.size()) {
    // It was cut (and perhaps written again) without a sync: either form may be what stayed.
    if (below(2) == 0) node.content = node.stable;
  } else {
    size_t unsynced = node.content.size() - node.stable.size();
    size_t kept = below(unsynced + 1);
    node.content.resize(node.stable.size() + kept);
    if (below(3) == 0 && kept > 0)
      for (size_t i = node.content.size() - below(kept) - 1; i < node.content.size(); ++i)
        node.content[i] = below(2) == 0 ? '\0' : static_cast<char>(random_());
  }
  node.stable = node.content;
}

void FaultyDisk::set_capacity(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void FaultyDisk::fail_writes(int count) {
  std::lock_guard lock(mutex_);
  failing_writes_ = count;
}

void FaultyDisk::fail_writes_to(std::string path_part) {
  std::lock_guard lock(mutex_);
  failing_path_ = std::move(path_part);
}

void FaultyDisk::fail_syncs(int count) {
  std::lock_guard lock(mutex_);
  failing_syncs_ = count;
}

void FaultyDisk::fail_reads(bool fail) {
  std::lock_guard lock(mutex_);
  failing_reads_ = fail;
}

void FaultyDisk::refuse_links(bool refuse) {
  std::lock_guard lock(mutex_);
  no_links_ = refuse;
}

uint64_t FaultyDisk::changes() const {
  std::lock_guard lock(mutex_);
  return changes_;
}

uint64_t FaultyDisk::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used_locked();
}

uint64_t FaultyDisk::used_locked() const {
  uint64_t bytes = 0;
  for (const auto& [path, node] : names_) bytes += node->content.size();
  return bytes;
}

std::string FaultyDisk::content(const std::string& path) const {
  std::lock_guard lock(mutex_);
  auto at = names_.find(path);
  CLEW_CHECK(at != names_.end());
  return at->second->content;
}

void FaultyDisk::overwrite(const std::string& path, std::string_view content) {
  std::lock_guard lock(mutex_);
  auto at = names_.find(path);
  CLEW_CHECK(at != names_.end());
  // A new node: who has the old one open keeps reading what stood there.
  auto node = std::make_shared<Node>(Node{std::string(content), std::string(content)});
  at->second = node;
  stable_names_[path] = node;
}

Result<void> FaultyDisk::change_locked() {
  if (changes_ >= crash_at_) return crashed_error();
  ++changes_;
  // The change during which the power goes has begun, but nobody hears of it.
  if (changes_ >= crash_at_) return crashed_error();
  return {};
}

Result<void> FaultyDisk::write_locked(Node& node, std::string_view bytes, const std::string& path) {
  bool was_alive = changes_ < crash_at_;
  if (auto done = change_locked(); !done) {
    if (was_alive) node.content += bytes.substr(0, below(bytes.size() + 1));
    return done;
  }
  if (failing_writes_ > 0) {
    --failing_writes_;
    node.content += bytes.substr(0, below(bytes.size() + 1));
    return fail(Code::kIo, "cannot write to {} (simulated)", path);
  }
  if (!failing_path_.empty() && path.find(failing_path_) != std::string::npos)
    return fail(Code::kUnavailable, "cannot write to {}: no space left (simulated)", path);
  uint64_t used = used_locked();
  uint64_t room = capacity_ > used ? capacity_ - used : 0;
  if (bytes.size() > room) {
    node.content += bytes.substr(0, room);
    return fail(Code::kUnavailable, "cannot write to {}: no space left (simulated)", path);
  }
  node.content += bytes;
  return {};
}

Result<void> FaultyDisk::create_directories(const std::string& path) {
  std::lock_guard lock(mutex_);
  for (std::string at = path; !at.empty(); at = parent_of(at))
    if (!directories_.insert(at).second || at.find('/') == std::string::npos) break;
  return {};
}

Result<std::vector<std::string>> FaultyDisk::list(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!directories_.contains(path)) return fail(Code::kNotFound, "no directory {}", path);
  std::set<std::string> names;
  for (const auto& [file, node] : names_)
    if (parent_of(file) == path) names.insert(name_in(file));
  for (const auto& directory : directories_)
    if (directory != path && parent_of(directory) == path) names.insert(name_in(directory));
  return std::vector(names.begin(), names.end());
}

Result<std::unique_ptr<AppendFile>> FaultyDisk::open_append(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!directories_.contains(parent_of(path)))
    return fail(Code::kNotFound, "no directory for {}", path);
  auto at = names_.find(path);
  if (at == names_.end()) {
    if (auto done = change_locked(); !done) return std::unexpected(done.error());
    at = names_.emplace(path, std::make_shared<Node>()).first;
  }
  if (changes_ >= crash_at_) return crashed_error();
  return std::make_unique<FaultyAppendFile>(*this, at->second, path);
}

Result<std::shared_ptr<const ReadFile>> FaultyDisk::open_read(const std::string& path) {
  std::lock_guard lock(mutex_);
  auto at = names_.find(path);
  if (at == names_.end()) return fail(Code::kNotFound, "no file {}", path);
  return std::make_shared<FaultyReadFile>(*this, at->second);
}

Result<void> FaultyDisk::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  auto at = names_.find(from);
  if (at == names_.end()) return fail(Code::kNotFound, "no file {}", from);
  if (auto done = change_locked(); !done) return done;
  names_[to] = at->second;
  names_.erase(from);
  return {};
}

Result<void> FaultyDisk::hard_link(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  auto at = names_.find(from);
  if (at == names_.end()) return fail(Code::kNotFound, "no file {}", from);
  if (!directories_.contains(parent_of(to)))
    return fail(Code::kNotFound, "no directory for {}", to);
  if (names_.contains(to)) return fail(Code::kInvalid, "cannot link {}: {} exists", from, to);
  if (no_links_) return fail(Code::kUnsupported, "cannot link {} to {} (simulated)", from, to);
  if (auto done = change_locked(); !done) return done;
  names_[to] = at->second;
  return {};
}

Result<void> FaultyDisk::remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (names_.find(path) == names_.end()) return fail(Code::kNotFound, "no file {}", path);
  if (auto done = change_locked(); !done) return done;
  names_.erase(path);
  return {};
}

Result<void> FaultyDisk::sync_directory(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (auto done = change_locked(); !done) return done;
  std::erase_if(stable_names_, [&](const auto& entry) { return parent_of(entry.first) == path; });
  for (const auto& [file, node] : names_)
    if (parent_of(file) == path) stable_names_[file] = node;
  return {};
}

Result<DiskSpace> FaultyDisk::space(const std::string&) {
  std::lock_guard lock(mutex_);
  uint64_t used = used_locked();
  return DiskSpace{capacity_, capacity_ > used ? capacity_ - used : 0};
}

Result<std::unique_ptr<DirectoryLock>> FaultyDisk::lock_directory(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!locked_.insert(path).second)
    return fail(Code::kUnavailable, "{} is in use by another process", path);
  return std::make_unique<FaultyLock>(*this, path);
}

}  // namespace clew
