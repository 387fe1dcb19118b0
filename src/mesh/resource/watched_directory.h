// A directory whose files are the truth: what stands in them is applied, what vanishes from them is
// deleted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "mesh/resource/resource_store.h"

namespace clew::mesh {

/// Looks at `*.yaml`, `*.yml` and `*.json` of a directory once a second, on a thread of its own.
/// Resources that came from it carry the label kOrigin, so that only those are deleted when they
/// are no longer in any file. A file that is wrong is logged, with every problem in it, and nothing
/// is applied or deleted until all files are right: half a change may be worse than none. So the
/// order of files does not matter, nor that one names what comes or goes with another.
class WatchedDirectory {
 public:
  /// The label, and its value, of what came from a directory.
  static constexpr char kOrigin[] = "clew.io/origin";
  static constexpr char kFromDirectory[] = "directory";

  /// Applies once before it returns, and fails with what is wrong then.
  static Result<std::unique_ptr<WatchedDirectory>> start(std::string directory,
                                                         ResourceStore& store);
  ~WatchedDirectory();

  /// Applies what stands in the files now, if they differ from when it last did.
  Result<void> apply();

 private:
  WatchedDirectory(std::string directory, ResourceStore& store)
      : directory_(std::move(directory)), store_(store) {}

  Result<std::map<std::string, std::string>> read() const;
  void run();

  const std::string directory_;
  ResourceStore& store_;
  std::map<std::string, std::string> applied_;  // contents by file
  bool ever_ = false;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace clew::mesh
