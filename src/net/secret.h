// Passwords, tokens and the like: from the configuration, or from a file that may change.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"

namespace clew::net {

/// A file that is read again when it has changed: by its time, size or inode, so also when it was
/// replaced by a rename or a symbolic link was turned. Any thread.
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  struct Content {
    std::string text;
    uint64_t version = 0;  // counts the readings
  };
  /// What stands in the file now. A file that cannot be read (kIo) or is larger than
  /// limits::kSecretFileBytes (kTooLarge) after it once was there: its last content, with a warning
  /// once a minute.
  Result<std::shared_ptr<const Content>> read();

  const std::string& path() const { return path_; }

 private:
  struct Stamp {
    int64_t seconds = 0, nanos = 0;
    off_t size = 0;
    ino_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  Result<Stamp> stamp() const;

  const std::string path_;
  std::mutex mutex_;
  std::optional<Stamp> last_;
  std::shared_ptr<const Content> content_;
};

/// A secret text. Never part of a message or a log line.
class Secret {
 public:
  /// As it stands in the configuration.
  static Secret of(std::string text);
  /// The content of a file, without white space at its ends (an editor's line feed is no part of a
  /// password), read again when the file changes.
  static Secret in_file(std::string path);

  /// The text; errors are those of WatchedFile, kInvalid if it is empty or holds control
  /// characters, which have no place in a header. Any thread.
  Result<std::string> text() const;

 private:
  std::string text_;
  std::shared_ptr<WatchedFile> file_;  // null: `text_` is it
};

}  // namespace clew::net
