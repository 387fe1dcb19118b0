// Any bytes are a file or an error, in bounded memory, and end.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/limits.h"
#include "otlp/batch.h"
#include "receive/otlp_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  size_t step = size > 0 ? 1 + data[size - 1] % 64 : 1;
  clew::receive::OtlpFileReader file([&](char* place, size_t room) -> clew::Result<size_t> {
    size_t bytes = std::min({room, rest.size(), step});
    std::memcpy(place, rest.data(), bytes);
    rest.remove_prefix(bytes);
    return bytes;
  });
  for (size_t pieces = 0;; ++pieces) {
    CLEW_CHECK(pieces <= size);
    auto piece = file.next();
    if (!piece || !*piece) return 0;
    CLEW_CHECK((*piece)->request.size() <= 4 * clew::limits::kDecompressedBytes);
    static_cast<void>(clew::otlp::Batch::index((*piece)->request));
  }
}
