// The small files in which the control plane keeps its keys.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace clew::mesh::identity {

/// A JSON object in a file of mode 0600 that is replaced as a whole: after a crash it is the old or
/// the new one. Its member "format" is 1.
class StateFile {
 public:
  StateFile(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  /// nullopt if there is no such file. kMalformed if it is not what write() left, kTooLarge past
  /// limits::kIdentityStateBytes.
  Result<std::optional<nlohmann::json>> read() const;
  /// Creates the directories above it as well. One thread at a time.
  Result<void> write(nlohmann::json state) const;

  const std::string& path() const { return path_; }

 private:
  Disk& disk_;
  std::string path_;
};

/// Text members of an object that may be anything: kMalformed names the one that is missing.
Result<std::string> text_member(const nlohmann::json& object, const char* name);

}  // namespace clew::mesh::identity
