#include "api/clew_columns.h"

#include <gtest/gtest.h>

#include <cstring>

#include "api/testing.h"
#include "base/clock.h"
#include "net/encoding.h"

namespace clew::api {
namespace {

constexpr uint64_t kSpans = 10'000;  // enough for an answer that is kept

class ClewColumnsTest : public testing::ApiTest {
 protected:
  ClewColumnsTest() {
    net::HttpRoutes routes;
    add_clew_columns(routes, *store_);
    serve(std::move(routes));
  }

  void append_spans(uint64_t first, uint64_t count) {
    std::vector<otlp::testing::SpanSpec> spans;
    for (uint64_t i = first; i < first + count; ++i)
      spans.push_back({.trace = 7, .span = i, .parent = i / 3, .start = start_ + i});
    append(spans);
  }

  net::testing::HttpAnswer columns(const net::HttpFields& headers = {}) {
    return get("/api/clew/v1/traces/7/columns", headers);
  }

  // Now, or retention takes what is in blocks.
  const UnixNanos start_ = Clock::system().now();

  static uint32_t spans_of(std::string_view body) {
    uint32_t spans = 0;
    CLEW_CHECK(body.size() > 52);
    std::memcpy(&spans, body.data() + 48, sizeof spans);
    return spans;
  }

  static std::string tag_of(const net::testing::HttpAnswer& answer) {
    size_t at = answer.head.find("etag: ");
    CLEW_CHECK(at != std::string::npos);
    return answer.head.substr(at + 6, answer.head.find("\r\n", at) - at - 6);
  }
};

TEST_F(ClewColumnsTest, AreTheSameUntilTheTraceGrows) {
  append_spans(1, kSpans);
  auto first = columns(), again = columns();
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(spans_of(first.body), kSpans);
  EXPECT_TRUE(again.body == first.body);
  EXPECT_EQ(tag_of(again), tag_of(first));
  append({{.trace = 8}});
  EXPECT_TRUE(columns().body == first.body);
  append_spans(kSpans + 1, 1);
  auto grown = columns();
  EXPECT_EQ(spans_of(grown.body), kSpans + 1);
  EXPECT_NE(tag_of(grown), tag_of(first));
  ASSERT_TRUE(store_->flush());
  EXPECT_TRUE(columns().body == grown.body);
  append_spans(1, kSpans);  // sent again
  EXPECT_TRUE(columns().body == grown.body);
}

TEST_F(ClewColumnsTest, AreTheSameInEveryEncoding) {
  append_spans(1, kSpans);
  auto plain = columns();
  for (int i = 0; i < 2; ++i)
    for (const char* encoding : {"gzip", "zstd"}) {
      auto encoded = columns({{"Accept-Encoding", encoding}});
      EXPECT_TRUE(encoded.has(fmt::format("content-encoding: {}", encoding)));
      EXPECT_TRUE(encoded.has("vary: accept-encoding"));
      EXPECT_LT(encoded.body.size(), plain.body.size());
      auto body = net::decode_content(encoding, SharedBytes::copy(encoded.body), 1 << 20);
      ASSERT_TRUE(body.has_value());
      EXPECT_TRUE(body->view() == plain.body);
      auto known = columns({{"Accept-Encoding", encoding}, {"If-None-Match", tag_of(encoded)}});
      EXPECT_EQ(known.status, 304);
      EXPECT_EQ(known.body, "");
      EXPECT_EQ(tag_of(known), tag_of(encoded));
    }
  EXPECT_EQ(columns({{"If-None-Match", tag_of(plain)}}).status, 304);
}

TEST_F(ClewColumnsTest, AreThoseOfTheTenant) {
  append_spans(1, kSpans);
  EXPECT_EQ(columns().status, 200);
  EXPECT_EQ(columns({{"X-Scope-OrgID", "other"}}).status, 404);
  EXPECT_EQ(get("/api/clew/v1/traces/9/columns").status, 404);
}

}  // namespace
}  // namespace clew::api
