#include "base/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>

namespace clew {
namespace {

std::unexpected<Error> system_error(std::string_view what, const std::string& path, int number) {
  Code code = Code::kIo;
  if (number == ENOSPC || number == EDQUOT) code = Code::kUnavailable;
  if (number == ENOENT) code = Code::kNotFound;
  return fail(code, "cannot {} {}: {}", what, path, std::strerror(number));
}

/// A file descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(int fd, std::string path, uint64_t size)
      : fd_(fd), path_(std::move(path)), size_(size) {}

  using AppendFile::append;
  Result<void> append(std::span<const std::string_view> parts) override {
    std::vector<iovec> pending;
    pending.reserve(parts.size());
    for (std::string_view part : parts)
      if (!part.empty()) pending.push_back({const_cast<char*>(part.data()), part.size()});
    std::span<iovec> rest = pending;
    while (!rest.empty()) {
      int count = static_cast<int>(std::min<size_t>(rest.size(), IOV_MAX));
      ssize_t written = ::writev(fd_.get(), rest.data(), count);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error("write to", path_, errno);
      size_ += static_cast<uint64_t>(written);
      rest = skip(rest, static_cast<size_t>(written));
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_error("sync", path_, errno);
    return {};
  }

  Result<void> truncate(uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return system_error("cut", path_, errno);
    size_ = size;
    return {};
  }

  uint64_t size() const override { return size_; }

 private:
  /// What of `parts` is left behind the first `bytes` bytes.
  static std::span<iovec> skip(std::span<iovec> parts, size_t bytes) {
    while (!parts.empty() && bytes >= parts.front().iov_len) {
      bytes -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (bytes > 0) {
      parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + bytes;
      parts.front().iov_len -= bytes;
    }
    return parts;
  }

  Descriptor fd_;
  std::string path_;
  uint64_t size_;
};

class PosixReadFile final : public ReadFile {
 public:
  PosixReadFile(int fd, std::string path, uint64_t size)
      : fd_(fd), path_(std::move(path)), size_(size) {}

  // pread and not a mapping: a failing disk is then an error, not a signal.
  Result<std::string> read(uint64_t offset, size_t size) const override {
    if (offset > size_ || size > size_ - offset)
      return fail(Code::kMalformed, "{} ends at byte {}, before {} + {}", path_, size_, offset,
                  size);
    std::string bytes(size, '\0');
    size_t done = 0;
    while (done < size) {
      ssize_t got =
          ::pread(fd_.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read", path_, errno);
      if (got == 0) return fail(Code::kMalformed, "{} was cut while it was read", path_);
      done += static_cast<size_t>(got);
    }
    return bytes;
  }

  uint64_t size() const override { return size_; }

 private:
  Descriptor fd_;
  std::string path_;
  uint64_t size_;
};

class PosixDirectoryLock final : public DirectoryLock {
 public:
  explicit PosixDirectoryLock(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;  // the lock goes with it
};

struct Opened {
  int fd;
  uint64_t size;
};

Result<Opened> open_file(const std::string& path, int flags, mode_t mode = 0) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return system_error("open", path, errno);
  struct stat status;
  if (::fstat(fd, &status) == 0) return Opened{fd, static_cast<uint64_t>(status.st_size)};
  int number = errno;
  ::close(fd);
  return system_error("look at", path, number);
}

Result<std::unique_ptr<AppendFile>> open_to_append(const std::string& path, mode_t mode) {
  auto opened = open_file(path, O_WRONLY | O_APPEND | O_CREAT, mode);
  if (!opened) return std::unexpected(opened.error());
  return std::make_unique<PosixAppendFile>(opened->fd, path, opened->size);
}

class PosixDisk final : public Disk {
 public:
  Result<void> create_directories(const std::string& path) override {
    std::error_code error;
    if (path.empty() || std::filesystem::is_directory(path, error)) return {};
    std::string parent = std::filesystem::path(path).parent_path();
    if (auto created = create_directories(parent); !created) return created;
    if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST)
      return system_error("create directory", path, errno);
    return sync_directory(parent.empty() ? "." : parent);
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator at(path, error), end;
    for (; !error && at != end; at.increment(error)) names.push_back(at->path().filename());
    if (error) return system_error("list", path, error.value());
    std::ranges::sort(names);
    return names;
  }

  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override {
    return open_to_append(path, 0640);
  }

  Result<std::unique_ptr<AppendFile>> open_private(const std::string& path) override {
    return open_to_append(path, 0600);
  }

  Result<std::shared_ptr<const ReadFile>> open_read(const std::string& path) override {
    auto opened = open_file(path, O_RDONLY);
    if (!opened) return std::unexpected(opened.error());
    return std::make_shared<PosixReadFile>(opened->fd, path, opened->size);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename", from, errno);
    return {};
  }

  Result<void> hard_link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    if (errno == EEXIST) return fail(Code::kInvalid, "cannot link {}: {} exists", from, to);
    // EPERM: the file system has no links. EMLINK: the file has too many.
    if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP)
      return fail(Code::kUnsupported, "cannot link {} to {}: {}", from, to, std::strerror(errno));
    return system_error("link", from, errno);
  }

  Result<void> remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return system_error("remove", path, errno);
    return {};
  }

  Result<void> sync_directory(const std::string& path) override {
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return system_error("open", path, errno);
    if (::fsync(fd.get()) != 0) return system_error("sync", path, errno);
    return {};
  }

  Result<DiskSpace> space(const std::string& path) override {
    struct statvfs status;
    if (::statvfs(path.c_str(), &status) != 0)
      return system_error("ask for the free space of", path, errno);
    uint64_t unit = status.f_frsize;
    return DiskSpace{status.f_blocks * unit, status.f_bavail * unit};
  }

  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& path) override {
    std::string file = path + "/LOCK";
    int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return system_error("open", file, errno);
    auto lock = std::make_unique<PosixDirectoryLock>(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK)
      return fail(Code::kUnavailable, "{} is in use by another process (it holds {})", path, file);
    return system_error("lock", file, errno);
  }
};

}  // namespace

Disk& Disk::system() {
  static PosixDisk disk;
  return disk;
}

Result<void> copy_file(Disk& disk, const ReadFile& from, uint64_t bytes, const std::string& to) {
  constexpr uint64_t kPieceBytes = 1 << 20;
  auto out = disk.open_append(to);
  if (!out) return std::unexpected(out.error());
  if ((*out)->size() > 0)
    if (auto cut = (*out)->truncate(0); !cut) return cut;
  for (uint64_t at = 0; at < bytes; at += kPieceBytes) {
    auto piece = from.read(at, std::min(kPieceBytes, bytes - at));
    if (!piece) return std::unexpected(piece.error());
    if (auto written = (*out)->append(*piece); !written) return written;
  }
  return (*out)->sync();
}

Result<void> replace_private_file(Disk& disk, const std::string& path, std::string_view bytes) {
  std::string unfinished = path + ".new";
  // What a crash left there may have been opened, or be readable, by others.
  auto removed = disk.remove(unfinished);
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  auto file = disk.open_private(unfinished);
  if (!file) return std::unexpected(file.error());
  std::string directory = std::filesystem::path(path).parent_path();
  return in_order([&] { return (*file)->append(bytes); },  //
                  [&] { return (*file)->sync(); }, [&] { return disk.rename(unfinished, path); },
                  [&] { return disk.sync_directory(directory.empty() ? "." : directory); });
}

Result<bool> link_or_copy(Disk& disk, const std::string& from, const std::string& to) {
  auto linked = disk.hard_link(from, to);
  if (linked) return true;
  if (linked.error().code != Code::kUnsupported) return std::unexpected(linked.error());
  auto file = disk.open_read(from);
  if (!file) return std::unexpected(file.error());
  auto copied = copy_file(disk, **file, (*file)->size(), to);
  if (!copied) return std::unexpected(copied.error());
  return false;
}

}  // namespace clew
