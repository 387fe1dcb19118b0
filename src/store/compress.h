// zstd, with limits.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::store {

/// Level 3: on spans, higher levels cost twice the CPU for a few percent.
std::string compress(std::string_view bytes);

/// The `raw_bytes` bytes that `bytes` were; the caller has checked that it can afford them. Fails
/// with kMalformed if they are not exactly that many.
Result<std::string> decompress(std::string_view bytes, size_t raw_bytes);

}  // namespace clew::store
