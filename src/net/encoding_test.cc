#include "net/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <zstd.h>

#include <random>
#include <string>

namespace clew::net {
namespace {

using testing::HasSubstr;

constexpr size_t kLimit = 1 << 20;

/// Text that compresses about as spans do.
std::string sample(size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "service.name=checkout/" + std::to_string(random() % 1000);
  text.resize(size);
  return text;
}

std::string encode(std::string_view encoding, std::string_view text) {
  return std::string(encode_content(encoding, SharedBytes::copy(text))->view());
}

Result<SharedBytes> decode(std::string_view encoding, std::string_view bytes,
                           size_t limit = kLimit) {
  return decode_content(encoding, SharedBytes::copy(bytes), limit);
}

std::string raw_deflate(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_deflate_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_deflate_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

/// A frame as streaming encoders write it: without its content size, with a checksum.
std::string zstd_stream(std::string_view text, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer piece{out.data(), out.size(), 0};
  // Two steps, or the library would know the size and shrink the window to it.
  ZSTD_inBuffer half{text.data(), text.size() / 2, 0};
  ZSTD_compressStream2(context, &piece, &half, ZSTD_e_continue);
  in.pos = half.pos;
  EXPECT_EQ(ZSTD_compressStream2(context, &piece, &in, ZSTD_e_end), 0u);
  ZSTD_freeCCtx(context);
  out.resize(piece.pos);
  return out;
}

struct Encoder {
  const char* name;  // for decode_content
  std::string (*encode)(std::string_view);
};

const Encoder kEncoders[] = {
    {"gzip", [](std::string_view text) { return encode("gzip", text); }},
    {"deflate", [](std::string_view text) { return encode("deflate", text); }},
    {"deflate", raw_deflate},
    {"zstd", [](std::string_view text) { return encode("zstd", text); }},
    {"zstd", [](std::string_view text) { return zstd_stream(text); }},
};

TEST(Encoding, WhatIsDecodedIsPaidForUntilItIsGone) {
  auto budget = std::make_shared<ByteBudget>(100'000);
  for (auto encoding : {"gzip", "zstd", "deflate"}) {
    auto packed = encode_content(encoding, SharedBytes::copy(std::string(60'000, 'x')));
    auto body = decode_content(encoding, *packed, 1 << 20, budget);
    ASSERT_TRUE(body.has_value()) << encoding;
    EXPECT_EQ(body->size(), 60'000u);
    EXPECT_GE(budget->used(), 60'000u);
    auto second = decode_content(encoding, *packed, 1 << 20, budget);
    ASSERT_FALSE(second.has_value()) << encoding;
    EXPECT_EQ(second.error().code, Code::kUnavailable);
    *body = SharedBytes();
    EXPECT_EQ(budget->used(), 0u);
  }
}

TEST(Encoding, GivesBackWhatWasEncoded) {
  for (const auto& encoder : kEncoders) {
    for (size_t size : {0, 1, 100, 4095, 4096, 4097, 300'000}) {
      std::string text = sample(size);
      auto decoded = decode(encoder.name, encoder.encode(text));
      ASSERT_TRUE(decoded) << encoder.name << " " << size << ": " << decoded.error().message;
      EXPECT_EQ(decoded->view(), text) << encoder.name << " " << size;
    }
  }
}

TEST(Encoding, SharesBytesThatAreNotEncoded) {
  auto body = SharedBytes::copy("spans");
  for (const char* name : {"", "identity", "Identity"}) {
    EXPECT_EQ(decode_content(name, body, kLimit)->view().data(), body.view().data());
  }
}

TEST(Encoding, ReadsNamesInAnyCase) {
  EXPECT_EQ(decode("GZip", encode("gzip", "spans"))->view(), "spans");
  EXPECT_EQ(decode("ZSTD", encode("zstd", "spans"))->view(), "spans");
}

TEST(Encoding, JoinsMembersAndFrames) {
  std::string a = sample(50'000), b = sample(7), c = sample(20'000);
  auto gzip = decode(
      "gzip", encode("gzip", a) + encode("gzip", "") + encode("gzip", b) + encode("gzip", c));
  EXPECT_EQ(gzip->view(), a + b + c);
  auto zstd = decode("zstd", encode("zstd", a) + zstd_stream(b) + encode("zstd", c));
  EXPECT_EQ(zstd->view(), a + b + c);
}

TEST(Encoding, SkipsSkippableFrames) {
  std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_EQ(decode("zstd", skippable + encode("zstd", "spans"))->view(), "spans");
  EXPECT_EQ(decode("zstd", encode("zstd", "spans") + skippable)->view(), "spans");
}

TEST(Encoding, RefusesWhatIsCutShortAtAnyByte) {
  for (const auto& encoder : kEncoders) {
    std::string bytes = encoder.encode(sample(3000));
    for (size_t size = 0; size < bytes.size(); ++size) {
      auto decoded = decode(encoder.name, bytes.substr(0, size));
      ASSERT_FALSE(decoded) << encoder.name << " at " << size;
      EXPECT_EQ(decoded.error().code, Code::kMalformed) << encoder.name << " at " << size;
    }
  }
}

TEST(Encoding, RefusesBytesBehindTheEnd) {
  for (const auto& encoder : kEncoders) {
    for (std::string_view garbage : {std::string_view("x"), std::string_view("\0\0\0\0\0\0", 6)}) {
      auto decoded = decode(encoder.name, encoder.encode("spans") + std::string(garbage));
      ASSERT_FALSE(decoded) << encoder.name;
      EXPECT_EQ(decoded.error().code, Code::kMalformed);
    }
  }
}

TEST(Encoding, NoticesFlippedBitsWhereThereIsAChecksum) {
  for (const auto& encoder : {kEncoders[0], kEncoders[1], kEncoders[4]}) {
    std::string text = sample(3000), bytes = encoder.encode(text);
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
      auto decoded = decode(encoder.name, flipped);
      // Some header bits mean nothing to the content (gzip: time, system); never is it changed.
      EXPECT_EQ(decoded ? decoded->view() : text, text) << encoder.name << " at " << i;
    }
  }
}

TEST(Encoding, StopsABombAtTheLimit) {
  std::string bomb(kLimit + 1, '\0');
  for (const auto& encoder : kEncoders) {
    auto at_limit = decode(encoder.name, encoder.encode(std::string_view(bomb).substr(1)));
    ASSERT_TRUE(at_limit) << encoder.name << ": " << at_limit.error().message;
    EXPECT_EQ(at_limit->size(), kLimit);
    auto past = decode(encoder.name, encoder.encode(bomb));
    ASSERT_FALSE(past) << encoder.name;
    EXPECT_EQ(past.error().code, Code::kTooLarge) << encoder.name;
  }
  EXPECT_TRUE(decode("", std::string_view(bomb).substr(1)));
  EXPECT_EQ(decode("", bomb).error().code, Code::kTooLarge);
}

TEST(Encoding, StopsABombMadeOfManyMembers) {
  std::string piece(1000, 'x');
  for (const char* name : {"gzip", "zstd"}) {
    std::string ten;
    for (int i = 0; i < 10; ++i) ten += encode(name, piece);
    EXPECT_EQ(decode(name, ten, 10'000)->size(), 10'000u);
    EXPECT_EQ(decode(name, ten, 9'999).error().code, Code::kTooLarge);
  }
}

TEST(Encoding, DoesNotTrustTheSizeThatGzipClaims) {
  std::string bytes = encode("gzip", sample(50'000));
  for (unsigned char claim : {0x00, 0x01, 0xff}) {
    std::string lying = bytes;
    lying.replace(lying.size() - 4, 4, std::string(4, static_cast<char>(claim)));
    EXPECT_EQ(decode("gzip", lying).error().code, Code::kMalformed);
  }
}

TEST(Encoding, RefusesZstdWindowsPastTheRfc) {
  std::string text = sample(100'000);
  EXPECT_EQ(decode("zstd", zstd_stream(text, 23))->view(), text);
  EXPECT_EQ(decode("zstd", zstd_stream(text, 24)).error().code, Code::kTooLarge);
}

TEST(Encoding, NamesWhatItSupports) {
  auto decoded = decode("br", "spans");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::kUnsupported);
  EXPECT_THAT(decoded.error().message, HasSubstr("'br'"));
  EXPECT_THAT(decoded.error().message, HasSubstr("gzip, zstd, deflate, identity"));
  EXPECT_EQ(encode_content("br", SharedBytes()).error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace clew::net
