#include "agent/export/rotating_file.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "base/log.h"
#include "otlp/json_writer.h"

namespace clew::agent {
namespace {

using Format = RotatingFileOptions::Format;
namespace fs = std::filesystem;

constexpr uint64_t kNanosPerMilli = 1'000'000;

std::string length_prefix(size_t size) {
  std::string bytes(4, '\0');
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(size >> (8 * (3 - i)));
  return bytes;
}

/// What the names of put-aside files begin with, and what they end with.
std::string stem_of(const std::string& path) {
  return fs::path(path).stem().string() + "-";
}
std::string extension_of(const std::string& path) {
  return fs::path(path).extension().string();
}

}  // namespace

Result<std::unique_ptr<RotatingFile>> RotatingFile::open(Disk& disk, const Clock& clock,
                                                         RotatingFileOptions options) {
  std::unique_ptr<RotatingFile> file(new RotatingFile(disk, clock, std::move(options)));
  auto opened = in_order([&] { return disk.create_directories(file->directory()); },
                         [&] { return file->open_file(); });
  if (!opened) return std::unexpected(opened.error());
  return file;
}

std::string RotatingFile::directory() const {
  std::string directory = fs::path(options_.path).parent_path().string();
  return directory.empty() ? "." : directory;
}

Result<void> RotatingFile::open_file() {
  auto file = disk_.open_append(options_.path);
  if (!file) return std::unexpected(file.error());
  file_ = *std::move(file);
  return {};
}

Result<void> RotatingFile::write(otlp::Signal signal, const SharedBytes& request) {
  std::string before, after;
  std::string_view content = request.view();
  std::string json;
  if (options_.format == Format::kProto) {
    before = length_prefix(content.size());
  } else {
    if (signal != otlp::Signal::kTraces)
      return fail(Code::kUnsupported, "{}: the JSON format holds traces, not {}", options_.path,
                  otlp::name_of(signal));
    json = otlp::request_json(content);
    content = json;
    after = "\n";
  }
  uint64_t size = before.size() + content.size() + after.size();

  std::lock_guard lock(mutex_);
  bool full = options_.max_bytes != 0 && file_ && file_->size() > 0 &&
              file_->size() + size > options_.max_bytes;
  if (full)
    if (auto done = put_aside(); !done) return done;
  if (!file_)
    if (auto done = open_file(); !done) return done;
  uint64_t start = file_->size();
  auto done = file_->append(std::array<std::string_view, 3>{before, content, after});
  // A piece of a request would make what follows it unreadable.
  if (!done && !file_->truncate(start)) file_.reset();
  return done;
}

Result<void> RotatingFile::put_aside() {
  file_.reset();
  // Two files of one millisecond must not get the same name: the first would be gone.
  last_backup_ = std::max(clock_.now() / kNanosPerMilli, last_backup_ + 1);
  auto renamed = disk_.rename(options_.path, directory() + "/" + backup_name(last_backup_));
  if (!renamed) return renamed;
  // What cannot be removed now is tried again at the next change.
  if (auto removed = remove_oldest(); !removed)
    log::warn("export: old files stay: {}", removed.error().message);
  return open_file();
}

std::string RotatingFile::backup_name(uint64_t unix_millis) const {
  auto seconds = static_cast<std::time_t>(unix_millis / 1000);
  return fmt::format("{}{:%Y-%m-%dT%H-%M-%S}.{:03}{}", stem_of(options_.path), fmt::gmtime(seconds),
                     unix_millis % 1000, extension_of(options_.path));
}

Result<void> RotatingFile::remove_oldest() {
  if (options_.max_backups == 0) return {};
  auto names = disk_.list(directory());
  if (!names) return std::unexpected(names.error());
  std::string stem = stem_of(options_.path), extension = extension_of(options_.path);
  size_t length =
      backup_name(last_backup_).size();  // of every name we make, so that no other file is removed
  std::erase_if(*names, [&](const std::string& name) {
    return name.size() != length || !name.starts_with(stem) || !name.ends_with(extension);
  });
  // The names are sorted, and with them the times.
  for (size_t i = 0; i + options_.max_backups < names->size(); ++i)
    if (auto done = disk_.remove(directory() + "/" + (*names)[i]); !done) return done;
  return {};
}

}  // namespace clew::agent
