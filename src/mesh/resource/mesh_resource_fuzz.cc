// Whatever comes in is refused with a message or reads back as it was written.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "mesh/resource/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = clew::mesh::parse_resources(text, "fuzz");
  if (!parsed) {
    CLEW_CHECK(!parsed.error().message.empty());
    return 0;
  }
  for (const clew::mesh::Resource& resource : *parsed) {
    auto again = clew::mesh::parse_resources(
        clew::mesh::json_of(resource).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace),
        "again");
    CLEW_CHECK(again.has_value() && again->size() == 1 && again->front().key == resource.key);
  }
  return 0;
}
