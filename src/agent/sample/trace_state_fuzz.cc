// libFuzzer: what TraceState::parse takes, it writes so that it reads the same again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/sample/trace_state.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using clew::agent::TraceState;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto state = TraceState::parse(text);
  if (!state) return 0;
  std::string once = state->text();
  auto again = TraceState::parse(once);
  // Blanks and repetitions may have made room; nothing may have been added.
  CLEW_CHECK(again.has_value());
  CLEW_CHECK(again->text() == once);
  CLEW_CHECK(again->randomness() == state->randomness());
  CLEW_CHECK(again->threshold() == state->threshold());
  return 0;
}
