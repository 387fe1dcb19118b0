#include "agent/edit/editor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "otlp/batch.h"
#include "otlp/random_request.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using opentelemetry::proto::common::v1::KeyValue;

SpanSpec envoy_span() {
  return {.attributes = {{"component", "proxy"}, {"http.status_code", "200"}}};
}

TEST(Editor, HandsOnTheSameBytesWhenNothingChanges) {
  SharedBytes request = batch_of({{}, {.span = 2}}).bytes();
  EXPECT_EQ(Editor({}).edit(otlp::Signal::kTraces, request).view().data(), request.view().data());
}

TEST(Editor, LeavesEnvoysSpansAloneWhenToldSo) {
  SharedBytes request = batch_of({envoy_span()}).bytes();
  EXPECT_EQ(Editor({.normalize = false}).edit(otlp::Signal::kTraces, request).view().data(),
            request.view().data());
  EXPECT_NE(Editor({}).edit(otlp::Signal::kTraces, request).view().data(), request.view().data());
}

TEST(Editor, ChangesOnlyTheSpansOfEnvoy) {
  otlp::Batch before = batch_of({{.span = 1}, envoy_span(), {.span = 3}});
  auto after = otlp::Batch::index(Editor({}).edit(otlp::Signal::kTraces, before.bytes()));
  ASSERT_TRUE(after.has_value()) << after.error().message;
  ASSERT_EQ(after->spans().size(), 3u);
  EXPECT_EQ(after->bytes_of(after->spans()[0]), before.bytes_of(before.spans()[0]));
  EXPECT_EQ(after->bytes_of(after->spans()[2]), before.bytes_of(before.spans()[2]));
  auto code = after->decode(after->spans()[1]).attributes().find("http.response.status_code");
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(code->as_int(), 200);
}

/// Takes the place out again and says whether it was there.
bool remove_place(google::protobuf::RepeatedPtrField<KeyValue>& attributes) {
  auto is_place = [](const KeyValue& attribute) { return attribute.key() == "clew.datacenter"; };
  auto at = std::ranges::find_if(attributes, is_place);
  if (at == attributes.end()) return false;
  attributes.erase(at);
  return true;
}

// The official library reads what was edited, finds each resource stamped, and everything else as
// it was, whatever fields a request uses.
TEST(Editor, ChangesNothingButWhatItIsToldTo) {
  Editor editor({.place = {.datacenter = "fra1"}});
  RandomRequest random(20);
  for (int i = 0; i < 300; ++i) {
    ExportTraceServiceRequest original = random.next(), edited;
    SharedBytes bytes =
        editor.edit(otlp::Signal::kTraces, SharedBytes::take(original.SerializeAsString()));
    ASSERT_TRUE(edited.ParseFromArray(bytes.view().data(), static_cast<int>(bytes.size())));
    ASSERT_EQ(edited.resource_spans_size(), original.resource_spans_size());
    for (int group = 0; group < edited.resource_spans_size(); ++group) {
      auto& spans = *edited.mutable_resource_spans(group);
      EXPECT_TRUE(remove_place(*spans.mutable_resource()->mutable_attributes()));
      if (!original.resource_spans(group).has_resource()) spans.clear_resource();
    }
    EXPECT_EQ(edited.SerializeAsString(), original.SerializeAsString());
  }
}

}  // namespace
}  // namespace clew::agent
