// clew_load: sends the workload to a server and prints one line of JSON on what was accepted. Any
// OTLP, Zipkin or Jaeger server will do, so others are measured with the same spans.
#include <CLI/CLI.hpp>

#include <curl/curl.h>
#include <fmt/format.h>
#include <fmt/os.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "bench/senders.h"
#include "bench/trace_sample.h"
#include "bench/workload.h"

namespace clew::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Options {
  std::string target = "127.0.0.1:4318";
  Protocol protocol = Protocol::kHttp;
  std::string path;
  uint64_t spans = 1'000'000;
  size_t spans_per_request = 512;
  int connections = 4;
  uint64_t seed = 1;
  double rate = 0;    // spans a second; 0: as fast as they are answered
  double spread = 0;  // hours before now that the traces' times are spread over
  std::string trace_ids;
  size_t trace_id_count = 1000;
  bool stop_at_refusal = false;
  bool progress = false;
};

/// What one connection saw.
struct Tally {
  explicit Tally(size_t sampled_traces) : traces(sampled_traces) {}

  uint64_t accepted = 0, refused = 0, bytes = 0;
  double behind = 0;              // seconds, the largest
  std::vector<float> answers_ms;  // from when a request was due, or sent if it was not paced
  TraceSample traces;
};

/// What the connections share.
struct Run {
  const Options& options;
  SteadyClock::time_point began = SteadyClock::now();
  UnixNanos began_at = Clock::system().now();
  std::atomic<uint64_t> taken = 0;  // spans that a connection has taken to send
  std::atomic<uint64_t> answered = 0;
  std::atomic<bool> stop = false;
};

/// The time that a trace made as number `at` of all spans pretends to come from; 0: now.
UnixNanos pretended_time(const Run& run, uint64_t at) {
  if (run.options.spread == 0) return 0;
  double left = 1 - double(at) / double(run.options.spans);
  return run.began_at - UnixNanos(run.options.spread * 3600e9 * left);
}

/// Waits until span number `at` is due at the rate asked for. The time from which the answer
/// counts.
SteadyClock::time_point wait_until_due(const Run& run, uint64_t at, Tally& tally) {
  if (run.options.rate == 0) return SteadyClock::now();
  auto due = run.began + std::chrono::duration_cast<SteadyClock::duration>(
                             Seconds(double(at) / run.options.rate));
  std::this_thread::sleep_until(due);
  tally.behind = std::max(tally.behind, Seconds(SteadyClock::now() - due).count());
  return due;
}

void run_connection(Run& run, uint64_t seed, Tally& tally) {
  const Options& options = run.options;
  auto sender = make_sender(options.protocol, options.target, options.path);
  Workload workload(seed);
  while (!run.stop) {
    uint64_t at = run.taken.fetch_add(options.spans_per_request);
    if (at >= options.spans) return;
    uint64_t spans = std::min<uint64_t>(options.spans_per_request, options.spans - at);
    workload.set_now(pretended_time(run, at));
    std::string request = workload.next_request(spans);
    tally.bytes += request.size();
    auto due = wait_until_due(run, at, tally);
    uint64_t accepted = sender->send(std::move(request), spans);
    tally.answers_ms.push_back(float(Seconds(SteadyClock::now() - due).count() * 1e3));
    tally.accepted += accepted;
    tally.refused += spans - accepted;
    if (accepted == spans)
      for (const TraceId& trace : workload.last_traces()) tally.traces.add(trace);
    else if (options.stop_at_refusal)
      run.stop = true;
    run.answered += spans;
  }
}

/// Tells on stderr every few seconds how far it is, until the spans are answered.
void report_progress(const Run& run, const std::stop_token& done) {
  for (int tick = 1; !done.stop_requested(); ++tick) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (tick % 100 != 0) continue;
    double seconds = Seconds(SteadyClock::now() - run.began).count();
    fmt::print(stderr, "  {:.1f} of {:.1f} million spans, {:.0f} k spans/s\n",
               double(run.answered) / 1e6, double(run.options.spans) / 1e6,
               double(run.answered) / seconds / 1e3);
  }
}

/// User and system time of this process so far.
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return double(time.tv_sec) + double(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The value that `part` of the sorted values do not exceed.
float percentile(const std::vector<float>& sorted, double part) {
  return sorted.empty() ? 0 : sorted[size_t(part * double(sorted.size() - 1))];
}

void print_result(const Run& run, double seconds, const Tally& sum) {
  double sent = double(sum.accepted + sum.refused);
  fmt::print(
      "{{\"accepted\": {}, \"refused\": {}, \"seconds\": {:.3f}, \"bytes_per_span\": {:.1f}, "
      "\"cpu_seconds\": {:.2f}, \"rate\": {:.0f}, \"behind_ms\": {:.1f}, \"answer_ms\": "
      "{{\"p50\": {:.2f}, \"p95\": {:.2f}, \"max\": {:.2f}}}}}\n",
      sum.accepted, sum.refused, seconds, sent > 0 ? double(sum.bytes) / sent : 0, cpu_seconds(),
      run.options.rate, sum.behind * 1e3, percentile(sum.answers_ms, 0.5),
      percentile(sum.answers_ms, 0.95), percentile(sum.answers_ms, 1));
}

int run(const Options& options) {
  Run run{options};
  std::vector<Tally> tallies(size_t(options.connections), Tally(options.trace_id_count));
  {
    std::jthread progress;
    if (options.progress)
      progress = std::jthread([&run](const std::stop_token& done) { report_progress(run, done); });
    std::vector<std::jthread> connections;
    for (size_t i = 0; i < tallies.size(); ++i)
      connections.emplace_back([&run, &tally = tallies[i], seed = options.seed * 1000 + i] {
        run_connection(run, seed, tally);
      });
    connections.clear();  // joins them
  }
  double seconds = Seconds(SteadyClock::now() - run.began).count();
  Tally sum(options.trace_id_count);
  for (const Tally& tally : tallies) {
    sum.accepted += tally.accepted;
    sum.refused += tally.refused;
    sum.bytes += tally.bytes;
    sum.behind = std::max(sum.behind, tally.behind);
    sum.answers_ms.insert(sum.answers_ms.end(), tally.answers_ms.begin(), tally.answers_ms.end());
    sum.traces.merge(tally.traces);
  }
  std::ranges::sort(sum.answers_ms);
  if (!options.trace_ids.empty())
    fmt::output_file(options.trace_ids).print("{}", sum.traces.text());
  print_result(run, seconds, sum);
  return sum.refused == 0 ? 0 : 1;
}

}  // namespace
}  // namespace clew::bench

int main(int argc, char** argv) {
  using clew::bench::Protocol;
  clew::bench::Options options;
  std::map<std::string, Protocol> protocols{{"http", Protocol::kHttp},
                                            {"grpc", Protocol::kGrpc},
                                            {"zipkin", Protocol::kZipkin},
                                            {"jaeger-compact", Protocol::kJaegerCompact}};
  CLI::App app(
      "Sends the documented workload to a server of traces; exits 1 if spans were refused");
  app.add_option("--target", options.target, "HOST:PORT")->capture_default_str();
  app.add_option("--protocol", options.protocol,
                 "OTLP over http or grpc, zipkin's JSON, or jaeger-compact: packets")
      ->transform(CLI::CheckedTransformer(protocols));
  app.add_option("--path", options.path, "HTTP path, if it is not the protocol's usual one");
  app.add_option("--spans", options.spans, "How many spans")->capture_default_str();
  app.add_option("--spans-per-request", options.spans_per_request)
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--connections", options.connections)
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "Runs with other seeds share no ID")
      ->capture_default_str();
  app.add_option("--rate", options.rate,
                 "Spans a second, sent when due; 0: as fast as they are answered")
      ->capture_default_str();
  app.add_option("--spread", options.spread, "Spread the traces' times over these last HOURS");
  app.add_option("--trace-ids", options.trace_ids,
                 "Write a uniform sample of the traces here: ID and acknowledged spans a line");
  app.add_option("--trace-id-count", options.trace_id_count, "How many")->capture_default_str();
  app.add_flag("--stop-at-refusal", options.stop_at_refusal, "End with the first refused span");
  app.add_flag("--progress", options.progress, "Tell on stderr how far it is");
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return clew::bench::run(options);
}
