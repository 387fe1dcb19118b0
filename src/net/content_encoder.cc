#include "net/content_encoder.h"

#define ZLIB_CONST  // input is not written to
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace clew::net {
namespace {

constexpr int kLevel = 1;
constexpr size_t kRoom = 64 << 10;  // that output gets at a time

class GzipEncoder final : public ContentEncoder {
 public:
  GzipEncoder() {
    constexpr int kGzipWindow = 15 + 16;  // the largest, and a gzip header
    constexpr int kMemory = 8;            // zlib's own default
    CLEW_CHECK(deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemory,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~GzipEncoder() override { deflateEnd(&stream_); }

  std::string add(std::string_view piece, bool is_last) override {
    CLEW_CHECK(piece.size() <= std::numeric_limits<uInt>::max());
    stream_.next_in = reinterpret_cast<const Bytef*>(piece.data());
    stream_.avail_in = static_cast<uInt>(piece.size());
    std::string out;
    do {
      size_t size = out.size();
      out.resize(size + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream_.avail_out = static_cast<uInt>(kRoom);
      deflate(&stream_, is_last ? Z_FINISH : Z_SYNC_FLUSH);
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
};

class ZstdEncoder final : public ContentEncoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) {
    CLEW_CHECK(context_ != nullptr);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }

  std::string add(std::string_view piece, bool is_last) override {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    std::string out;
    for (size_t left = 1; left != 0;) {
      size_t size = out.size();
      out.resize(size + kRoom);
      ZSTD_outBuffer place{out.data() + size, kRoom, 0};
      left = ZSTD_compressStream2(context_, &place, &in, is_last ? ZSTD_e_end : ZSTD_e_flush);
      CLEW_CHECK(!ZSTD_isError(left));
      out.resize(size + place.pos);
    }
    return out;
  }

 private:
  ZSTD_CCtx* context_;
};

}  // namespace

Result<std::unique_ptr<ContentEncoder>> ContentEncoder::start(std::string_view encoding) {
  if (encoding == "gzip") return std::make_unique<GzipEncoder>();
  if (encoding == "zstd") return std::make_unique<ZstdEncoder>();
  return fail(Code::kUnsupported, "content encoding '{}' is not supported here", encoding);
}

}  // namespace clew::net
