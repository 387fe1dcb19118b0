// What the fuzzers of the decoders hold against any bytes. Not part of the product.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "otlp/batch.h"

namespace clew::receive {

/// A decoder may refuse; what it makes otherwise must be a request that Batch::index takes, with
/// every span of it if the decoder looks at the IDs itself.
inline void check_decoded(Result<std::string> bytes, bool checks_ids = false) {
  if (!bytes) return;
  auto batch = otlp::Batch::index(SharedBytes::take(*std::move(bytes)));
  CLEW_CHECK(batch.has_value());
  CLEW_CHECK(!checks_ids || batch->rejected_spans() == 0);
}

inline std::string_view fuzz_input(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace clew::receive
