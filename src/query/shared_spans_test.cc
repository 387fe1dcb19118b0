#include "query/shared_spans.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "otlp/testing.h"

namespace clew::query {
namespace {

using namespace otlp::testing;
using otlp::SpanKind;

/// By the span's name, which stays.
std::map<std::string, otlp::Span> by_name(const otlp::Batch& batch) {
  std::map<std::string, otlp::Span> spans;
  for (const otlp::SpanRef& ref : batch.spans()) {
    otlp::Span span = batch.decode(ref);
    spans.emplace(span.name, span);
  }
  return spans;
}

SpanSpec root() {
  return {.span = 1, .service = "edge", .name = "root"};
}
SpanSpec client() {
  return {.span = 2, .parent = 1, .service = "edge", .name = "client", .kind = SpanKind::kClient};
}
SpanSpec server(std::string service = "shop", uint64_t parent = 1) {
  return {.span = 2,
          .parent = parent,
          .service = service,
          .name = "server of " + service,
          .attributes = {{"kept", "yes"}},
          .extra_key_values = {key_value("zipkin.shared", any_bool(true))}};
}
SpanSpec child(std::string service) {
  return {.span = 3, .parent = 2, .service = service, .name = "child"};
}

TEST(SharedSpans, TheServersHalfHasAnIdOfItsOwn) {
  otlp::Batch sent = batch_of({root(), client(), server(), child("shop")});
  otlp::Batch batch = separate_shared_spans(sent);
  auto spans = by_name(batch);
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans.at("client").span_id, span_id(2));
  EXPECT_EQ(spans.at("client").parent_span_id, span_id(1));
  SpanId own = spans.at("server of shop").span_id;
  EXPECT_NE(own, span_id(2));
  EXPECT_EQ(spans.at("server of shop").parent_span_id, span_id(2));
  EXPECT_EQ(spans.at("server of shop").attributes().find("kept")->text(), "yes");
  EXPECT_EQ(spans.at("child").parent_span_id, own);
  // Whoever asks again finds it under the same ID.
  otlp::Batch again = separate_shared_spans(sent);
  EXPECT_EQ(by_name(again).at("server of shop").span_id, own);
}

TEST(SharedSpans, AlsoWhereTheRpcIsTheRoot) {
  SpanSpec first = client();
  first.parent = 0;
  otlp::Batch batch = separate_shared_spans(batch_of({server("shop", 0), first}));
  auto spans = by_name(batch);
  EXPECT_TRUE(spans.at("client").parent_span_id.is_zero());
  EXPECT_EQ(spans.at("server of shop").parent_span_id, span_id(2));
}

TEST(SharedSpans, ChildrenBelongToTheServerOfTheirService) {
  for (const char* service : {"shop", "pay", "edge"}) {
    otlp::Batch batch =
        separate_shared_spans(batch_of({client(), server(), server("pay"), child(service)}));
    auto spans = by_name(batch);
    auto parent = spans.find(std::string("server of ") + service);
    EXPECT_EQ(spans.at("child").parent_span_id,
              parent == spans.end() ? span_id(2) : parent->second.span_id);
    EXPECT_NE(spans.at("server of shop").span_id, spans.at("server of pay").span_id);
  }
}

TEST(SharedSpans, WithoutAnotherHalfNothingChanges) {
  for (const auto& trace :
       {std::vector<SpanSpec>{root(), server(), child("shop")},
        std::vector<SpanSpec>{root(), client(), child("shop")}, std::vector<SpanSpec>{}}) {
    otlp::Batch batch = batch_of(trace);
    EXPECT_EQ(separate_shared_spans(batch).bytes().view(), batch.bytes().view());
  }
}

}  // namespace
}  // namespace clew::query
