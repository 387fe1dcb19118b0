#include "otlp/writer.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::otlp {
namespace {

using namespace testing;

TEST(RequestWriter, SpansOfOneResourceShareOneGroup) {
  Batch one = batch_of({{.span = 1, .service = "a"}, {.span = 2, .service = "b"}});
  Batch two = batch_of({{.span = 3, .service = "a"}});
  RequestWriter writer;
  for (const SpanRef& ref : one.spans()) writer.add(one, ref);
  for (const SpanRef& ref : two.spans()) writer.add(two, ref);
  auto merged = Batch::index(SharedBytes::take(writer.finish()));
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  ASSERT_EQ(merged->resources().size(), 2u);
  ASSERT_EQ(merged->spans().size(), 3u);
  EXPECT_EQ(merged->resource_of(merged->spans()[1]).service_name, "a");
  EXPECT_EQ(merged->bytes_of(merged->spans()[1]), two.bytes_of(two.spans()[0]));
  EXPECT_TRUE(writer.empty());
}

TEST(RequestWriter, KeepsScopesAndSchemaUrls) {
  std::string request;
  {
    protozero::pbf_writer out(request);
    protozero::pbf_writer resource_spans(out, fields::request::kResourceSpans);
    protozero::pbf_writer scope_spans(resource_spans, fields::resource_spans::kScopeSpans);
    {
      protozero::pbf_writer scope(scope_spans, fields::scope_spans::kScope);
      scope.add_string(fields::scope::kName, "envoy");
      scope.add_string(fields::scope::kVersion, "1.40");
    }
    scope_spans.add_message(fields::scope_spans::kSpans, span_bytes({}));
    scope_spans.add_string(fields::scope_spans::kSchemaUrl, "scope-schema");
    scope_spans.commit();
    resource_spans.add_string(fields::resource_spans::kSchemaUrl, "resource-schema");
  }
  auto batch = Batch::index(SharedBytes::take(request));
  ASSERT_TRUE(batch.has_value()) << batch.error().message;
  RequestWriter writer;
  writer.add(*batch, batch->spans()[0]);
  auto copy = Batch::index(SharedBytes::take(writer.finish()));
  ASSERT_TRUE(copy.has_value()) << copy.error().message;
  const ScopeRef& scope = copy->scope_of(copy->spans()[0]);
  EXPECT_EQ(scope.name, "envoy");
  EXPECT_EQ(scope.version, "1.40");
  EXPECT_EQ(scope.schema_url, "scope-schema");
  EXPECT_EQ(copy->resource_of(copy->spans()[0]).schema_url, "resource-schema");
}

TEST(WithTraceState, ReplacesItAndNothingElse) {
  std::string plain = span_bytes({.attributes = {{"a", "b"}}});
  std::string once = with_trace_state(plain, "x=1");
  EXPECT_EQ(Span::decode(once).trace_state, "x=1");
  EXPECT_EQ(Span::decode(with_trace_state(once, "y=2")).trace_state, "y=2");
  EXPECT_EQ(with_trace_state(once, ""), plain);
}

TEST(Subset, KeepsGroupsAndReplacesTraceStates) {
  Batch batch = batch_of({{.span = 1, .service = "a"},
                          {.span = 2, .service = "a"},
                          {.span = 3, .service = "b"},
                          {.span = 4, .service = "a"}});
  std::vector<SelectedSpan> chosen = {
      {&batch.spans()[1], "ot=th:8"}, {&batch.spans()[2], std::nullopt}, {&batch.spans()[3], ""}};
  std::string bytes = subset(batch, chosen.size(), [&](size_t i) { return chosen[i]; });
  auto copy = Batch::index(SharedBytes::copy(bytes));
  ASSERT_TRUE(copy.has_value()) << copy.error().message;
  ASSERT_EQ(copy->spans().size(), 3u);
  EXPECT_EQ(copy->bytes_of(copy->spans()[0]),
            with_trace_state(batch.bytes_of(batch.spans()[1]), "ot=th:8"));
  for (size_t i : {1, 2}) {
    EXPECT_EQ(copy->bytes_of(copy->spans()[i]), batch.bytes_of(batch.spans()[i + 1]));
    EXPECT_EQ(copy->resource_of(copy->spans()[i]).service_name, i == 1 ? "b" : "a");
  }
  // Of one that has a trace_state by now; all spans as they are give the same bytes again.
  SelectedSpan again{&copy->spans()[0], "ot=th:c"};
  auto changed = Batch::index(SharedBytes::take(subset(*copy, 1, [&](size_t) { return again; })));
  EXPECT_EQ(changed->decode(changed->spans()[0]).trace_state, "ot=th:c");
  EXPECT_EQ(subset(*copy, 3, [&](size_t i) { return SelectedSpan{&copy->spans()[i], {}}; }), bytes);
}

TEST(ExportResponse, IsEmptyOnFullSuccess) {
  EXPECT_EQ(export_response(0, ""), "");
  EXPECT_EQ(export_response(3, "no ID"), std::string("\x0a\x09\x08\x03\x12\x05no ID", 11));
}

TEST(ExportResponse, IsReadBack) {
  PartialSuccess partial = parse_export_response(export_response(3, "no ID"));
  EXPECT_EQ(partial.rejected_spans, 3u);
  EXPECT_EQ(partial.message, "no ID");
  EXPECT_EQ(parse_export_response("").rejected_spans, 0u);
  EXPECT_EQ(parse_export_response("\xff\xff garbage").rejected_spans, 0u);
}

}  // namespace
}  // namespace clew::otlp
