// The network of the lab: sites on one machine with the distances of the world between them. Each
// is a network namespace; packets between them come through this process, which holds each for as
// long as its way takes. It works where the kernel has no netem.
//
// clew_netlab DIRECTORY reads matrix.json there (matrix.h), makes the sites and writes state.json,
// anew after SIGHUP, which reads the matrix again, and SIGUSR1. It ends with its standard input or
// by SIGTERM; what then still runs in its sites is killed, and the directory is removed.
// clew_netlab --check says what is missing here for that.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "links.h"
#include "site.h"

namespace clew::netlab {
namespace {

constexpr int kFirstNetwork = 77, kLastNetwork = 126;  // 10.77.0.0/16, a lab each
constexpr char kMatrixFile[] = "/matrix.json", kStateFile[] = "/state.json";
constexpr size_t kMatrixBytes = 16 << 20;
constexpr int kPacketsAtOnce = 64;  // of one site, then the others have their turn
constexpr size_t kPacketBytes = 65'536;
constexpr size_t kIpv4HeaderBytes = 20, kDestination = 16;

/// Numbers of events that are not of a site's device.
enum Source : uint64_t { kTimer = 1'000, kSignals, kInput };

std::unexpected<Error> failed(std::string_view what) {
  return fail(Code::kIo, "{}: {}", what, std::strerror(errno));
}

Result<Matrix> read_matrix(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in || text.size() > kMatrixBytes) return fail(Code::kIo, "{}: cannot read it", file);
  auto matrix = parse_matrix(text);
  if (!matrix) return fail(matrix.error().code, "{}: {}", file, matrix.error().message);
  return matrix;
}

/// Takes a network that no other lab on this machine has: who has bound its name has it.
Result<Descriptor> claim_network(int& network) {
  for (network = kFirstNetwork; network <= kLastNetwork; ++network) {
    Descriptor claim(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!claim) return failed("a socket");
    const std::string name = fmt::format("clew-netlab-{}", network);
    sockaddr_un address{.sun_family = AF_UNIX};
    name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);  // abstract: gone with us
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (bind(claim.number(), reinterpret_cast<sockaddr*>(&address), size) == 0) return claim;
  }
  return fail(Code::kUnavailable, "10.{}.0.0/16 and all up to 10.{}.0.0/16 are of other labs",
              kFirstNetwork, kLastNetwork);
}

/// Kills whatever runs in a namespace.
void kill_all_in(const Descriptor& space) {
  struct stat wanted{};
  DIR* processes = opendir("/proc");
  if (!processes || fstat(space.number(), &wanted) != 0) return;
  while (const dirent* entry = readdir(processes)) {
    const std::string name = entry->d_name;
    struct stat its{};
    pid_t process = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), process).ec != std::errc() ||
        stat(("/proc/" + name + "/ns/net").c_str(), &its) != 0)
      continue;
    if (its.st_ino == wanted.st_ino && its.st_dev == wanted.st_dev) kill(process, SIGKILL);
  }
  closedir(processes);
}

class Router {
 public:
  Router(Matrix matrix, std::string directory)
      : links_(std::move(matrix)), directory_(std::move(directory)) {}
  ~Router() {
    for (size_t i = 0; i < sites_.size(); ++i)
      if (!links_.matrix().sites[i].here) kill_all_in(sites_[i].space);
    for (const std::string& name : {directory_ + kMatrixFile, directory_ + kStateFile, directory_})
      std::remove(name.c_str());  // a directory that has more in it stays
  }
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Makes everything that there is to wait for.
  Result<void> prepare() {
    return in_order([&] { return make_sites(); }, [&] { return watch_signals(); },
                    [&] { return watch_timer(); }, [&] { return watch_input(); },
                    [&] { return write_state(""); });
  }

  /// Until told to end.
  Result<void> run() {
    std::array<epoll_event, 64> events{};
    while (!ends_) {
      const int count = epoll_wait(poll_.number(), events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) return failed("epoll_wait");
      for (int i = 0; i < count; ++i)
        if (auto done = handle(events[static_cast<size_t>(i)].data.u64); !done) return done;
      deliver();
      set_timer();
    }
    return {};
  }

 private:
  Result<void> watch(const Descriptor& descriptor, uint64_t source) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = source}};
    if (epoll_ctl(poll_.number(), EPOLL_CTL_ADD, descriptor.number(), &event) != 0)
      return failed("epoll_ctl");
    return {};
  }

  Result<void> make_sites() {
    poll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    auto claim = claim_network(network_);
    if (!claim) return std::unexpected(claim.error());
    claim_ = std::move(*claim);
    for (size_t i = 0; i < links_.matrix().sites.size(); ++i) {
      auto space = links_.matrix().sites[i].here ? current_space() : Descriptor();
      if (!space) return std::unexpected(space.error());
      auto site = make_site(fmt::format("10.{}", network_), i + 1, std::move(*space));
      if (!site) return std::unexpected(site.error());
      sites_.push_back(std::move(*site));
      if (auto done = watch(sites_.back().tun, i); !done) return done;
    }
    return {};
  }

  Result<void> watch_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGHUP, SIGUSR1, SIGTERM, SIGINT}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
    return watch(signals_, kSignals);
  }

  Result<void> watch_timer() {
    timer_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    return watch(timer_, kTimer);
  }

  /// The end of a pipe is the end of who started us; a file has no end to wait for.
  Result<void> watch_input() {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kInput}};
    if (epoll_ctl(poll_.number(), EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0 && errno != EPERM)
      return failed("standard input");
    return {};
  }

  Result<void> handle(uint64_t source) {
    if (source == kSignals) return handle_signal();
    if (source == kTimer) {
      uint64_t count = 0;
      if (read(timer_.number(), &count, sizeof(count)) < 0 && errno != EAGAIN)
        return failed("the timer");
      timer_at_ = {};
    } else if (source == kInput) {
      std::array<char, 512> unread{};
      ends_ = ends_ || read(STDIN_FILENO, unread.data(), unread.size()) <= 0;
    } else {
      take_from(source);
    }
    return {};
  }

  Result<void> handle_signal() {
    signalfd_siginfo signal{};
    if (read(signals_.number(), &signal, sizeof(signal)) != sizeof(signal))
      return failed("signals");
    if (signal.ssi_signo == SIGUSR1) return write_state("");
    if (signal.ssi_signo == SIGHUP) return write_state(change_matrix());
    ends_ = true;
    return {};
  }

  /// Says what is wrong with the new matrix, if it is; then the old one stays.
  std::string change_matrix() {
    auto matrix = read_matrix(directory_ + kMatrixFile);
    if (!matrix) return matrix.error().message;
    if (!std::ranges::equal(matrix->sites, links_.matrix().sites, {}, &SiteName::name,
                            &SiteName::name))
      return "the sites are other ones: start a new lab";
    links_.change(std::move(*matrix));
    return "";
  }

  void take_from(size_t from) {
    for (int i = 0; i < kPacketsAtOnce; ++i) {
      const ssize_t size = read(sites_[from].tun.number(), buffer_.data(), buffer_.size());
      if (size <= 0) return;
      const std::span packet(buffer_.data(), static_cast<size_t>(size));
      if (auto to = destination(packet))
        links_.take(from, *to, packet, std::chrono::steady_clock::now());
      else
        ++homeless_;
    }
  }

  /// The site that an IPv4 packet is for.
  std::optional<size_t> destination(std::span<const std::byte> packet) const {
    if (packet.size() < kIpv4HeaderBytes || std::to_integer<int>(packet[0]) >> 4 != 4) return {};
    auto part = [&](size_t i) { return std::to_integer<size_t>(packet[kDestination + i]); };
    if (part(0) != 10 || part(1) != static_cast<size_t>(network_)) return {};
    if (part(2) == 0 || part(2) > sites_.size()) return {};
    return part(2) - 1;
  }

  void deliver() {
    while (auto packet = links_.deliver(std::chrono::steady_clock::now())) {
      const int tun = sites_[packet->to].tun.number();
      links_.delivered(*packet, write(tun, packet->bytes.data(), packet->bytes.size()) > 0);
    }
  }

  void set_timer() {
    const auto next = links_.next();
    if (!next || *next == timer_at_) return;
    timer_at_ = *next;
    const auto due = next->time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(due);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = std::chrono::nanoseconds(due - seconds).count();
    timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  Result<void> write_state(const std::string& error) {
    using Json = nlohmann::json;
    const auto& names = links_.matrix().sites;
    Json sites = Json::array(), ways = Json::array();
    for (size_t from = 0; from < sites_.size(); ++from) {
      sites.push_back(
          {{"name", names[from].name},
           {"address", sites_[from].address},
           {"space", fmt::format("/proc/{}/fd/{}", getpid(), sites_[from].space.number())}});
      for (size_t to = 0; to < sites_.size(); ++to) {
        if (from == to) continue;
        const Counts& counts = links_.counts(from, to);
        ways.push_back({{"from", names[from].name},
                        {"to", names[to].name},
                        {"packets", counts.packets},
                        {"bytes", counts.bytes},
                        {"lost", counts.lost},
                        {"down", counts.down},
                        {"full", counts.full}});
      }
    }
    const Json state = {{"version", links_.matrix().version},
                        {"written", ++written_},
                        {"error", error},
                        {"sites", sites},
                        {"ways", ways},
                        {"homeless", homeless_},
                        {"held_bytes", links_.held_bytes()}};
    const std::string file = directory_ + kStateFile, unfinished = file + ".new";
    std::ofstream(unfinished) << state.dump(1) << '\n';
    if (std::rename(unfinished.c_str(), file.c_str()) != 0) return failed(file);
    return {};
  }

  Links links_;
  const std::string directory_;
  int network_ = 0;  // 10.N.0.0/16
  std::vector<Site> sites_;
  Descriptor claim_, poll_, signals_, timer_;
  Time timer_at_{};
  uint64_t homeless_ = 0;  // packets that are for no site, as IPv6's first words
  uint64_t written_ = 0;
  bool ends_ = false;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kPacketBytes);
};

/// Tries the one thing that needs rights and a kernel.
Result<void> check() {
  auto site = make_site("10.77", 1, Descriptor());
  if (!site) return std::unexpected(site.error());
  return {};
}

Result<void> run(const std::string& directory) {
  auto matrix = read_matrix(directory + kMatrixFile);
  if (!matrix) return std::unexpected(matrix.error());
  Router router(std::move(*matrix), directory);
  return in_order([&] { return router.prepare(); }, [&] { return router.run(); });
}

}  // namespace
}  // namespace clew::netlab

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool checks = words.size() == 1 && words[0] == "--check";
  if (words.size() != 1) {
    fmt::print(stderr, "usage: clew_netlab DIRECTORY, or clew_netlab --check\n");
    return 2;
  }
  auto done = checks ? clew::netlab::check() : clew::netlab::run(words[0]);
  if (!done) fmt::print(stderr, "clew_netlab: {}\n", done.error().message);
  return done ? 0 : 1;
}
