// Any bytes are a report and an answer or neither; what was read is written and read again as it
// was, and keeps to the limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "opamp/messages.h"

namespace clew::opamp {
namespace {

size_t kept_bytes(const ComponentHealth& health, int depth) {
  CLEW_CHECK(depth <= limits::kOpampDepth);
  size_t bytes = health.last_error.size() + health.status.size();
  for (const auto& [name, part] : health.parts) bytes += name.size() + kept_bytes(part, depth + 1);
  return bytes;
}

void check_report(std::string_view input) {
  auto report = read_report(input);
  if (!report) return;
  if (report->health) CLEW_CHECK(kept_bytes(*report->health, 1) <= limits::kOpampAgentBytes);
  report->cut = false;
  auto again = read_report(write(*report));
  CLEW_CHECK(again && *again == *report);
}

void check_answer(std::string_view input) {
  auto answer = read_answer(input);
  if (!answer) return;
  auto again = read_answer(write(*answer));
  CLEW_CHECK(again && *again == *answer);
}

}  // namespace
}  // namespace clew::opamp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  clew::opamp::check_report(input);
  clew::opamp::check_answer(input);
  return 0;
}
