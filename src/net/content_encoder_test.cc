#include "net/content_encoder.h"

#include <gtest/gtest.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/bytes.h"
#include "net/encoding.h"

namespace clew::net {
namespace {

/// Lines that compress, and differ.
std::string lines(size_t first, size_t count) {
  std::string text;
  for (size_t i = first; i < first + count; ++i)
    text += "{\"spanId\":\"" + std::to_string(i * 2654435761U) + "\"},";
  return text;
}

std::string decoded(std::string_view encoding, const std::string& bytes) {
  auto text = decode_content(encoding, SharedBytes::copy(bytes), 64 << 20);
  return text ? std::string(text->view()) : text.error().message;
}

TEST(ContentEncoder, MakesOneStreamOfPieces) {
  for (std::string_view encoding : {"gzip", "zstd"}) {
    auto encoder = ContentEncoder::start(encoding).value();
    std::string text, bytes;
    for (size_t i = 0; i < 20; ++i) {
      std::string piece = lines(i * 1000, i * 100);
      text += piece;
      std::string out = encoder->add(piece, false);
      EXPECT_FALSE(out.empty() && !piece.empty()) << encoding;
      bytes += out;
    }
    bytes += encoder->add("", true);
    EXPECT_EQ(decoded(encoding, bytes), text) << encoding;
    EXPECT_LT(bytes.size(), text.size() / 2) << encoding;
  }
}

TEST(ContentEncoder, APieceLargerThanAnyBufferIsWhole) {
  std::string piece = lines(0, 200'000);
  for (std::string_view encoding : {"gzip", "zstd"}) {
    auto encoder = ContentEncoder::start(encoding).value();
    EXPECT_EQ(decoded(encoding, encoder->add(piece, true)), piece) << encoding;
  }
}

TEST(ContentEncoder, NothingIsAStreamToo) {
  for (std::string_view encoding : {"gzip", "zstd"})
    EXPECT_EQ(decoded(encoding, ContentEncoder::start(encoding).value()->add("", true)), "");
}

TEST(ContentEncoder, WhatWasSentCanBeReadBeforeTheEnd) {
  auto encoder = ContentEncoder::start("gzip").value();
  std::string piece = lines(0, 10), bytes = encoder->add(piece, false);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(piece.size() + 1, '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  EXPECT_EQ(out, piece);
}

TEST(ContentEncoder, OthersAreRefused) {
  auto encoder = ContentEncoder::start("br");
  ASSERT_FALSE(encoder);
  EXPECT_EQ(encoder.error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace clew::net
