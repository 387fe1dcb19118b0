#include "otlp/jaeger_proto.h"

#include <gtest/gtest.h>
#include <jaeger/api_v2/collector.pb.h>

#include "otlp/random_request.h"
#include "otlp/testing.h"

namespace clew::otlp {
namespace {

namespace api = jaeger::api_v2;
using namespace otlp::testing;

api::Batch jaeger(const SharedBytes& request) {
  auto bytes = jaeger_post_spans(request);
  EXPECT_TRUE(bytes.has_value());
  api::PostSpansRequest post;
  EXPECT_TRUE(post.ParseFromString(bytes.value_or("")));
  return post.batch();
}
api::Batch jaeger(const std::vector<SpanSpec>& spans) {
  return jaeger(SharedBytes::take(request_bytes(spans)));
}

std::string text_of(const api::KeyValue& tag) {
  switch (tag.v_type()) {
    case api::BOOL:
      return tag.v_bool() ? "true" : "false";
    case api::INT64:
      return std::to_string(tag.v_int64());
    case api::FLOAT64:
      return fmt::format("{}", tag.v_float64());
    case api::BINARY:
      return tag.v_binary();
    default:
      return tag.v_str();
  }
}

/// "key=value" of each tag, in order.
template <typename Tags>
std::vector<std::string> texts(const Tags& tags) {
  std::vector<std::string> out;
  for (const api::KeyValue& tag : tags) out.push_back(tag.key() + "=" + text_of(tag));
  return out;
}

using Texts = std::vector<std::string>;

TEST(JaegerProto, IsWhatACollectorTakes) {
  api::Batch batch = jaeger({{.trace = 1,
                              .span = 2,
                              .parent = 3,
                              .start = 1'700'000'000'000'001'000,
                              .duration = 1'000'000'002,
                              .attributes = {{"http.method", "GET"}},
                              .trace_high = 9}});
  ASSERT_EQ(batch.spans_size(), 1);
  EXPECT_EQ(batch.process().service_name(), "shop");
  const api::Span& span = batch.spans(0);
  EXPECT_EQ(span.trace_id(), trace_id(1, 9).raw());
  EXPECT_EQ(span.span_id(), span_id(2).raw());
  ASSERT_EQ(span.references_size(), 1);
  EXPECT_EQ(span.references(0).span_id(), span_id(3).raw());
  EXPECT_EQ(span.references(0).trace_id(), trace_id(1, 9).raw());
  EXPECT_EQ(span.references(0).ref_type(), api::CHILD_OF);
  EXPECT_EQ(span.operation_name(), "GET /");
  EXPECT_EQ(span.start_time().seconds(), 1'700'000'000);
  EXPECT_EQ(span.start_time().nanos(), 1000);
  EXPECT_EQ(span.duration().seconds(), 1);
  EXPECT_EQ(span.duration().nanos(), 2);
  EXPECT_EQ(texts(span.tags()), (Texts{"http.method=GET", "span.kind=server"}));
}

TEST(JaegerProto, SpansOfOtherResourcesCarryTheirProcess) {
  api::Batch batch =
      jaeger({{.service = "a"}, {.service = "b"}, {.service = "a"}, {.service = ""}});
  EXPECT_EQ(batch.process().service_name(), "a");
  ASSERT_EQ(batch.spans_size(), 4);
  EXPECT_FALSE(batch.spans(0).has_process());
  EXPECT_EQ(batch.spans(1).process().service_name(), "b");
  EXPECT_FALSE(batch.spans(2).has_process());
  EXPECT_EQ(batch.spans(3).process().service_name(), "OTLPResourceNoServiceName");
}

TEST(JaegerProto, StatusBecomesTags) {
  api::Batch failed = jaeger({{.kind = otlp::SpanKind::kUnspecified,
                               .status = otlp::StatusCode::kError,
                               .attributes = {{"error", "no"}}}});
  EXPECT_EQ(texts(failed.spans(0).tags()), (Texts{"otel.status_code=ERROR", "error=true"}));
  EXPECT_EQ(failed.spans(0).tags(1).v_type(), api::BOOL);
}

/// What the official library reads of a request and of our translation must say the same.
TEST(JaegerProto, SaysWhatTheRequestSaid) {
  RandomRequest random(7);
  for (int round = 0; round < 200; ++round) {
    auto request = random.next();
    std::string bytes = request.SerializeAsString();
    auto indexed = otlp::Batch::index(SharedBytes::copy(bytes));
    if (!indexed) continue;  // an ID of another length, which the receivers refuse
    api::Batch batch = jaeger(indexed->bytes());
    ASSERT_EQ(static_cast<size_t>(batch.spans_size()), indexed->spans().size());
    int at = 0;
    for (const auto& resource : request.resource_spans())
      for (const auto& scope : resource.scope_spans())
        for (const auto& span : scope.spans()) {
          if (at == batch.spans_size() || span.span_id() != batch.spans(at).span_id()) continue;
          const api::Span& translated = batch.spans(at++);
          EXPECT_EQ(translated.trace_id(), span.trace_id());
          EXPECT_EQ(translated.operation_name(), span.name());
          EXPECT_EQ(translated.logs_size(), span.events_size());
          int parents = span.parent_span_id().find_first_not_of('\0') != std::string::npos;
          EXPECT_EQ(translated.references_size(), span.links_size() + parents);
          EXPECT_GE(translated.tags_size() + 1, span.attributes_size());
        }
    EXPECT_EQ(at, batch.spans_size());
  }
}

TEST(JaegerProto, OfDamageIsAnError) {
  EXPECT_FALSE(jaeger_post_spans(SharedBytes::copy("\xFF")).has_value());
}

}  // namespace
}  // namespace clew::otlp
