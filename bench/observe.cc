// clew_observe: what the metrics of every span cost an agent. Prints nanoseconds per span of one
// thread, and of several at once, on the workload of docs/performance.md.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <thread>
#include <vector>

#include "agent/observe/observer.h"
#include "load/workload.h"

namespace clew::bench {
namespace {

constexpr size_t kSpansPerRequest = 512;
constexpr size_t kRequests = 40;
constexpr int kThreads = 2;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

void measure(const char* name, size_t spans, const std::function<void()>& work) {
  work();  // makes the series, fills the caches
  double begin = cpu_seconds();
  work();
  fmt::print("{:<52} {:>7.0f} ns per span\n", name, (cpu_seconds() - begin) / double(spans) * 1e9);
}

agent::ObserveOptions options_of(std::vector<std::string> dimensions, size_t max_series) {
  agent::SpanMetricsOptions metrics{.max_series = max_series, .instance_id = "bench"};
  for (std::string& name : dimensions) metrics.dimensions.push_back({std::move(name)});
  return {.span_metrics = metrics};
}

int run() {
  load::Workload workload(1);
  std::vector<SharedBytes> requests;
  std::vector<otlp::Batch> batches;
  size_t spans = 0;
  for (size_t i = 0; i < kRequests; ++i) {
    requests.push_back(SharedBytes::take(workload.next_request(kSpansPerRequest)));
    batches.push_back(*otlp::Batch::index(requests.back()));
    spans += batches.back().spans().size();
  }
  measure("index of a batch, which comes before", spans, [&] {
    for (const SharedBytes& request : requests) static_cast<void>(otlp::Batch::index(request));
  });
  auto observe_all = [&](agent::Observer& observer) {
    for (const otlp::Batch& batch : batches) observer.observe(batch);
  };
  auto measure_observer = [&](const char* name, const agent::ObserveOptions& options,
                              const agent::KeepsSpan& keeps = {}) {
    agent::Observer observer(options, keeps);
    measure(name, spans, [&] { observe_all(observer); });
  };
  constexpr size_t kEnough = 1'000'000;
  measure_observer("service, operation, kind, status", options_of({}, kEnough));
  measure_observer("the same and datacenter", options_of({"datacenter"}, kEnough));
  auto exponential = options_of({"datacenter"}, kEnough);
  exponential.span_metrics->shape = {.bounds = {}, .max_size = 160};
  measure_observer("the same, exponential", exponential);
  measure_observer("the same, past a limit of 1,000 series", options_of({"datacenter"}, 1000));
  auto exemplars = options_of({"datacenter"}, kEnough);
  exemplars.span_metrics->exemplars = true;
  measure_observer("the same, exemplars of every 100th trace", exemplars,
                   [](const Tenant&, const otlp::Batch&, const otlp::SpanRef& ref) {
                     return ref.trace_id.bytes[15] % 100 == 0;
                   });
  measure_observer("by app too: many series", options_of({"datacenter", "app_id"}, kEnough));
  auto graph = options_of({"datacenter"}, kEnough);
  graph.service_graph = agent::ServiceGraphOptions();
  measure_observer("by datacenter, and the service graph", graph);

  agent::Observer shared(options_of({"datacenter"}, kEnough));
  auto in_threads = [&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([&] { observe_all(shared); });
  };
  measure(fmt::format("by datacenter, {} threads on the same series", kThreads).c_str(),
          spans * kThreads, in_threads);
  return 0;
}

}  // namespace
}  // namespace clew::bench

int main() {
  return clew::bench::run();
}
