// What the tests of the JSON decoders share. Not part of the product.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "otlp/batch.h"

namespace clew::receive::testing {

/// A decoder: foreign bytes to a serialized ExportTraceServiceRequest.
using Decoder = Result<std::string> (*)(std::string_view);

/// The decoded and indexed batch; the test fails, and the batch is empty, if either refuses.
inline otlp::Batch decoded(Decoder decode, std::string_view input) {
  auto bytes = decode(input);
  EXPECT_TRUE(bytes.has_value()) << bytes.error().message << "\n" << input;
  if (!bytes) return {};
  auto batch = otlp::Batch::index(SharedBytes::take(*std::move(bytes)));
  EXPECT_TRUE(batch.has_value()) << batch.error().message << "\n" << input;
  return batch.value_or(otlp::Batch());
}

/// The message the decoder refuses with, or "accepted".
inline std::string refusal(Decoder decode, std::string_view input) {
  auto bytes = decode(input);
  return bytes ? "accepted" : bytes.error().message;
}

}  // namespace clew::receive::testing
