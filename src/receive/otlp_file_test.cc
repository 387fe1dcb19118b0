#include "receive/otlp_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "net/encoding.h"
#include "otlp/batch.h"
#include "otlp/json_writer.h"
#include "otlp/testing.h"

namespace clew::receive {
namespace {

std::string request(uint64_t trace) {
  return otlp::testing::request_bytes({{.trace = trace, .name = "GET /"}});
}

/// The file's requests, or the message of the error, read `step` bytes at a time.
std::vector<std::string> read(std::string_view content, size_t step) {
  OtlpFileReader file([&](char* place, size_t room) -> Result<size_t> {
    size_t bytes = std::min({room, content.size(), step});
    std::memcpy(place, content.data(), bytes);
    content.remove_prefix(bytes);
    return bytes;
  });
  std::vector<std::string> requests;
  for (;;) {
    auto piece = file.next();
    if (!piece) requests.push_back(piece.error().message);
    if (!piece || !*piece) return requests;
    requests.emplace_back((*piece)->request.view());
  }
}

std::string frame(std::string_view message) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(message.size() >> shift);
  return out + std::string(message);
}

TEST(OtlpFileReader, ReadsWhatTheCollectorWrites) {
  std::string lines = otlp::request_json(request(1)) + "\n\n" + otlp::request_json(request(2));
  std::string frames = frame(request(1)) + frame("") + frame(request(2));
  for (size_t step : {1, 7, 1'000'000}) {
    auto from_lines = read(lines, step);
    ASSERT_EQ(from_lines.size(), 2u);
    EXPECT_EQ(otlp::request_json(from_lines[0]), otlp::request_json(request(1)));
    EXPECT_EQ(otlp::request_json(from_lines[1]), otlp::request_json(request(2)));
    EXPECT_EQ(read(lines + "\n", step), from_lines);
    EXPECT_EQ(read(frames, step), (std::vector<std::string>{request(1), "", request(2)}));
  }
}

TEST(OtlpFileReader, ReadsMessagesCompressedOneByOne) {
  auto packed = net::encode_content("zstd", SharedBytes::take(request(1)));
  EXPECT_EQ(read(frame(packed.value().view()), 10), std::vector{request(1)});
}

TEST(OtlpFileReader, ReadsABareMessageAndDelimitedOnes) {
  for (size_t step : {1, 1'000'000}) {
    EXPECT_EQ(read(request(1) + request(2), step), std::vector{request(1) + request(2)});
    std::string one = request(1);
    ASSERT_GE(one.size(), 64u);  // otherwise its length would look like another form
    ASSERT_LT(one.size(), 128u);
    std::string delimited = static_cast<char>(one.size()) + one;
    EXPECT_EQ(read(delimited + delimited, step), (std::vector{one, one}));
  }
}

TEST(OtlpFileReader, ALargeBareMessageComesInPieces) {
  std::string message;
  uint64_t traces = 0;
  while (message.size() < 3 << 20) message += request(++traces);
  std::vector<std::string> pieces = read(message, 1 << 16);
  EXPECT_GE(pieces.size(), 3u);
  std::string all;
  for (const std::string& piece : pieces) {
    EXPECT_TRUE(otlp::Batch::index(SharedBytes::copy(piece)));
    all += piece;
  }
  EXPECT_EQ(all, message);
}

TEST(OtlpFileReader, AnErrorNamesThePlace) {
  std::string line = otlp::request_json(request(1)) + "\n";
  EXPECT_TRUE(read(line + "{\"resourceSpans\":[{]}\n", 100).back().starts_with("line 2: "));
  std::string first = frame(request(1));
  EXPECT_EQ(read(first + frame(request(2)).substr(0, 20), 100).back(),
            fmt::format("byte {}: the file ends within a request", first.size()));
  EXPECT_EQ(read(first + "\x01", 100).back(),
            fmt::format("byte {}: the file ends within a request", first.size()));
  EXPECT_NE(read(request(1) + "\x12", 100).back().find(fmt::format("byte {}", request(1).size())),
            std::string::npos);
  EXPECT_NE(read(std::string("\x1F\x8B\x08\x00", 4), 100).back().find("zcat"), std::string::npos);
}

TEST(OtlpFileReader, RefusesMoreThanItHolds) {
  std::string at_most = std::string("\x04\x00\x00\x00", 4);
  EXPECT_EQ(read(std::string("\x03\xFF\xFF\xFF", 4), 100).back(),
            "byte 0: the file ends within a request");
  EXPECT_NE(read(frame("") + at_most + "x", 100).back().find("ends within"), std::string::npos);
  std::string past = std::string("\x04\x00\x00\x01", 4);
  EXPECT_NE(read(frame("") + past, 100).back().find("a request of 67108865 bytes"),
            std::string::npos);
}

TEST(OtlpFileReader, AnEmptyFileHasNothing) {
  EXPECT_TRUE(read("", 100).empty());
}

}  // namespace
}  // namespace clew::receive
