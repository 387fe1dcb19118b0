// One Envoy as a child of this process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace clew {

/// A child; ends with this process at the latest. Not copied; one thread.
class EnvoyProcess {
 public:
  /// Starts `arguments` (the program first, looked for in PATH). Its output is ours. Fails with
  /// kIo when there is no such program.
  static Result<EnvoyProcess> start(const std::vector<std::string>& arguments);
  EnvoyProcess(EnvoyProcess&& other) noexcept;
  EnvoyProcess& operator=(EnvoyProcess&& other) noexcept;
  /// Kills it if it still runs.
  ~EnvoyProcess();

  /// Its exit status once it has ended (128 + the signal that ended it); nothing while it runs.
  std::optional<int> ended();
  void signal(int number) const;
  pid_t pid() const { return pid_; }

 private:
  explicit EnvoyProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace clew
