#include "main/load_command.h"

#include <fmt/format.h>
#include <fmt/os.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <map>

#include "base/duration.h"
#include "base/json.h"
#include "base/log.h"
#include "main/signals.h"
#include "main/terminal.h"

namespace clew {
namespace {

constexpr char kFooter[] =
    "Spans are those of docs/performance.md: traces of 8 spans on average through a mesh of "
    "Envoys,\n"
    "about 870 bytes each in OTLP, no two alike. The result is one line of JSON on stdout.\n"
    "\n"
    "  clew load --spans 100000                             100,000 spans to OTLP/HTTP, port 4318\n"
    "  clew load --protocol jaeger_udp --target 127.0.0.1:6831 --rate 20000\n"
    "  clew load --target 127.0.0.1:4318 --receive 127.0.0.1:5317\n"
    "                    through an agent that exports to port 5317: was anything lost or "
    "doubled?\n"
    "  clew load --target 127.0.0.1:4318 --receive 127.0.0.1:5317 --receive-late\n"
    "                    the agent's peer is away until all is sent\n"
    "  clew load --receive http://127.0.0.1:5318 --sink     takes what others send, and counts it\n"
    "\n"
    "Memory: 16 bytes for each of --spans when what arrives is checked (--receive), else constant.";

using load::Protocol;

const std::map<std::string, Protocol> kProtocols = {
    {"http", Protocol::kHttp},
    {"grpc", Protocol::kGrpc},
    {"zipkin", Protocol::kZipkin},
    {"zipkin_proto", Protocol::kZipkinProto},
    {"jaeger_udp", Protocol::kJaegerUdp},
    {"jaeger_udp_binary", Protocol::kJaegerUdpBinary},
    {"jaeger_http", Protocol::kJaegerHttp},
    {"jaeger_grpc", Protocol::kJaegerGrpc},
};

/// Reads "zipkin://127.0.0.1:9411".
Result<load::SenderOptions> read_way(std::string_view text) {
  size_t colon = text.find("://");
  auto protocol = kProtocols.find(std::string(text.substr(0, colon)));
  if (colon == text.npos || protocol == kProtocols.end())
    return fail(Code::kInvalid, "--also {}: write PROTOCOL://HOST:PORT, with one of --protocol",
                text);
  return load::SenderOptions{.target = std::string(text.substr(colon + 3)),
                             .protocol = protocol->second};
}

/// User and system time of this process so far.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The value that `part` of the sorted values do not exceed.
double percentile(const std::vector<float>& sorted, double part) {
  if (sorted.empty()) return 0;
  return static_cast<double>(
      sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))]);
}

double share(uint64_t part, uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::string json_of(const load::Report& report, const load::Options& options) {
  const load::Tally& tally = report.tally;
  uint64_t sent = tally.accepted + tally.refused;
  auto fixed = [](double value, int digits) { return fmt::format("{:.{}f}", value, digits); };
  JsonWriter json;
  json.begin_object().member("accepted", tally.accepted).member("refused", tally.refused);
  json.key("seconds").raw(fixed(report.seconds, 3));
  json.key("bytes_per_span").raw(fixed(share(tally.bytes, sent), 1));
  json.key("cpu_seconds").raw(fixed(cpu_seconds(), 2)).key("rate").raw(fixed(options.rate, 0));
  json.key("behind_ms").raw(fixed(tally.behind * 1e3, 1)).key("answer_ms").begin_object();
  json.key("p50").raw(fixed(percentile(tally.answers_ms, 0.5), 2));
  json.key("p95").raw(fixed(percentile(tally.answers_ms, 0.95), 2));
  json.key("p99").raw(fixed(percentile(tally.answers_ms, 0.99), 2));
  json.key("max").raw(fixed(percentile(tally.answers_ms, 1), 2)).end_object();
  if (!options.receive.empty()) {
    const load::Arrivals::Counts& arrivals = report.arrivals;
    json.member("arrived", arrivals.arrived).member("missing", arrivals.missing);
    json.member("twice", arrivals.twice).member("unknown", arrivals.unknown);
    json.member("malformed", report.malformed);
    json.key("arrived_share").raw(fixed(share(arrivals.arrived, sent), 6));
    json.key("last_arrival_seconds").raw(fixed(report.last_arrival_seconds, 3));
  }
  return json.end_object().take();
}

/// The same in a sentence or two.
void tell(const load::Report& report, const load::Options& options) {
  const load::Tally& tally = report.tally;
  fmt::print(stderr, "{} spans accepted in {:.1f} s ({} a second), {} refused\n",
             with_commas(tally.accepted), report.seconds,
             with_commas(static_cast<uint64_t>(static_cast<double>(tally.accepted) /
                                               std::max(report.seconds, 1e-3))),
             with_commas(tally.refused));
  if (options.receive.empty()) return;
  const load::Arrivals::Counts& arrivals = report.arrivals;
  fmt::print(
      stderr, "{} arrived ({:.3f} %), {} missing, {} came twice, {} were never sent\n",
      with_commas(arrivals.arrived), 100 * share(arrivals.arrived, tally.accepted + tally.refused),
      with_commas(arrivals.missing), with_commas(arrivals.twice), with_commas(arrivals.unknown));
}

/// Waits for a line on stdin, or its end; false if a signal came first.
bool start_came() {
  for (char last = 0; last != '\n';) {
    if (stop_came_within(std::chrono::milliseconds(0))) return false;
    pollfd in{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&in, 1, 100) > 0 && read(STDIN_FILENO, &last, 1) <= 0) break;
  }
  return true;
}

/// A line on stderr that changes in place on a terminal; elsewhere a line every ten seconds, if it
/// was asked for.
class ProgressLine {
 public:
  explicit ProgressLine(bool asked) : terminal_(isatty(STDERR_FILENO)), asked_(asked) {}

  void show(const load::Progress& progress, const load::Options& options) {
    double every = terminal_ ? 0.2 : 10;
    if ((!terminal_ && !asked_) || progress.seconds - shown_at_ < every) return;
    shown_at_ = progress.seconds;
    std::string arrived;
    if (!options.receive.empty())
      arrived = fmt::format(", {} arrived", with_commas(progress.arrived));
    fmt::print(stderr, "{}{} of {} spans, {:.0f} k spans/s{}{}", terminal_ ? "\r" : "  ",
               with_commas(progress.answered), with_commas(options.spans),
               static_cast<double>(progress.answered) / progress.seconds / 1e3, arrived,
               terminal_ ? "\x1b[K" : "\n");
    std::fflush(stderr);
  }

  void clear() {
    if (terminal_ && shown_at_ > 0) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool terminal_, asked_;
  double shown_at_ = 0;
};

}  // namespace

LoadCommand::LoadCommand(CLI::App& app)
    : command_(app.add_subcommand("load",
                                  "Send spans to a server of traces, as a mesh of Envoys "
                                  "would, and check what comes out behind it")) {
  command_->footer(kFooter);
  options_.sampled_traces = 1000;
  add_sending();
  add_receiving();
}

void LoadCommand::add_sending() {
  std::string names;
  for (const auto& [name, _] : kProtocols) names += (names.empty() ? "" : "|") + name;
  CLI::CheckedTransformer protocol(kProtocols);
  add("--target", options_.sender.target, "HOST:PORT", "Where to send to");
  add("--protocol", options_.sender.protocol, "NAME", "Format and transport: " + names)
      ->transform(protocol.description(""))
      ->default_str("http");
  add("--path", options_.sender.path, "PATH", "HTTP path, if it is not the protocol's usual one");
  command_
      ->add_option("--also", also_,
                   "Another way in; connections take turns. Several with commas between them")
      ->delimiter(',')
      ->type_name("NAME://HOST:PORT");
  CLI::IsMember encoding({"none", "gzip", "zstd", "deflate"});
  add("--compression", compression_, "NAME", "Of requests: none|gzip|zstd|deflate")
      ->check(encoding.description(""));
  CLI::Validator positive(CLI::PositiveNumber), not_negative(CLI::NonNegativeNumber);
  positive.description(""), not_negative.description("");
  add("--spans", options_.spans, "N", "How many spans");
  add("--spans-per-request", options_.spans_per_request, "N", "How many at once")->check(positive);
  add("--connections", options_.connections, "N", "Each sends when its last request is answered")
      ->check(positive);
  add("--rate", options_.rate, "N",
      "Spans a second, sent when due; 0: as fast as they are answered")
      ->check(not_negative);
  add("--spread", options_.spread_hours, "HOURS", "Spread the traces' times over these last hours");
  add("--seed", options_.seed, "N", "The same: the same IDs again; others share none with it");
  command_->add_flag("--stop-at-refusal", options_.stop_at_refusal, "End with the first refusal");
  add("--trace-ids", traces_file_, "FILE",
      "Write a uniform sample of the traces here: ID and accepted spans a line");
  add("--trace-id-count", options_.sampled_traces, "N", "How many traces");
  command_->add_flag("--progress", progress_,
                     "Tell on stderr how far it is, also where that is no terminal");
}

void LoadCommand::add_receiving() {
  command_
      ->add_option("--receive", receive_,
                   "Listen here for what the target passes on, by OTLP, and check it: "
                   "[grpc://|http://]HOST:PORT, several with commas between them")
      ->delimiter(',')
      ->type_name("ADDRESS");
  command_
      ->add_flag("--receive-late", options_.receive_late,
                 "Listen only when all is sent: until then the target's peer is away")
      ->needs("--receive");
  add("--settle", settle_, "DURATION",
      "Wait for what has not arrived until nothing came for so long");
  command_->add_flag("--wait-for-start", waits_for_start_,
                     "Listen at once, but send only when a line comes on stdin, or its end");
  command_
      ->add_flag("--sink", only_receive_,
                 "Send nothing; count what --receive gets until SIGINT or SIGTERM")
      ->needs("--receive");
}

int LoadCommand::execute() {
  if (auto read = read_flags(); !read) {
    fmt::print(stderr, "clew load: {}\n", read.error().message);
    return 2;
  }
  return only_receive_ ? only_receive() : send();
}

Result<void> LoadCommand::read_flags() {
  if (compression_ != "none") options_.sender.compression = compression_;
  auto settle = parse_duration(settle_);
  if (!settle) return fail(Code::kInvalid, "--settle: {}", settle.error().message);
  options_.settle =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(*settle));
  for (const std::string& text : also_) {
    auto way = read_way(text);
    if (!way) return std::unexpected(std::move(way.error()));
    way->compression = options_.sender.compression;
    options_.also.push_back(*std::move(way));
  }
  for (const std::string& text : receive_) {
    auto address = load::ReceiveAddress::parse(text);
    if (!address) return fail(Code::kInvalid, "--receive {}: {}", text, address.error().message);
    options_.receive.push_back(*std::move(address));
  }
  return log::configure("warn");
}

int LoadCommand::send() {
  auto load = load::Load::create(options_);
  if (!load) {
    fmt::print(stderr, "clew load: {}\n", load.error().message);
    return 2;
  }
  if (waits_for_start_ && !start_came()) return 0;
  (*load)->begin();
  ProgressLine line(progress_);
  bool stopping = false;
  while (!(*load)->done()) {
    if (stopping) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } else if (stop_came_within(std::chrono::milliseconds(20))) {
      stopping = true;
      (*load)->stop();
    }
    line.show((*load)->progress(), options_);
  }
  line.clear();
  load::Report report = (*load)->report();
  if (!report.receive_problem.empty()) {
    fmt::print(stderr, "clew load: {}\n", report.receive_problem);
    return 2;
  }
  if (!report.tally.problem.empty())
    fmt::print(stderr, "clew load: spans were refused: {}\n", report.tally.problem);
  if (isatty(STDERR_FILENO)) tell(report, options_);
  if (!traces_file_.empty()) fmt::output_file(traces_file_).print("{}", report.tally.traces.text());
  fmt::print("{}\n", json_of(report, options_));
  return report.tally.refused == 0 ? 0 : 1;
}

int LoadCommand::only_receive() {
  auto receiver = load::Receiver::start(options_.receive, nullptr);
  if (!receiver) {
    fmt::print(stderr, "clew load: {}\n", receiver.error().message);
    return 2;
  }
  wait_for_stop();
  load::Receiver::Counts counts = (*receiver)->counts();
  fmt::print("{{\"spans\": {}, \"requests\": {}, \"bytes\": {}, \"cpu_seconds\": {:.2f}}}\n",
             counts.spans, counts.requests, counts.bytes, cpu_seconds());
  return 0;
}

}  // namespace clew
