// What Clew reads of a request against what the official protobuf library reads of it.
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "otlp/batch.h"
#include "otlp/json_writer.h"
#include "otlp/random_request.h"
#include "receive/official_json.h"
#include "receive/otlp_json.h"

namespace clew::receive {
namespace {

using namespace otlp::testing;
using google::protobuf::util::MessageDifferencer;
using testing::otlp_json_of;

constexpr int kRounds = 400;

void expect_equal(const otlp::Value& ours, const proto::common::v1::AnyValue& theirs);

template <typename Theirs>
void expect_equal(const otlp::AttributeRange& ours, const Theirs& theirs) {
  int count = 0;
  for (otlp::Attribute attribute : ours) {
    ASSERT_LT(count, theirs.size());
    EXPECT_EQ(attribute.key, theirs[count].key());
    expect_equal(attribute.value, theirs[count].value());
    ++count;
  }
  EXPECT_EQ(count, theirs.size());
}

void expect_equal(const otlp::Value& ours, const proto::common::v1::AnyValue& theirs) {
  using enum otlp::ValueType;
  switch (theirs.value_case()) {
    case proto::common::v1::AnyValue::kStringValue:
      EXPECT_EQ(ours.type(), kString);
      EXPECT_EQ(ours.as_bytes(), theirs.string_value());
      return;
    case proto::common::v1::AnyValue::kBoolValue:
      EXPECT_EQ(ours.type(), kBool);
      EXPECT_EQ(ours.as_bool(), theirs.bool_value());
      return;
    case proto::common::v1::AnyValue::kIntValue:
      EXPECT_EQ(ours.type(), kInt);
      EXPECT_EQ(ours.as_int(), theirs.int_value());
      return;
    case proto::common::v1::AnyValue::kDoubleValue:
      EXPECT_EQ(ours.type(), kDouble);
      EXPECT_EQ(std::bit_cast<uint64_t>(ours.as_double()),
                std::bit_cast<uint64_t>(theirs.double_value()));
      return;
    case proto::common::v1::AnyValue::kBytesValue:
      EXPECT_EQ(ours.type(), kBytes);
      EXPECT_EQ(ours.as_bytes(), theirs.bytes_value());
      return;
    case proto::common::v1::AnyValue::kArrayValue: {
      ASSERT_EQ(ours.type(), kArray);
      int count = 0;
      for (otlp::Value element : ours.elements())
        expect_equal(element, theirs.array_value().values(count++));
      EXPECT_EQ(count, theirs.array_value().values_size());
      return;
    }
    case proto::common::v1::AnyValue::kKvlistValue:
      ASSERT_EQ(ours.type(), kMap);
      return expect_equal(ours.entries(), theirs.kvlist_value().values());
    default:
      EXPECT_EQ(ours.type(), kEmpty);
  }
}

void expect_equal(const otlp::Event& ours, const proto::trace::v1::Span::Event& theirs) {
  EXPECT_EQ(ours.time, theirs.time_unix_nano());
  EXPECT_EQ(ours.name, theirs.name());
  EXPECT_EQ(ours.dropped_attributes, theirs.dropped_attributes_count());
  expect_equal(ours.attributes(), theirs.attributes());
}

void expect_equal(const otlp::Link& ours, const proto::trace::v1::Span::Link& theirs) {
  EXPECT_EQ(ours.trace_id.raw(), theirs.trace_id());
  EXPECT_EQ(ours.span_id.raw(), theirs.span_id());
  EXPECT_EQ(ours.trace_state, theirs.trace_state());
  EXPECT_EQ(ours.flags, theirs.flags());
  EXPECT_EQ(ours.dropped_attributes, theirs.dropped_attributes_count());
  expect_equal(ours.attributes(), theirs.attributes());
}

void expect_equal(const otlp::Span& ours, const proto::trace::v1::Span& theirs) {
  EXPECT_EQ(ours.trace_id.raw(), theirs.trace_id());
  EXPECT_EQ(ours.span_id.raw(), theirs.span_id());
  if (theirs.parent_span_id().empty()) {
    EXPECT_TRUE(ours.parent_span_id.is_zero());
  } else {
    EXPECT_EQ(ours.parent_span_id.raw(), theirs.parent_span_id());
  }
  EXPECT_EQ(ours.trace_state, theirs.trace_state());
  EXPECT_EQ(ours.flags, theirs.flags());
  EXPECT_EQ(ours.name, theirs.name());
  EXPECT_EQ(static_cast<int>(ours.kind), static_cast<int>(theirs.kind()));
  EXPECT_EQ(ours.start, theirs.start_time_unix_nano());
  EXPECT_EQ(ours.end, theirs.end_time_unix_nano());
  EXPECT_EQ(ours.dropped_attributes, theirs.dropped_attributes_count());
  EXPECT_EQ(ours.dropped_events, theirs.dropped_events_count());
  EXPECT_EQ(ours.dropped_links, theirs.dropped_links_count());
  EXPECT_EQ(static_cast<int>(ours.status), static_cast<int>(theirs.status().code()));
  EXPECT_EQ(ours.status_message, theirs.status().message());
  expect_equal(ours.attributes(), theirs.attributes());
  int events = 0, links = 0;
  for (otlp::Event event : ours.events()) expect_equal(event, theirs.events(events++));
  EXPECT_EQ(events, theirs.events_size());
  for (otlp::Link link : ours.links()) expect_equal(link, theirs.links(links++));
  EXPECT_EQ(links, theirs.links_size());
}

/// Compares every span of the batch, in order, with those of `theirs` that have both IDs.
void expect_equal(const otlp::Batch& ours, const ExportTraceServiceRequest& theirs) {
  size_t next = 0, rejected = 0;
  for (const auto& resource_spans : theirs.resource_spans()) {
    for (const auto& scope_spans : resource_spans.scope_spans()) {
      for (const auto& span : scope_spans.spans()) {
        if (span.trace_id().empty() || span.span_id().empty()) {
          ++rejected;
          continue;
        }
        ASSERT_LT(next, ours.spans().size());
        const otlp::SpanRef& ref = ours.spans()[next++];
        expect_equal(ours.decode(ref), span);
        expect_equal(ours.resource_of(ref).attributes(), resource_spans.resource().attributes());
        EXPECT_EQ(ours.resource_of(ref).schema_url, resource_spans.schema_url());
        expect_equal(ours.scope_of(ref).attributes(), scope_spans.scope().attributes());
        EXPECT_EQ(ours.scope_of(ref).name, scope_spans.scope().name());
        EXPECT_EQ(ours.scope_of(ref).version, scope_spans.scope().version());
        EXPECT_EQ(ours.scope_of(ref).schema_url, scope_spans.schema_url());
      }
    }
  }
  EXPECT_EQ(next, ours.spans().size());
  EXPECT_EQ(rejected, ours.rejected_spans());
}

TEST(Official, BatchReadsWhatTheOfficialLibraryWrote) {
  RandomRequest random(1);
  size_t spans = 0;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    ExportTraceServiceRequest request = random.next();
    auto batch = otlp::Batch::index(SharedBytes::take(request.SerializeAsString()));
    ASSERT_TRUE(batch.has_value()) << batch.error().message;
    expect_equal(*batch, request);
    spans += batch->spans().size();
  }
  EXPECT_GT(spans, static_cast<size_t>(kRounds));
}

TEST(Official, JsonBecomesTheRequestItWasPrintedFrom) {
  RandomRequest random(2);
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    ExportTraceServiceRequest request = random.next();
    std::string json = otlp_json_of(request, round % 2 == 0);
    auto bytes = otlp_json_to_protobuf(json);
    ASSERT_TRUE(bytes.has_value()) << bytes.error().message << "\n" << json;
    ExportTraceServiceRequest read;
    ASSERT_TRUE(read.ParseFromString(*bytes)) << json;
    std::string difference;
    MessageDifferencer differencer;
    differencer.set_field_comparator(&comparator);
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(request, read)) << difference << "\n" << json;
  }
}

TEST(Official, WritesTheJsonThatTheOfficialLibraryWrites) {
  RandomRequest random(3);
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    ExportTraceServiceRequest request = random.next();
    std::string bytes = request.SerializeAsString();
    std::string json = otlp::request_json(bytes);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(json), nlohmann::json::parse(otlp_json_of(request, false)));
    auto read = otlp_json_to_protobuf(json);
    ASSERT_TRUE(read.has_value()) << read.error().message << "\n" << json;
    EXPECT_EQ(otlp::request_json(*read), json);
  }
}

}  // namespace
}  // namespace clew::receive
