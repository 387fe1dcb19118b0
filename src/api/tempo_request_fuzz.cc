// Any bytes are a request of Tempo's gRPC service, with defaults where it says nothing, or an
// error; and a parameter of a metrics query, or an error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/tempo_metrics.h"
#include "api/tempo_proto_read.h"
#include "base/limits.h"

static constexpr uint64_t kNow = UINT64_C(1) << 60;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::api;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto search = read_tempo_search(input)) {
    const clew::store::Filter& filter = search->filter;
    if (search->limit == 0 || filter.start_max <= filter.start_min) std::abort();
    if (filter.tags.size() > clew::limits::kTagsPerQuery) std::abort();
  }
  if (auto tags = read_tempo_tags(input); tags && tags->names.limit == 0) std::abort();
  if (auto values = read_tempo_values(input); values && values->names.limit == 0) std::abort();
  if (auto metrics = read_tempo_metrics(input, kNow); metrics && metrics->query.size() > size)
    std::abort();
  std::string text(input);
  for (const char* name : {"start", "end", "since", "step", "exemplars"})
    (void)parse_tempo_metrics({.query = {{name, text}}}, kNow);
  return 0;
}
