#include "otlp/batch.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "otlp/testing.h"

namespace clew::otlp {
namespace {

using namespace testing;

Result<Batch> index(std::string bytes) {
  return Batch::index(SharedBytes::take(std::move(bytes)));
}

std::string wrap_span(std::string_view span) {
  std::string out;
  protozero::pbf_writer request(out);
  protozero::pbf_writer resource_spans(request, fields::request::kResourceSpans);
  protozero::pbf_writer scope_spans(resource_spans, fields::resource_spans::kScopeSpans);
  scope_spans.add_message(fields::scope_spans::kSpans, span.data(), span.size());
  scope_spans.commit();
  resource_spans.commit();
  return out;
}

/// A span whose one attribute is an array in an array … `depth` values deep.
std::string nested_span(int depth) {
  std::string value = any_int(7);
  for (int i = 1; i < depth; ++i) {
    std::string array, outer;
    protozero::pbf_writer(array).add_message(fields::values::kMember, value);
    protozero::pbf_writer(outer).add_message(fields::any_value::kArray, array);
    value = outer;
  }
  return span_bytes({.extra_key_values = {key_value("deep", value)}});
}

TEST(Batch, FindsEverySpanWithItsResource) {
  Batch batch = batch_of({{.trace = 1, .span = 1, .service = "edge", .name = "ingress"},
                          {.trace = 1, .span = 2, .parent = 1, .service = "checkout"}});
  ASSERT_EQ(batch.spans().size(), 2u);
  EXPECT_EQ(batch.resource_of(batch.spans()[0]).service_name, "edge");
  EXPECT_EQ(batch.resource_of(batch.spans()[1]).service_name, "checkout");
  Span span = batch.decode(batch.spans()[1]);
  EXPECT_EQ(span.trace_id, trace_id(1));
  EXPECT_EQ(span.parent_span_id, span_id(1));
  EXPECT_EQ(batch.rejected_spans(), 0u);
}

TEST(Batch, NoticesSamplingPriorityWhateverItsType) {
  EXPECT_FALSE(
      batch_of({{.attributes = {{"sampling.prioritz", "1"}}}}).may_have_sampling_priority());
  EXPECT_TRUE(
      batch_of({{}, {.attributes = {{"sampling.priority", "1"}}}}).may_have_sampling_priority());
  std::string text(300, 'x');
  for (std::string value : {any_int(1), any_double(1), any_string(text)})
    EXPECT_TRUE(batch_of({{.extra_key_values = {key_value("sampling.priority", value)}}})
                    .may_have_sampling_priority());
}

TEST(Batch, NoticesTraceState) {
  EXPECT_FALSE(batch_of({{}}).may_have_trace_state());
  std::string span = span_bytes({});
  protozero::pbf_writer(span).add_string(fields::span::kTraceState, "");
  EXPECT_FALSE(index(wrap_span(span))->may_have_trace_state());
  protozero::pbf_writer(span).add_string(fields::span::kTraceState, "a=1");
  EXPECT_TRUE(index(wrap_span(span))->may_have_trace_state());
}

TEST(Batch, AnEmptyRequestHasNoSpans) {
  EXPECT_EQ(index("")->spans().size(), 0u);
}

TEST(Batch, TruncationAtEveryByteIsAnErrorOrARequestWithFewerSpans) {
  std::string whole = request_bytes({{.span = 1}, {.span = 2}});
  std::string first = request_bytes({{.span = 1}});
  for (size_t size = 0; size < whole.size(); ++size) {
    auto batch = index(whole.substr(0, size));
    bool between_messages = size == 0 || size == first.size();
    EXPECT_EQ(batch.has_value(), between_messages) << "at " << size;
    if (!batch) {
      EXPECT_EQ(batch.error().code, Code::kMalformed) << "at " << size;
    }
  }
}

TEST(Batch, EveryFlippedByteIsReadWithoutHarm) {
  std::string whole = request_bytes({{.attributes = {{"a", "b"}}}});
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      auto batch = index(flipped);
      if (!batch) continue;
      for (const SpanRef& ref : batch->spans())
        for (Attribute attribute : batch->decode(ref).attributes()) attribute.value.text();
    }
  }
}

TEST(Batch, SaysAtWhichByteAWrongWireTypeStands) {
  std::string span = span_bytes({});
  size_t span_size = span.size();
  protozero::pbf_writer(span).add_uint64(fields::span::kName, 5);
  auto batch = index(wrap_span(span));
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().code, Code::kMalformed);
  EXPECT_EQ(
      batch.error().message,  // three tags and one-byte lengths stand before the span
      fmt::format("OTLP request: byte {}: field 5 has wire type 0 instead of 2", 6 + span_size));
}

TEST(Batch, RefusesLengthsBeyondTheRequest) {
  // Field 1, length 2^32 - 1, then nothing.
  auto batch = index(std::string("\x0a\xff\xff\xff\xff\x0f", 6));
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().code, Code::kMalformed);
}

TEST(Batch, RefusesIdsOfAnotherLength) {
  for (fields::Tag tag :
       {fields::span::kTraceId, fields::span::kSpanId, fields::span::kParentSpanId}) {
    std::string span = span_bytes({});
    protozero::pbf_writer(span).add_string(tag, "abc");
    auto batch = index(wrap_span(span));
    ASSERT_FALSE(batch.has_value()) << tag;
    EXPECT_NE(batch.error().message.find("an ID of 3 bytes"), std::string::npos);
  }
}

TEST(Batch, LeavesOutSpansWithoutAnIdAndCountsThem) {
  std::string no_trace_id, zero_span_id = span_bytes({.span = 0});
  protozero::pbf_writer(no_trace_id).add_string(fields::span::kName, "lost");
  auto batch = index(wrap_span(no_trace_id) + wrap_span(zero_span_id) + wrap_span(span_bytes({})));
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->spans().size(), 1u);
  EXPECT_EQ(batch->rejected_spans(), 2u);
}

TEST(Batch, NestingIsAllowedUpToTheLimitAndNotBeyond) {
  EXPECT_TRUE(index(wrap_span(nested_span(limits::kValueDepth))).has_value());
  auto deeper = index(wrap_span(nested_span(limits::kValueDepth + 1)));
  ASSERT_FALSE(deeper.has_value());
  EXPECT_EQ(deeper.error().code, Code::kTooLarge);
}

TEST(Batch, SpansPerRequestAreLimited) {
  // The smallest spans there are: 16 + 8 bytes of ID and their framing.
  std::string span;
  protozero::pbf_writer(span).add_bytes(fields::span::kTraceId, trace_id(1).raw().data(), 16);
  protozero::pbf_writer(span).add_bytes(fields::span::kSpanId, span_id(1).raw().data(), 8);
  std::string scope_spans, resource_spans, request;
  protozero::pbf_writer writer(scope_spans);
  for (size_t i = 0; i < limits::kSpansPerRequest; ++i)
    writer.add_message(fields::scope_spans::kSpans, span);
  auto wrap = [&] {
    resource_spans.clear();
    request.clear();
    protozero::pbf_writer(resource_spans)
        .add_message(fields::resource_spans::kScopeSpans, scope_spans);
    protozero::pbf_writer(request).add_message(fields::request::kResourceSpans, resource_spans);
    return request;
  };
  EXPECT_EQ(index(wrap())->spans().size(), limits::kSpansPerRequest);
  writer.add_message(fields::scope_spans::kSpans, span);
  auto one_more = index(wrap());
  ASSERT_FALSE(one_more.has_value());
  EXPECT_EQ(one_more.error().code, Code::kTooLarge);
}

TEST(Batch, GroupsPerRequestAreLimited) {
  std::string request;
  for (size_t i = 0; i < limits::kGroupsPerRequest; ++i) request.append("\x0a\x00", 2);
  EXPECT_TRUE(index(request).has_value());
  request.append("\x0a\x00", 2);
  auto one_more = index(request);
  ASSERT_FALSE(one_more.has_value());
  EXPECT_EQ(one_more.error().code, Code::kTooLarge);
}

TEST(Batch, GroupsWithoutSpansAreCheckedAndLeftOut) {
  // Each of them an empty ScopeSpans in a ResourceSpans: four bytes that must not pin more.
  std::string empty_groups;
  for (size_t i = 1; i < limits::kGroupsPerRequest; ++i) empty_groups.append("\x0a\x02\x12\x00", 4);
  std::string with_rejected = wrap_span(span_bytes({.span = 0}));
  std::string request = with_rejected + empty_groups;
  auto batch = index(request);
  ASSERT_TRUE(batch.has_value());
  EXPECT_TRUE(batch->resources().empty());
  EXPECT_TRUE(batch->scopes().empty());
  EXPECT_EQ(batch->rejected_spans(), 1u);
  EXPECT_LT(batch->memory_bytes(), request.size() + 4096);
  auto too_many = index(request + "\x0a\x02\x12" + std::string(1, '\0'));
  ASSERT_FALSE(too_many.has_value());
  EXPECT_EQ(too_many.error().code, Code::kTooLarge);

  // Between groups with spans, they shift nothing.
  auto mixed = index(request_bytes({{.span = 1, .service = "a"}}) + with_rejected +
                     request_bytes({{.span = 2, .service = "b"}}));
  ASSERT_TRUE(mixed.has_value());
  ASSERT_EQ(mixed->resources().size(), 2u);
  EXPECT_EQ(mixed->scopes().size(), 2u);
  EXPECT_EQ(mixed->resource_of(mixed->spans()[0]).service_name, "a");
  EXPECT_EQ(mixed->resource_of(mixed->spans()[1]).service_name, "b");
}

TEST(Batch, AResourceAfterItsSpansStillBelongsToThem) {
  std::string scope_spans, resource, resource_spans, request;
  protozero::pbf_writer(scope_spans).add_message(fields::scope_spans::kSpans, span_bytes({}));
  protozero::pbf_writer(resource).add_message(
      fields::resource::kAttributes,
      testing::key_value("service.name", testing::any_string("late")));
  protozero::pbf_writer writer(resource_spans);
  writer.add_message(fields::resource_spans::kScopeSpans, scope_spans);
  writer.add_message(fields::resource_spans::kScopeSpans, std::string());
  writer.add_message(fields::resource_spans::kResource, resource);
  protozero::pbf_writer(request).add_message(fields::request::kResourceSpans, resource_spans);
  auto batch = index(request);
  ASSERT_TRUE(batch.has_value());
  ASSERT_EQ(batch->spans().size(), 1u);
  EXPECT_EQ(batch->scopes().size(), 1u);
  EXPECT_EQ(batch->resource_of(batch->spans()[0]).service_name, "late");
}

TEST(Batch, MemoryCountsTheIndex) {
  auto batch = index(request_bytes(std::vector<testing::SpanSpec>(1000)));
  ASSERT_TRUE(batch.has_value());
  EXPECT_GE(batch->memory_bytes(), batch->bytes().size() + 1000 * sizeof(SpanRef));
}

TEST(Batch, ConcatenatedRequestsAreOneRequest) {
  auto batch = index(request_bytes({{.span = 1}}) + request_bytes({{.span = 2}}));
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->spans().size(), 2u);
}

}  // namespace
}  // namespace clew::otlp
