#include "store/compress.h"

#include <zstd.h>

#include <memory>

#include "base/check.h"

namespace clew::store {

std::string compress(std::string_view bytes) {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  size_t size =
      ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), 3);
  // With the bound as room only a lack of memory can fail.
  CLEW_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

Result<std::string> decompress(std::string_view bytes, size_t raw_bytes) {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  // Before the room is made: damaged bytes shall not make anybody reserve it.
  if (ZSTD_getFrameContentSize(bytes.data(), bytes.size()) != raw_bytes)
    return fail(Code::kMalformed, "is not compressed {} bytes", raw_bytes);
  std::string out(raw_bytes, '\0');
  size_t size =
      ZSTD_decompressDCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size))
    return fail(Code::kMalformed, "does not decompress: {}", ZSTD_getErrorName(size));
  if (size != raw_bytes) return fail(Code::kMalformed, "decompresses to {} bytes", size);
  return out;
}

}  // namespace clew::store
