// clew_sample_bench: what sampling at 1 % takes, by algorithm, in one thread: ns of CPU per span
// that arrives, for batches of 512 spans of the workload that are indexed already. The batches take
// more memory than caches have, as in an agent, whose batches come from sockets.
#include <fmt/format.h>

#include <ctime>
#include <utility>
#include <vector>

#include "agent/sample/sampler.h"
#include "load/workload.h"
#include "otlp/testing.h"

namespace clew::bench {
namespace {

using agent::SamplingAlgorithm;
using agent::SamplingConfig;

constexpr size_t kSpansPerRequest = 512;
constexpr size_t kRequests = 256;  // 110 MiB
constexpr size_t kRounds = 20;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

otlp::Batch indexed(std::string request) {
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(request)));
  if (batch) return *std::move(batch);
  fmt::print(stderr, "{}\n", batch.error().message);
  std::exit(1);
}

using Batches = std::vector<otlp::Batch>;

void measure(const char* name, const SamplingConfig& config, const Batches& batches) {
  agent::Sampler sampler(config);
  size_t spans = 0, kept = 0, bytes = 0;
  double begin = cpu_seconds();
  for (size_t round = 0; round < kRounds; ++round) {
    for (const otlp::Batch& batch : batches) {
      auto selection = sampler.select(Tenant(), batch, 1);
      spans += batch.spans().size();
      kept += selection.kept.size();
      bytes += request_of(batch, selection).size();
    }
  }
  double nanos = (cpu_seconds() - begin) * 1e9;
  fmt::print("{:<44} {:>7.1f} ns per span, kept {:.3f} %, {:.1f} bytes per span written\n", name,
             nanos / double(spans), 100 * double(kept) / double(spans),
             double(bytes) / double(spans));
}

int run() {
  load::Workload workload(1);
  std::vector<std::string> requests;
  for (size_t i = 0; i < kRequests; ++i)
    requests.push_back(workload.next_request(kSpansPerRequest));
  // To concatenate requests is to merge them: one span that asks to be kept in each batch.
  std::string priority =
      otlp::testing::request_bytes({{.extra_key_values = {otlp::testing::key_value(
                                         "sampling.priority", otlp::testing::any_int(1))}}});
  Batches batches, with_priority;
  double begin = cpu_seconds();
  for (const std::string& request : requests) batches.push_back(indexed(request));
  fmt::print("{:<44} {:>7.1f} ns per span\n", "index, for comparison",
             (cpu_seconds() - begin) * 1e9 / double(kRequests * kSpansPerRequest));
  for (const std::string& request : requests) with_priority.push_back(indexed(request + priority));

  const std::pair<const char*, SamplingAlgorithm> kAlgorithms[] = {
      {"hash_seed", SamplingAlgorithm::kHashSeed},
      {"hash_seed_murmur3", SamplingAlgorithm::kHashSeedMurmur3},
      {"tail_hash_salt", SamplingAlgorithm::kTailHashSalt},
      {"proportional", SamplingAlgorithm::kProportional},
      {"equalizing", SamplingAlgorithm::kEqualizing},
  };
  for (const auto& [name, algorithm] : kAlgorithms)
    measure(name, {.algorithm = algorithm, .percentage = 1}, batches);
  measure("hash_seed, a sampling.priority per batch", {.percentage = 1}, with_priority);
  SamplingConfig rules{.percentage = 1,
                       .rules = {{.route = "/health", .percentage = 0},
                                 {.attributes = {{"error", "true"}}, .percentage = 10}}};
  measure("hash_seed, two rules by span, to 10 %", rules, batches);
  measure("hash_seed 100 %", {.percentage = 100}, batches);
  measure("equalizing 100 % (writes every trace_state)",
          {.algorithm = SamplingAlgorithm::kEqualizing, .percentage = 100}, batches);
  return 0;
}

}  // namespace
}  // namespace clew::bench

int main() {
  return clew::bench::run();
}
