#include "main/envoy_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace clew {

Result<EnvoyProcess> EnvoyProcess::start(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  // Closed by a successful exec; else it carries the error number.
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return fail(Code::kIo, "pipe: {}", std::strerror(errno));
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    // We block the signals we wait for; a child inherits that.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    execvp(argv[0], argv.data());
    int error = errno;
    [[maybe_unused]] auto written = write(report[1], &error, sizeof error);
    _exit(127);
  }
  close(report[1]);
  int error = pid < 0 ? errno : 0;
  if (pid > 0 && read(report[0], &error, sizeof error) != sizeof error) error = 0;
  close(report[0]);
  if (error == 0) return EnvoyProcess(pid);
  if (pid > 0) waitpid(pid, nullptr, 0);
  return fail(Code::kIo, "cannot start {}: {}", arguments[0], std::strerror(error));
}

EnvoyProcess::EnvoyProcess(EnvoyProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

EnvoyProcess& EnvoyProcess::operator=(EnvoyProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  return *this;
}

EnvoyProcess::~EnvoyProcess() {
  if (pid_ < 0 || ended()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::optional<int> EnvoyProcess::ended() {
  if (status_ || pid_ < 0) return status_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

void EnvoyProcess::signal(int number) const {
  if (pid_ > 0 && !status_) kill(pid_, number);
}

}  // namespace clew
