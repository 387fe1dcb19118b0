// No discovery request crashes the reader, and what it keeps is bounded.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "mesh/xds/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (auto* read : {clew::mesh::xds::read_request, clew::mesh::xds::read_delta_request}) {
    auto request = read(bytes);
    if (!request) continue;
    CLEW_CHECK(request->names.size() <= clew::limits::kXdsNames);
    CLEW_CHECK(!request->refusal ||
               request->refusal->text.size() <= clew::limits::kXdsRefusalBytes);
    CLEW_CHECK(!request->node || request->node->metadata.size() <= clew::limits::kXdsMetadata);
  }
  return 0;
}
