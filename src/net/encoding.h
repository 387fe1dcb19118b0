// Content-Encoding: undoing what a client did to a body, within a limit.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/byte_budget.h"
#include "base/bytes.h"
#include "base/result.h"

namespace clew::net {

/// The value for `Accept-Encoding`, and what decode_content() names when it refuses.
inline constexpr std::string_view kContentEncodings = "gzip, zstd, deflate, identity";

/// Decompresses `body` as `content_encoding` (case-insensitive) says: "" and identity (the same
/// bytes, shared), gzip (one or more members), deflate (zlib; also raw, as some clients send it),
/// zstd (one or more frames, windows up to 8 MiB as RFC 9659 demands). Never allocates more than
/// `limit` for output, and not before `budget` has paid for it, if there is one: it is paid back
/// when the output is gone. Fails with kUnsupported for another encoding, kTooLarge if the output
/// would exceed `limit` (counted as limit "decompressed_bytes"), kUnavailable if the budget has no
/// more, kMalformed if the input is damaged, cut short or has bytes behind its end.
Result<SharedBytes> decode_content(std::string_view content_encoding, SharedBytes body,
                                   size_t limit, std::shared_ptr<ByteBudget> budget = nullptr);

/// Compresses `body` with gzip, deflate (zlib) or zstd at a fast level; "" and identity share the
/// bytes. Fails with kUnsupported for another encoding.
Result<SharedBytes> encode_content(std::string_view content_encoding, SharedBytes body);

}  // namespace clew::net
