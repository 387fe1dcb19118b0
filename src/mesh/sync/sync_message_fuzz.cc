// No message of another control plane crashes the reader, what it keeps is bounded, and what is
// read is written again as the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "mesh/sync/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::mesh::sync;
  auto message = read_message({reinterpret_cast<const char*>(data), size});
  if (!message) return 0;
  CLEW_CHECK(!message->part || message->part->delta.items.size() <= kItems);
  CLEW_CHECK(!message->hello || message->hello->seen.size() <= kScopes);
  std::string bytes = write_message(*message);
  if (bytes.size() > kMessageBytes) return 0;
  auto again = read_message(bytes);
  CLEW_CHECK(again.has_value());
  CLEW_CHECK(write_message(*again) == bytes);
  return 0;
}
