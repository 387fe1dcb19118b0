// A large trace over HTTP, as each API gives it while it is read.
#include "api/trace_pieces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "api/clew_v1.h"
#include "api/jaeger_v1.h"
#include "api/jaeger_v3.h"
#include "api/tempo.h"
#include "api/testing.h"
#include "api/zipkin_v2.h"
#include "base/limits.h"
#include "net/encoding.h"
#include "otlp/reader.h"

namespace clew::api {
namespace {

using nlohmann::json;

constexpr uint64_t kSpans = 12'000;

/// A trace of two services, half of it in a block.
class LargeTrace : public testing::ApiTest {
 protected:
  LargeTrace() {
    append(spans(1, kSpans / 2));
    CLEW_CHECK(store_->flush().has_value());
    append(spans(kSpans / 2 + 1, kSpans));
    net::HttpRoutes routes;
    add_jaeger_v1(routes, *engine_);
    add_jaeger_v3(routes, *engine_);
    add_tempo(routes, *engine_, "/tempo");
    add_zipkin_v2(routes, *engine_, {});
    add_clew_v1(routes, *engine_);
    serve(std::move(routes));
  }

  static std::vector<otlp::testing::SpanSpec> spans(uint64_t first, uint64_t last) {
    std::vector<otlp::testing::SpanSpec> made;
    for (uint64_t i = first; i <= last; ++i)
      made.push_back({.trace = 8,
                      .span = i,
                      .parent = i / 2,
                      .service = i % 2 == 0 ? "edge" : "shop",
                      .start = testing::kStart + i});
    return made;
  }

  net::testing::HttpAnswer ask(const std::string& target, const net::HttpFields& headers) {
    return net::testing::HttpClient(server_->port()).call("GET", target, headers);
  }

  /// The answer, decompressed.
  std::string body(const std::string& target, std::string encoding = "",
                   net::HttpFields headers = {}) {
    headers.emplace_back("Accept-Encoding", encoding);
    auto answer = ask(target, headers);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.has("transfer-encoding: chunked")) << answer.head;
    EXPECT_TRUE(answer.whole);
    auto text = net::decode_content(encoding, SharedBytes::copy(answer.body), 64 << 20);
    return text ? std::string(text->view()) : text.error().message;
  }

  static size_t distinct(std::vector<std::string> ids) {
    return std::set(ids.begin(), ids.end()).size();
  }

  /// IDs of all spans of a list of ResourceSpans.
  static std::vector<std::string> ids_of(const json& resources) {
    std::vector<std::string> ids;
    for (const json& resource : resources)
      for (const json& scope : resource["scopeSpans"])
        for (const json& span : scope["spans"]) ids.push_back(span["spanId"]);
    return ids;
  }
};

TEST_F(LargeTrace, HasAllSpansInJson) {
  for (const char* encoding : {"", "gzip", "zstd"}) {
    auto answer = [&](const std::string& target) { return json::parse(body(target, encoding)); };
    auto is_whole = [](const std::vector<std::string>& ids) {
      EXPECT_EQ(ids.size(), kSpans);
      EXPECT_EQ(distinct(ids), kSpans);
    };
    is_whole(ids_of(answer("/api/v3/traces/8")["result"]["resourceSpans"]));
    json tempo = answer("/tempo/api/traces/8");
    is_whole(ids_of(tempo["batches"]));
    // Resources do not come with each span.
    EXPECT_LT(tempo["batches"].size(), 20u);
    json second = answer("/tempo/api/v2/traces/8");
    is_whole(ids_of(second["trace"]["resourceSpans"]));
    EXPECT_EQ(second["metrics"], json::object());
    std::vector<std::string> zipkin;
    for (const json& span : answer("/api/v2/trace/8")) zipkin.push_back(span["id"]);
    is_whole(zipkin);
    json own = answer("/api/clew/v1/traces/8");
    std::vector<std::string> spans;
    for (const json& span : own["spans"]) spans.push_back(span["spanId"]);
    is_whole(spans);
    EXPECT_EQ(own["resources"].size(), 2u);
    EXPECT_EQ(own["complete"], true);
  }
}

TEST_F(LargeTrace, HasAllSpansInProtobuf) {
  net::HttpFields accept = {{"Accept", "application/protobuf"}};
  auto first = otlp::Batch::index(SharedBytes::take(body("/tempo/api/traces/8", "", accept)));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->spans().size(), kSpans);
  // The parts of one message that stands in several fields.
  std::string joined;
  std::string second = body("/tempo/api/v2/traces/8", "gzip", accept);
  for (std::string_view part : otlp::MessageRange(second, 1)) joined += part;
  auto merged = otlp::Batch::index(SharedBytes::take(joined));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->spans().size(), kSpans);
}

TEST_F(LargeTrace, WhoHasItIsNotSentItAgain) {
  std::set<std::string> tags;
  for (const char* target : {"/api/v3/traces/8", "/tempo/api/traces/8", "/tempo/api/v2/traces/8",
                             "/api/v2/trace/8", "/api/clew/v1/traces/8"}) {
    auto first = get(target);
    size_t at = first.head.find("\r\netag: w/\"");
    ASSERT_NE(at, first.head.npos) << first.head;
    std::string tag = first.head.substr(at + 10, first.head.find("\r\n", at + 2) - at - 10);
    auto again = get(target, {{"If-None-Match", "W/" + tag}});
    EXPECT_EQ(again.status, 304) << target;
    EXPECT_EQ(again.body, "");
    tags.insert(tag);
  }
  // What one form of a trace has been tagged with does not do for another one.
  auto other = ask("/tempo/api/traces/8",
                   {{"Accept", "application/protobuf"}, {"If-None-Match", "W/" + *tags.begin()}});
  EXPECT_EQ(other.status, 200);
  append(spans(kSpans + 1, kSpans + 1));
  EXPECT_EQ(get("/api/v3/traces/8", {{"If-None-Match", "W/" + *tags.begin()}}).status, 200);
}

TEST_F(LargeTrace, OneThatIsNotThereIsAnError) {
  for (const char* target :
       {"/api/v3/traces/9", "/tempo/api/traces/9", "/api/v2/trace/9", "/api/clew/v1/traces/9"})
    EXPECT_EQ(get(target).status, 404) << target;
}

/// Answers with nothing but a count of what came.
class Counting : public TraceAnswer {
 public:
  Counting(size_t& spans, size_t memory) : spans_(spans), memory_(memory) {}

  void add(const otlp::Batch&, const otlp::SpanRef&) override { ++spans_; }
  void end_part() override { out_ += std::string(100 << 10, 'x'); }
  void finish(bool) override {}
  size_t size() const override { return out_.size(); }
  std::string take() override { return std::exchange(out_, {}); }
  size_t memory_bytes() const override { return memory_; }

 private:
  size_t& spans_;
  const size_t memory_;
  std::string out_;
};

TEST_F(LargeTrace, IsReadAsItIsAskedFor) {
  size_t spans = 0;
  auto pieces = trace_pieces(engine_->stream_trace(Tenant(), otlp::testing::trace_id(8)).value(),
                             std::make_unique<Counting>(spans, 0));
  EXPECT_FALSE(pieces().empty());
  EXPECT_GT(spans, 0u);
  EXPECT_LT(spans, kSpans);
  while (!pieces().empty()) {
  }
  EXPECT_EQ(spans, kSpans);
}

TEST_F(LargeTrace, IsBrokenOffWhenItTakesTooMuchMemory) {
  for (auto [memory, throws] : {std::pair(limits::kTraceAnswerBytes, false),
                                std::pair(limits::kTraceAnswerBytes + 1, true)}) {
    size_t spans = 0;
    auto pieces = trace_pieces(engine_->stream_trace(Tenant(), otlp::testing::trace_id(8)).value(),
                               std::make_unique<Counting>(spans, memory));
    bool thrown = false;
    try {
      pieces();
    } catch (const std::length_error&) {
      thrown = true;
    }
    EXPECT_EQ(thrown, throws);
  }
}

}  // namespace
}  // namespace clew::api
