// Content-Encoding of a body that comes in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::net {

/// Compresses the pieces of one body as one stream, at a fast level: not every client reads what
/// was compressed piece by piece and put together. One thread at a time.
class ContentEncoder {
 public:
  /// For gzip or zstd; fails with kUnsupported for another encoding.
  static Result<std::unique_ptr<ContentEncoder>> start(std::string_view encoding);

  virtual ~ContentEncoder() = default;
  ContentEncoder(const ContentEncoder&) = delete;
  ContentEncoder& operator=(const ContentEncoder&) = delete;

  /// What is to be sent now: whoever has it can decode all of `piece`. Nothing only for nothing,
  /// and the last one, which ends the stream, is never nothing.
  virtual std::string add(std::string_view piece, bool is_last) = 0;

 protected:
  ContentEncoder() = default;
};

}  // namespace clew::net
