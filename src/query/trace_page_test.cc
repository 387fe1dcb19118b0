#include "query/trace_page.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

#include "query/shared_spans.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using namespace otlp::testing;

constexpr UnixNanos kNow = 1'000'000'000'000'000'000;

struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

class TracePageTest : public ::testing::Test {
 protected:
  void append(const std::vector<SpanSpec>& spans) {
    CLEW_CHECK(sim_.append(batch_of(spans)).has_value());
  }

  Result<TracePage> read(const PageQuestion& question) {
    return pages_.read(Tenant(), trace_id(1), question);
  }

  /// "row:name row:name of total".
  std::string drawn(const PageQuestion& question) {
    auto page = read(question);
    if (!page) return page.error().message;
    std::string text;
    for (const TracePage::Row& row : page->rows)
      text += fmt::format("{}:{} ", row.number, decode(*page, row).name);
    return text + fmt::format("of {}", page->total) + (page->complete ? "" : ", not complete");
  }

  static otlp::Span decode(const TracePage& page, const TracePage::Row& row) {
    return page.spans.decode(page.spans.spans()[row.span]);
  }

  /// Root, and a chain of two below each of three children; sent in another order than they stand.
  void append_tree() {
    for (uint64_t i : {3, 1, 2}) {
      append({{.span = 20 + i,
               .parent = 10 + i,
               .name = fmt::format("leaf {}", i),
               .start = kNow + i * 100 + 2,
               .attributes = {{"n", std::to_string(i)}}}});
      append({{.span = 10 + i,
               .parent = 1,
               .service = fmt::format("shop {}", i),
               .name = fmt::format("child {}", i),
               .start = kNow + i * 100}});
    }
    append({{.span = 1, .service = "edge", .name = "root", .start = kNow}});
  }

  OpenStore sim_;
  TracePages pages_{*sim_.store};
};

TEST_F(TracePageTest, HasTheRowsAskedFor) {
  append_tree();
  for (bool in_blocks : {false, true}) {
    if (in_blocks) {
      ASSERT_TRUE(sim_.store->flush());
    }
    EXPECT_EQ(drawn({.from = 0, .count = 3}), "0:root 1:child 1 2:leaf 1 of 7");
    EXPECT_EQ(drawn({.from = 3, .count = 2}), "3:child 2 4:leaf 2 of 7");
    EXPECT_EQ(drawn({.from = 6, .count = 9}), "6:leaf 3 of 7");
    EXPECT_EQ(drawn({.from = 7, .count = 9}), "of 7");
    EXPECT_EQ(drawn({.from = UINT64_MAX, .count = UINT64_MAX}), "of 7");
    auto page = read({.from = 4, .count = 1}).value();
    EXPECT_EQ(page.start, kNow);
    EXPECT_EQ(page.duration, 302 + SpanSpec().duration);
    EXPECT_EQ(decode(page, page.rows.at(0)).attributes().find("n")->text(), "2");
    EXPECT_EQ(page.spans.resources().size(), 1u);
  }
}

TEST_F(TracePageTest, BeginsAtASpan) {
  append_tree();
  auto page = read({.count = 2, .span = span_id(12)}).value();
  EXPECT_EQ(page.from, 3u);
  EXPECT_EQ(drawn({.count = 2, .span = span_id(12)}), "3:child 2 4:leaf 2 of 7");
  auto missing = read({.count = 1, .span = span_id(99)});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_NE(missing.error().message.find("0000000000000063"), std::string::npos);
}

TEST_F(TracePageTest, ThereIsNoneOfATraceThatIsNotThere) {
  auto page = read({.count = 1});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::kNotFound);
}

TEST_F(TracePageTest, FindsRowsByWhatSpansSay) {
  auto find = [&](std::string_view text, std::chrono::seconds left = std::chrono::hours(1)) {
    auto words = SpanWords::parse(text).value();
    return pages_.find(Tenant(), trace_id(1), words, std::chrono::steady_clock::now() + left)
        .value();
  };
  append_tree();
  for (bool in_blocks : {false, true}) {
    if (in_blocks) {
      ASSERT_TRUE(sim_.store->flush());
      append_tree();  // once more, in the head
    }
    EXPECT_EQ(find("n=2").rows, (std::vector<uint32_t>{4}));
    EXPECT_EQ(find("CHILD").rows, (std::vector<uint32_t>{1, 3, 5}));
    EXPECT_EQ(find("leaf n=").rows, (std::vector<uint32_t>{2, 4, 6}));
    EXPECT_TRUE(find("n=7").rows.empty());
    EXPECT_EQ(find("n=7").total, 7u);
    EXPECT_TRUE(find("n=7").complete);
    EXPECT_FALSE(find("n=7", std::chrono::seconds(-1)).complete);
  }
  auto words = SpanWords::parse("n").value();
  auto unknown = pages_.find(Tenant(), trace_id(9), words, std::chrono::steady_clock::now());
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
}

TEST_F(TracePageTest, ASpanThatWasSentTwiceIsOneRow) {
  append_tree();
  ASSERT_TRUE(sim_.store->flush());
  append_tree();
  EXPECT_EQ(drawn({.from = 1, .count = 2}), "1:child 1 2:leaf 1 of 7");
}

TEST_F(TracePageTest, SpansOfOneIdAreToldApart) {
  append({{.span = 1, .name = "root", .start = kNow},
          {.span = 2, .parent = 1, .name = "first", .start = kNow + 1},
          {.span = 2, .parent = 1, .name = "second", .start = kNow + 2},
          {.span = 2, .parent = 1, .name = "never", .start = 0}});
  EXPECT_EQ(drawn({.from = 0, .count = 9}), "0:root 1:never 2:first 3:second of 4");
  EXPECT_EQ(drawn({.from = 3, .count = 1}), "3:second of 4");
  EXPECT_EQ(drawn({.from = 1, .count = 1}), "1:never of 4");
}

TEST_F(TracePageTest, HalvesOfACallHaveTheIdsThatTheWholeTraceGivesThem) {
  std::string shared = key_value("zipkin.shared", any_bool(true));
  append(
      {{.span = 1, .service = "edge", .name = "root", .start = kNow},
       {.span = 2,
        .parent = 1,
        .service = "edge",
        .name = "client",
        .kind = otlp::SpanKind::kClient,
        .start = kNow + 1},
       {.span = 2, .parent = 1, .name = "server", .start = kNow + 2, .extra_key_values = {shared}},
       {.span = 3, .parent = 2, .name = "child", .start = kNow + 3}});
  otlp::Batch trace = separate_shared_spans(sim_.store->trace(Tenant(), trace_id(1)).value().spans);
  std::map<std::string, otlp::Span> expected;
  for (const otlp::SpanRef& ref : trace.spans()) {
    otlp::Span span = trace.decode(ref);
    expected.emplace(span.name, span);
  }
  ASSERT_NE(expected.at("server").span_id, span_id(2));
  const std::vector<std::string> names{"root", "client", "server", "child"};
  for (uint64_t row = 0; row < names.size(); ++row) {
    auto page = read({.from = row, .count = 1}).value();
    ASSERT_EQ(page.rows.size(), 1u) << row;
    otlp::Span span = decode(page, page.rows[0]);
    EXPECT_EQ(span.name, names[row]);
    const otlp::Span& known = expected.at(std::string(span.name));
    EXPECT_EQ(span.span_id, known.span_id);
    EXPECT_EQ(span.parent_span_id, known.parent_span_id);
    EXPECT_EQ(read({.count = 1, .span = span.span_id})->from, row);
  }
}

TEST_F(TracePageTest, OrdersAreKeptUntilTheTraceGrows) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 1; i <= 12'000; ++i)
    spans.push_back({.span = i, .name = std::to_string(i), .start = kNow + i});
  append(spans);
  EXPECT_EQ(drawn({.from = 9000, .count = 1}), "9000:9001 of 12000");
  EXPECT_EQ(drawn({.from = 9001, .count = 1}), "9001:9002 of 12000");
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(drawn({.from = 9001, .count = 1}), "9001:9002 of 12000");
  append({{.span = 20'000, .name = "first", .start = kNow}});
  EXPECT_EQ(drawn({.from = 9001, .count = 1}), "9001:9001 of 12001");
  EXPECT_EQ(drawn({.from = 0, .count = 1}), "0:first of 12001");
}

/// A client that gives all its spans one ID.
TEST_F(TracePageTest, ManySpansOfOneIdAreNotReadForAFew) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 0; i < 500; ++i)
    spans.push_back({.span = 2, .name = std::to_string(i), .start = kNow + i});
  append(spans);
  auto page = read({.from = 100, .count = 3}).value();
  EXPECT_EQ(page.rows.size(), 3u);
  EXPECT_TRUE(page.complete);
  EXPECT_LT(page.spans.spans().size(), 20u);
}

}  // namespace
}  // namespace clew::query
