#include "net/secret.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "base/limits.h"
#include "base/log.h"
#include "base/repeat_gate.h"

namespace clew::net {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

std::string_view stripped(std::string_view text) {
  size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

void warn_once_in_a_while(const std::string& path, const Error& error) {
  static auto& gate = *new RepeatGate(std::chrono::minutes(1));
  if (gate.pass(path, std::chrono::steady_clock::now()))
    log::warn("{}; what it last held stays in use", error.message);
}

Result<std::string> read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(limits::kSecretFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return fail(Code::kIo, "cannot read {}: {}", path, std::strerror(errno));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > limits::kSecretFileBytes)
    return fail(Code::kTooLarge, "{} is larger than {} bytes", path, limits::kSecretFileBytes);
  return text;
}

}  // namespace

Result<WatchedFile::Stamp> WatchedFile::stamp() const {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0)
    return fail(Code::kIo, "cannot read {}: {}", path_, std::strerror(errno));
  return Stamp{info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size, info.st_ino};
}

Result<std::shared_ptr<const WatchedFile::Content>> WatchedFile::read() {
  std::lock_guard lock(mutex_);
  auto now = stamp();
  if (now && last_ == *now) return content_;
  // The stamp is from before the reading: a change in between is seen next time.
  auto text = now ? read_whole(path_) : Result<std::string>(std::unexpected(now.error()));
  if (!text) {
    if (!content_) return std::unexpected(text.error());
    warn_once_in_a_while(path_, text.error());
    return content_;
  }
  last_ = *now;
  uint64_t version = content_ ? content_->version + 1 : 1;
  content_ = std::make_shared<const Content>(Content{*std::move(text), version});
  return content_;
}

Secret Secret::of(std::string text) {
  Secret secret;
  secret.text_ = std::move(text);
  return secret;
}

Secret Secret::in_file(std::string path) {
  Secret secret;
  secret.file_ = std::make_shared<WatchedFile>(std::move(path));
  return secret;
}

Result<std::string> Secret::text() const {
  std::string text = text_;
  if (file_) {
    auto content = file_->read();
    if (!content) return std::unexpected(content.error());
    text = stripped((*content)->text);
  }
  auto where = [&] { return file_ ? file_->path() + ": the secret" : std::string("the secret"); };
  if (text.empty()) return fail(Code::kInvalid, "{} is empty", where());
  bool printable =
      std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (!printable) return fail(Code::kInvalid, "{} holds control characters", where());
  return text;
}

}  // namespace clew::net
