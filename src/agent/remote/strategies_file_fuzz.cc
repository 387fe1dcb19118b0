// libFuzzer: a strategies file may hold anything; what it says is what clients can be told.
#include <cstddef>
#include <cstdint>

#include "agent/remote/strategies_file.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::agent;
  auto file = StrategiesFile::parse({reinterpret_cast<const char*>(data), size});
  if (!file) return 0;
  for (const auto& [service, strategy] : file->services) {
    CLEW_CHECK(strategy.probability.has_value() != strategy.traces_per_second.has_value());
    CLEW_CHECK(!strategy.probability || (*strategy.probability >= 0 && *strategy.probability <= 1));
    CLEW_CHECK(!strategy_json(strategy).empty());
    strategy_proto(strategy);
  }
  return 0;
}
