#include "net/encoding.h"

#include <libdeflate.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/metrics.h"

namespace clew::net {
namespace {

/// RFC 9659: windows of the zstd content coding are at most 8 MiB.
constexpr int kZstdWindowLog = 23;
/// What the smallest guess of an output size is, so that a wrong hint costs few tries.
constexpr size_t kSmallestGuess = 4096;
/// DEFLATE cannot expand further (RFC 1951: 258 bytes from 2 bits), so no hint can be more than
/// this.
constexpr size_t kDeflateMaxRatio = 1032;
/// No dictionaries, fast: what a client on the hot path would choose.
constexpr int kEncodeLevel = 1;

/// How large an output may become, and who pays for it, if anybody.
struct Limit {
  size_t bytes;
  std::shared_ptr<ByteBudget> budget;
};

std::unexpected<Error> too_large(size_t limit) {
  metrics::count_limit_hit("decompressed_bytes");
  return fail(Code::kTooLarge, "the body is larger than {} bytes after decompression", limit);
}

/// The output of a decoder: grows up to a limit, uninitialized until written, and becomes
/// SharedBytes without a copy. Begins without room.
class Output {
 public:
  Output(size_t guess, const Limit& limit)
      : guess_(std::clamp(guess, std::min(kSmallestGuess, limit.bytes), limit.bytes)),
        limit_(limit),
        lease_(limit.budget) {}

  char* end() { return bytes_.get() + size_; }
  size_t room() const { return capacity_ - size_; }
  void wrote(size_t count) { size_ += count; }

  bool at_limit() const { return capacity_ == limit_.bytes; }
  /// Makes more room. Fails with kTooLarge at the limit, with kUnavailable if nobody pays for more.
  Result<void> grow() {
    if (bytes_ == nullptr) return reserve(guess_);
    if (at_limit()) return too_large(limit_.bytes);
    return reserve(capacity_ > limit_.bytes / 2 ? limit_.bytes : capacity_ * 2);
  }

  SharedBytes finish() && {
    SharedBytes bytes;
    // A wrong guess must not pin twice the memory for as long as a batch is kept.
    if (size_ < capacity_ / 2)
      bytes = SharedBytes::copy({bytes_.get(), size_});
    else if (size_ > 0)
      bytes = SharedBytes::wrap(bytes_, {bytes_.get(), size_});
    if (!limit_.budget) return bytes;
    lease_.shrink_to(size_ < capacity_ / 2 ? size_ : capacity_);
    return with_lease(std::move(bytes), std::move(lease_));
  }

 private:
  Result<void> reserve(size_t capacity) {
    // While it grows there are both.
    if (!lease_.grow_to(capacity_ + capacity)) {
      metrics::count_limit_hit("inflight_bytes");
      return fail(Code::kUnavailable, "too many requests are being worked on; try again");
    }
    auto bytes = std::make_shared_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
    lease_.shrink_to(capacity);
    return {};
  }

  const size_t guess_;
  const Limit& limit_;
  ByteLease lease_;
  std::shared_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

std::unexpected<Error> damaged(std::string_view encoding) {
  return fail(Code::kMalformed, "the body is not valid {}: damaged or cut short", encoding);
}

struct InflaterFree {
  void operator()(libdeflate_decompressor* inflater) const {
    libdeflate_free_decompressor(inflater);
  }
};

libdeflate_decompressor* inflater() {
  thread_local std::unique_ptr<libdeflate_decompressor, InflaterFree> instance(
      libdeflate_alloc_decompressor());
  CLEW_CHECK(instance != nullptr);
  return instance.get();
}

using Inflate = libdeflate_result (*)(libdeflate_decompressor*, const void*, size_t, void*, size_t,
                                      size_t*, size_t*);

/// Inflates one stream at the start of `input` into `out` and removes it from `input`. libdeflate
/// cannot go on where room ended, so it starts again with twice the room: at most twice the work.
Result<void> inflate_one(Inflate inflate, std::string_view encoding, std::string_view& input,
                         Output& out) {
  if (out.room() == 0)
    if (auto grown = out.grow(); !grown) return grown;
  for (;;) {
    size_t used = 0, made = 0;
    auto result =
        inflate(inflater(), input.data(), input.size(), out.end(), out.room(), &used, &made);
    if (result == LIBDEFLATE_SUCCESS) {
      input.remove_prefix(used);
      out.wrote(made);
      return {};
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) return damaged(encoding);
    if (auto grown = out.grow(); !grown) return grown;
  }
}

/// The last four bytes of a gzip member are its size modulo 2^32: a hint only, since several
/// members may follow each other and anyone can write anything there.
size_t gzip_size_hint(std::string_view input) {
  if (input.size() < 18) return 0;
  uint32_t size = 0;
  for (size_t i = 0; i < 4; ++i) {
    size |= uint32_t{static_cast<uint8_t>(input[input.size() - 4 + i])} << (8 * i);
  }
  return std::min<size_t>(size, input.size() * kDeflateMaxRatio);
}

Result<SharedBytes> decode_gzip(std::string_view input, const Limit& limit) {
  if (input.empty()) return damaged("gzip");
  Output out(gzip_size_hint(input), limit);
  while (!input.empty()) {
    auto member = inflate_one(libdeflate_gzip_decompress_ex, "gzip", input, out);
    if (!member) return std::unexpected(member.error());
  }
  return std::move(out).finish();
}

/// RFC 1950: method 8 and a header that is a multiple of 31. A raw stream could begin so only with
/// a stored block whose padding is not zero, which no encoder writes.
bool has_zlib_header(std::string_view input) {
  if (input.size() < 2) return false;
  auto first = static_cast<uint8_t>(input[0]), second = static_cast<uint8_t>(input[1]);
  return (first & 15) == 8 && (first * 256 + second) % 31 == 0;
}

Result<SharedBytes> decode_deflate(std::string_view input, const Limit& limit) {
  Output out(input.size() * 4, limit);
  auto inflate =
      has_zlib_header(input) ? libdeflate_zlib_decompress_ex : libdeflate_deflate_decompress_ex;
  auto stream = inflate_one(inflate, "deflate", input, out);
  if (!stream) return std::unexpected(stream.error());
  if (!input.empty()) {
    return fail(Code::kMalformed, "{} bytes follow the end of the deflate body", input.size());
  }
  return std::move(out).finish();
}

struct ZstdFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_DCtx* zstd_context() {
  thread_local std::unique_ptr<ZSTD_DCtx, ZstdFree> instance(ZSTD_createDCtx());
  CLEW_CHECK(instance != nullptr);
  ZSTD_DCtx_reset(instance.get(), ZSTD_reset_session_only);
  ZSTD_DCtx_setParameter(instance.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  return instance.get();
}

/// One frame that says its size, nothing behind it: the usual case, decoded in one go.
Result<SharedBytes> decode_zstd_frame(std::string_view input, size_t size, const Limit& limit) {
  Limit exact{size, limit.budget};
  Output out(size, exact);
  if (auto grown = out.grow(); !grown) return std::unexpected(grown.error());
  size_t made =
      ZSTD_decompressDCtx(zstd_context(), out.end(), out.room(), input.data(), input.size());
  if (ZSTD_isError(made)) return damaged("zstd");
  out.wrote(made);
  return std::move(out).finish();
}

Result<SharedBytes> decode_zstd_stream(std::string_view input, const Limit& limit) {
  ZSTD_DCtx* context = zstd_context();
  Output out(input.size() * 8, limit);
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  size_t expected = 1;  // 0: at the end of a frame, all of it written out
  while (in.pos < in.size || expected != 0) {
    // At the limit one byte of room stays, elsewhere: a frame may still end (checksum) but not
    // write.
    char beyond;
    bool at_limit = out.room() == 0 && out.at_limit();
    if (out.room() == 0 && !at_limit)
      if (auto grown = out.grow(); !grown) return std::unexpected(grown.error());
    ZSTD_outBuffer piece{at_limit ? &beyond : out.end(), at_limit ? 1 : out.room(), 0};
    size_t pos = in.pos;
    expected = ZSTD_decompressStream(context, &piece, &in);
    if (ZSTD_getErrorCode(expected) == ZSTD_error_frameParameter_windowTooLarge) {
      return fail(Code::kTooLarge, "the zstd body needs a window of more than 8 MiB");
    }
    if (ZSTD_isError(expected)) return damaged("zstd");
    if (at_limit && piece.pos > 0) return too_large(limit.bytes);
    bool stuck = in.pos == pos && piece.pos == 0 && expected != 0;
    if (stuck) return damaged("zstd");  // cut short
    out.wrote(piece.pos);
  }
  return std::move(out).finish();
}

Result<SharedBytes> decode_zstd(std::string_view input, const Limit& limit) {
  if (input.empty()) return damaged("zstd");
  unsigned long long size = ZSTD_getFrameContentSize(input.data(), input.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return damaged("zstd");
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return decode_zstd_stream(input, limit);
  if (size > limit.bytes) return too_large(limit.bytes);
  if (ZSTD_findFrameCompressedSize(input.data(), input.size()) != input.size()) {
    return decode_zstd_stream(input, limit);
  }
  return decode_zstd_frame(input, size, limit);
}

bool equals(std::string_view name, std::string_view lower_case) {
  return std::ranges::equal(name, lower_case, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
  });
}

std::unexpected<Error> unsupported(std::string_view encoding) {
  return fail(Code::kUnsupported, "content encoding '{}' is not supported; supported: {}", encoding,
              kContentEncodings);
}

struct DeflaterFree {
  void operator()(libdeflate_compressor* deflater) const { libdeflate_free_compressor(deflater); }
};

template <typename Compress, typename Bound>
SharedBytes deflate_with(Compress compress, Bound bound, std::string_view input) {
  std::unique_ptr<libdeflate_compressor, DeflaterFree> deflater(
      libdeflate_alloc_compressor(kEncodeLevel));
  CLEW_CHECK(deflater != nullptr);
  std::string out(bound(deflater.get(), input.size()), '\0');
  out.resize(compress(deflater.get(), input.data(), input.size(), out.data(), out.size()));
  CLEW_CHECK(!out.empty());
  return SharedBytes::take(std::move(out));
}

SharedBytes encode_zstd(std::string_view input) {
  std::string out(ZSTD_compressBound(input.size()), '\0');
  size_t made = ZSTD_compress(out.data(), out.size(), input.data(), input.size(), kEncodeLevel);
  CLEW_CHECK(!ZSTD_isError(made));
  out.resize(made);
  return SharedBytes::take(std::move(out));
}

}  // namespace

Result<SharedBytes> decode_content(std::string_view encoding, SharedBytes body, size_t limit_bytes,
                                   std::shared_ptr<ByteBudget> budget) {
  const Limit limit{limit_bytes, std::move(budget)};
  if (encoding.empty() || equals(encoding, "identity")) {
    if (body.size() > limit.bytes) return too_large(limit.bytes);
    return body;
  }
  if (equals(encoding, "gzip") || equals(encoding, "x-gzip")) {
    return decode_gzip(body.view(), limit);
  }
  if (equals(encoding, "zstd")) return decode_zstd(body.view(), limit);
  if (equals(encoding, "deflate") || equals(encoding, "zlib")) {
    return decode_deflate(body.view(), limit);
  }
  return unsupported(encoding);
}

Result<SharedBytes> encode_content(std::string_view encoding, SharedBytes body) {
  if (encoding.empty() || equals(encoding, "identity")) return body;
  if (equals(encoding, "gzip")) {
    return deflate_with(libdeflate_gzip_compress, libdeflate_gzip_compress_bound, body.view());
  }
  if (equals(encoding, "zstd")) return encode_zstd(body.view());
  if (equals(encoding, "deflate")) {
    return deflate_with(libdeflate_zlib_compress, libdeflate_zlib_compress_bound, body.view());
  }
  return unsupported(encoding);
}

}  // namespace clew::net
