// clew_edit_bench: what the agent's edits take by themselves, in one thread and without a network.
// Prints nanoseconds per span and how much a request grows.
#include <fmt/format.h>

#include <ctime>

#include "agent/edit/editor.h"
#include "load/workload.h"

namespace clew::bench {
namespace {

constexpr size_t kSpansPerRequest = 512;
constexpr size_t kRequests = 8;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

/// Edits all requests until a second has passed; nanoseconds per span.
void measure(const char* name, const agent::Editor& editor,
             const std::vector<SharedBytes>& requests) {
  size_t spans = 0, bytes_in = 0, bytes_out = 0;
  double begin = cpu_seconds(), seconds = 0;
  while (seconds < 1) {
    for (const SharedBytes& request : requests) {
      bytes_in += request.size();
      bytes_out += editor.edit(otlp::Signal::kTraces, request).size();
      spans += kSpansPerRequest;
    }
    seconds = cpu_seconds() - begin;
  }
  fmt::print("{:<44} {:>7.1f} ns per span, {:>5.0f} bytes of {:.0f}\n", name,
             seconds / double(spans) * 1e9, double(bytes_out) / double(spans),
             double(bytes_in) / double(spans));
}

void run() {
  load::Workload workload(1);
  std::vector<SharedBytes> requests, normalized;
  agent::Editor normalize({});
  for (size_t i = 0; i < kRequests; ++i) {
    requests.push_back(SharedBytes::take(workload.next_request(kSpansPerRequest)));
    normalized.push_back(normalize.edit(otlp::Signal::kTraces, requests.back()));
  }
  agent::Place place{.datacenter = "fra1", .core_location = "fra"};
  measure("nothing on", agent::Editor({.normalize = false}), requests);
  measure("place", agent::Editor({.normalize = false, .place = place}), requests);
  measure("normalize", normalize, requests);
  measure("normalize, place", agent::Editor({.place = place}), requests);
  measure("normalize, spans that are right already", normalize, normalized);
}

}  // namespace
}  // namespace clew::bench

int main() {
  clew::bench::run();
  return 0;
}
