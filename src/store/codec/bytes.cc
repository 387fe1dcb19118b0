// No bytes are nothing. Else a varint tells the form:
//
//   | form    | bytes that follow                                                        |
//   |---------|--------------------------------------------------------------------------|
//   | 0       | one, which all bytes are                                                 |
//   | 1       | all bytes as they are                                                    |
//   | 2       | a varint n, then n as entropy.cc draws them                              |
//   | n > 4   | n: a zstd frame without magic number, content size and checksum          |
//
// Sections of a block have checksums, so there is none here.
#include "store/codec/bytes.h"

// For the frame without a magic number.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "store/codec/entropy.h"

namespace clew::store::codec {
namespace {

constexpr uint64_t kConstant = 0;
constexpr uint64_t kRaw = 1;
constexpr uint64_t kEntropy = 2;
/// A frame is at least as long: 2 bytes of head, 3 of a block's head.
constexpr size_t kFrameBytes = 5;
/// Shorter inputs gain nothing that pays for the call.
constexpr size_t kSmall = 32;
/// On texts of some KB level 1 takes as long and gains half as much; more pays only on large ones.
constexpr int kLevel = 3;
/// So far below zero zstd looks for no repetitions and only Huffman-codes.
constexpr int kHuffmanLevel = -100;

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

using Compressor = std::unique_ptr<ZSTD_CCtx, Free>;

Compressor make_compressor(int level) {
  Compressor made(ZSTD_createCCtx());
  CLEW_CHECK(made != nullptr);
  for (auto [parameter, value] : {std::pair{ZSTD_c_format, int{ZSTD_f_zstd1_magicless}},
                                  {ZSTD_c_compressionLevel, level},
                                  {ZSTD_c_literalCompressionMode, int{ZSTD_ps_enable}},
                                  {ZSTD_c_contentSizeFlag, 0},
                                  {ZSTD_c_checksumFlag, 0}})
    CLEW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(made.get(), parameter, value)));
  return made;
}

ZSTD_DCtx* decompressor() {
  thread_local std::unique_ptr<ZSTD_DCtx, Free> context = [] {
    std::unique_ptr<ZSTD_DCtx, Free> made(ZSTD_createDCtx());
    CLEW_CHECK(made != nullptr);
    CLEW_CHECK(!ZSTD_isError(
        ZSTD_DCtx_setParameter(made.get(), ZSTD_d_format, int{ZSTD_f_zstd1_magicless})));
    return made;
  }();
  return context.get();
}

bool all_equal(std::string_view bytes) {
  return std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// Pairs of equal ones among all that were counted.
template <typename Counts>
double equal_pairs(const Counts& counts) {
  uint64_t twice = 0;
  for (uint64_t count : counts) twice += count * count - count;
  return static_cast<double>(twice) / 2;
}

double pairs_of(size_t count) {
  return static_cast<double>(count) * (static_cast<double>(count) - 1) / 2;
}

/// Whether a byte tells something about the next one, so that there is more to gain than by the
/// frequencies alone. Counts how often two neighbours occur together again, in a sample; were they
/// independent, that would have the chance that one does, squared.
bool has_order(std::string_view bytes, double chance) {
  constexpr size_t kWindows = 4;
  constexpr size_t kWindowBytes = 256;
  constexpr size_t kBuckets = 1024;
  std::array<uint16_t, kBuckets> counts{};
  size_t window = std::min(kWindowBytes, bytes.size() / kWindows);
  for (size_t i = 0; i < kWindows; ++i) {
    const char* begin = bytes.data() + (bytes.size() - window) / (kWindows - 1) * i;
    for (size_t k = 0; k + 1 < window; ++k)
      ++counts[get<uint16_t>({begin + k, 2}, 0) * 40503u >> 6 & (kBuckets - 1)];
  }
  double again = equal_pairs(counts);
  double pairs = pairs_of(kWindows * (window - 1));
  double by_chance = (chance * chance + 1.0 / kBuckets) * pairs;
  return again > 1.1 * by_chance + 4 * std::sqrt(by_chance);
}

/// Appends the form and the frame; false, and nothing, if they take `limit` bytes or more.
bool encode_zstd(const Compressor& compressor, std::string_view bytes, size_t limit,
                 std::string& out) {
  thread_local std::string frame;
  frame.resize(ZSTD_compressBound(bytes.size()));
  size_t size =
      ZSTD_compress2(compressor.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
  // With the bound as room only a lack of memory can fail.
  CLEW_CHECK(!ZSTD_isError(size));
  if (size + 1 >= limit) return false;
  put_varint(out, size);
  out.append(frame, 0, size);
  return true;
}

bool encode_repetitions(std::string_view bytes, size_t limit, std::string& out) {
  thread_local Compressor compressor = make_compressor(kLevel);
  return encode_zstd(compressor, bytes, limit, out);
}

bool encode_huffman(std::string_view bytes, size_t limit, std::string& out) {
  thread_local Compressor compressor = make_compressor(kHuffmanLevel);
  return encode_zstd(compressor, bytes, limit, out);
}

void encode_entropy(const EntropyModel& model, std::string_view bytes, std::string& out) {
  thread_local std::string coded;
  coded.clear();
  model.encode(bytes, coded);
  put_varint(out, kEntropy);
  put_varint(out, coded.size());
  out += coded;
}

void encode_raw(std::string_view bytes, std::string& out) {
  put_varint(out, kRaw);
  out += bytes;
}

bool decompress(std::string_view frame, std::span<char> out) {
  return ZSTD_decompressDCtx(decompressor(), out.data(), out.size(), frame.data(), frame.size()) ==
         out.size();
}

}  // namespace

void encode_bytes(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  if (all_equal(bytes)) {
    put_varint(out, kConstant);
    out += bytes[0];
    return;
  }
  if (bytes.size() < kSmall) return encode_raw(bytes, out);
  ByteCounts counts = count_bytes(bytes);
  // That two bytes are equal: 1/256 for noise, 15 times that for a text.
  double chance = equal_pairs(counts) / pairs_of(bytes.size());
  bool order = has_order(bytes, chance);
  // Less than 7.6 bits a byte, or it is not worth a closer look.
  if (!order && chance < 1.32 / 256) return encode_raw(bytes, out);
  EntropyModel model(counts, bytes.size());
  size_t limit = std::min(model.estimated_bytes(), bytes.size());
  if (order && encode_repetitions(bytes, limit, out)) return;
  if (limit >= bytes.size() - bytes.size() / 64) return encode_raw(bytes, out);
  // From about 3 bits a byte Huffman's loss is small, and it decodes three times as fast.
  if (limit > bytes.size() * 2 / 5 && encode_huffman(bytes, limit + limit / 32, out)) return;
  encode_entropy(model, bytes, out);
}

bool decode_bytes(Decoder& in, std::span<char> out) {
  if (out.empty()) return in.ok();
  uint64_t form = in.varint();
  size_t size = form == kConstant  ? 1
                : form == kRaw     ? out.size()
                : form == kEntropy ? in.varint()
                                   : form;
  std::string_view bytes = in.raw(size);
  if (!in.ok()) return false;
  if (form == kConstant)
    std::memset(out.data(), bytes[0], out.size());
  else if (form == kRaw)
    std::memcpy(out.data(), bytes.data(), out.size());
  else if (form == kEntropy ? !decode_entropy(bytes, out)
                            : form < kFrameBytes || !decompress(bytes, out))
    in.fail();
  return in.ok();
}

std::string_view view_bytes(Decoder& in, size_t size, std::string& room) {
  if (size == 0) return {};
  Decoder ahead = in;
  if (ahead.varint() == kRaw) {
    in = ahead;
    return in.raw(size);
  }
  room.resize(size);
  return decode_bytes(in, room) ? std::string_view(room) : std::string_view();
}

}  // namespace clew::store::codec
