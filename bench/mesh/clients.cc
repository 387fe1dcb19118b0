// Simulates Envoys, thousands of them, as clients of a control plane: delta ADS, each over a
// connection of its own. Reads commands from stdin, answers each with a line of JSON.
#include <absl/synchronization/mutex.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "crowd.h"

namespace {

using namespace clew::bench;

constexpr char kCommands[] = R"(Commands, one a line:
  connect          open all streams
  mark             count from now on
  report [NS]      what came since the mark: responses, resources and bytes by type; when the last
                   of it was answered, in ms after NS (of CLOCK_REALTIME; else after the mark)
  times [NS]       by kind of proxy: when each answered last, in microseconds
  state            how many are connected, have everything that they ask for, and have answered
                   anything since the mark
  drop             end all streams; each is opened again at once
  forget           the same, as processes that have nothing yet
  refuse TYPE N    the first N refuse whatever they are sent of a type; 0: nobody does
  quit)";

class Commands {
 public:
  Commands(const CrowdOptions& options, const std::vector<Member>& members, size_t threads)
      : options_(options) {
    std::vector<std::vector<Member>> shares(threads);
    for (size_t i = 0; i < members.size(); ++i) shares[i % threads].push_back(members[i]);
    for (size_t i = 0; i < threads; ++i)
      crowds_.push_back(std::make_unique<Crowd>(options_, shares[i], static_cast<uint32_t>(i)));
  }

  /// What is answered; empty: it was the last command.
  std::string run(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "connect") return each(&Crowd::connect);
    if (name == "drop") return each(&Crowd::drop);
    if (name == "forget") return each(&Crowd::forget);
    if (name == "mark") {
      each(&Crowd::mark);
      marked_ns_ = now_ns();
      return fmt::format(R"({{"time_ns":{}}})", marked_ns_);
    }
    if (name == "report") return tally().report(since(words));
    if (name == "times") return tally().times(since(words));
    if (name == "state") return state();
    if (name == "refuse") return refuse(words);
    if (name == "quit") return "";
    return R"({"error":"no such command"})";
  }

 private:
  std::string each(void (Crowd::*what)()) {
    for (const auto& crowd : crowds_) (*crowd.*what)();
    return "{}";
  }

  Tally tally() const {
    Tally all;
    for (const auto& crowd : crowds_) crowd->add_to(all);
    return all;
  }

  int64_t since(std::istringstream& words) const {
    int64_t time_ns = 0;
    return words >> time_ns ? time_ns : marked_ns_;
  }

  std::string state() const {
    CrowdState state;
    for (const auto& crowd : crowds_) crowd->add_to(state);
    return fmt::format(
        R"({{"all":{},"connected":{},"complete":{},"answered":{},"last_ack_ns":{}}})", state.all,
        state.connected, state.complete, state.answered, state.last_ack_ns);
  }

  std::string refuse(std::istringstream& words) {
    std::string name;
    size_t count = 0;
    words >> name >> count;
    for (Type type : kTypes) {
      if (name != name_of(type)) continue;
      for (size_t i = 0; i < crowds_.size(); ++i)
        crowds_[i]->refuse(type, (count + crowds_.size() - 1 - i) / crowds_.size());
      return "{}";
    }
    return R"({"error":"no such type"})";
  }

  const CrowdOptions options_;
  std::vector<std::unique_ptr<Crowd>> crowds_;
  int64_t marked_ns_ = 0;
};

std::vector<Member> read_members(const std::string& file) {
  std::vector<Member> members;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Member member;
    if (words >> member.name) members.push_back(member);
    if (words >> member.token) members.back().token = member.token;
  }
  return members;
}

}  // namespace

int main(int argc, char** argv) {
  // Debian builds Abseil with a search for deadlocks at every lock, a quarter of gRPC's time.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app("Be many Envoys to a control plane");
  app.footer(kCommands);
  CrowdOptions options;
  std::string file;
  size_t threads = 2;
  double max_backoff_s = 5;
  app.add_option("--target", options.target, "IP:PORT of its xDS")->required();
  app.add_option("--proxies", file, "A file of lines: NAME, or NAME TOKEN")->required();
  app.add_option("--mesh", options.mesh, "They are of")->capture_default_str();
  app.add_option("--node-bytes", options.node_bytes, "What each says of itself, at the start")
      ->capture_default_str();
  app.add_flag("--sds", options.secrets, "Ask for the secrets of mutual TLS");
  app.add_option("--threads", threads, "They share")->check(CLI::Range(1, 64));
  app.add_option("--max-backoff", max_backoff_s, "Seconds between tries to connect, at most");
  CLI11_PARSE(app, argc, argv);
  options.max_backoff = std::chrono::milliseconds(static_cast<int64_t>(max_backoff_s * 1000));

  auto members = read_members(file);
  if (members.empty()) {
    fmt::print(stderr, "{}: there are no names in it\n", file);
    return 1;
  }
  Commands commands(options, members, threads);
  for (std::string line; std::getline(std::cin, line);) {
    std::string answer = commands.run(line);
    if (answer.empty()) break;
    fmt::print("{}\n", answer);
    std::fflush(stdout);
  }
  std::quick_exit(0);
}
