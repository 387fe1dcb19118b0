#include "query/clock_skew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <protozero/pbf_writer.hpp>

#include "otlp/jaeger_proto.h"
#include "otlp/testing.h"
#include "otlp/writer.h"

namespace clew::query {
namespace {

using namespace otlp::testing;
using std::chrono::milliseconds;

constexpr UnixNanos kMs = 1'000'000, kStart = 1'700'000'000'000 * kMs;
constexpr milliseconds kMost{500};

/// Times in milliseconds after kStart.
struct Times {
  int64_t start, end;
  bool operator==(const Times&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Times& times) {
  return out << times.start << "…" << times.end;
}

std::vector<Times> times_of(const otlp::Batch& trace) {
  std::vector<Times> times(trace.spans().size());
  for (const otlp::SpanRef& ref : trace.spans()) {
    otlp::Span span = trace.decode(ref);
    auto after = [](UnixNanos time) {
      return (static_cast<int64_t>(time) - static_cast<int64_t>(kStart)) /
             static_cast<int64_t>(kMs);
    };
    times.at(static_cast<size_t>(span.span_id.raw().back()) - 1) = {after(span.start),
                                                                    after(span.end)};
  }
  return times;
}

struct HostSpan {
  std::string host;  // empty: its resource does not say
  std::string bytes;
};

HostSpan span(uint64_t id, uint64_t parent, std::string host, int64_t start, uint64_t lasts) {
  return {std::move(host), span_bytes({.trace = 7,
                                       .span = id,
                                       .parent = parent,
                                       .start = kStart + static_cast<uint64_t>(start) * kMs,
                                       .duration = lasts * kMs})};
}

otlp::Batch trace_of(const std::vector<HostSpan>& spans) {
  std::vector<std::string> resources;
  resources.reserve(spans.size());
  otlp::RequestWriter writer;
  for (const HostSpan& span : spans) {
    std::string& resource = resources.emplace_back();
    if (!span.host.empty())
      protozero::pbf_writer(resource).add_message(otlp::fields::resource::kAttributes,
                                                  key_value("host.name", any_string(span.host)));
    writer.add({.bytes = resource}, {}, span.bytes);
  }
  return *otlp::Batch::index(SharedBytes::take(writer.finish()));
}

std::vector<Times> corrected(const std::vector<HostSpan>& spans) {
  return times_of(correct_clock_skew(trace_of(spans), kMost));
}

TEST(ClockSkew, MovesAChildIntoTheMiddleOfItsParent) {
  EXPECT_EQ(corrected({span(1, 0, "a", 0, 100), span(2, 1, "b", -50, 40)}),
            (std::vector<Times>{{0, 100}, {30, 70}}));
  EXPECT_EQ(corrected({span(1, 0, "a", 0, 100), span(2, 1, "b", 90, 40)}),
            (std::vector<Times>{{0, 100}, {30, 70}}));
}

TEST(ClockSkew, LeavesAloneWhatFitsAndWhatIsOfTheSameHost) {
  for (const auto& spans : {std::vector{span(1, 0, "a", 0, 100), span(2, 1, "b", 60, 40)},
                            std::vector{span(1, 0, "a", 0, 100), span(2, 1, "a", -50, 40)},
                            std::vector{span(1, 0, "a", 0, 100), span(2, 1, "b", 10, 400)}}) {
    otlp::Batch before = trace_of(spans);
    otlp::Batch after = correct_clock_skew(before, kMost);
    EXPECT_EQ(after.bytes().view(), before.bytes().view());
  }
}

TEST(ClockSkew, WhatLastsLongerThanItsParentBeginsWithIt) {
  EXPECT_EQ(corrected({span(1, 0, "a", 0, 100), span(2, 1, "b", -50, 200)}),
            (std::vector<Times>{{0, 100}, {0, 200}}));
}

TEST(ClockSkew, AHostMovesAsAWhole) {
  EXPECT_EQ(corrected({span(1, 0, "a", 0, 100), span(2, 1, "b", -50, 40), span(3, 2, "b", -40, 10),
                       span(4, 3, "a", 45, 4)}),
            (std::vector<Times>{{0, 100}, {30, 70}, {40, 50}, {45, 49}}));
}

TEST(ClockSkew, UnknownHostsAreAllOthers) {
  EXPECT_EQ(corrected({span(1, 0, "", 0, 100), span(2, 1, "", -50, 40)}),
            (std::vector<Times>{{0, 100}, {30, 70}}));
}

TEST(ClockSkew, SaysWhatItDoes) {
  std::vector<HostSpan> spans = {span(1, 0, "a", 0, 100), span(2, 1, "b", -50, 40),
                                 span(3, 1, "c", -2000, 40), span(4, 99, "a", 0, 1)};
  otlp::Batch trace = trace_of(spans);
  auto found = find_clock_skew(trace, kMost);
  std::map<char, SkewCorrection> by_id;
  for (size_t i = 0; i < found.size(); ++i)
    by_id[trace.decode(trace.spans()[i]).span_id.raw().back()] = found[i];
  EXPECT_EQ(by_id[1].warning, "");
  EXPECT_EQ(by_id[2].shift, 80 * static_cast<int64_t>(kMs));
  EXPECT_TRUE(by_id[2].warning.contains("moved by 80ms")) << by_id[2].warning;
  EXPECT_EQ(by_id[3].shift, 0);
  EXPECT_TRUE(by_id[3].warning.contains("2030ms, more than the 500ms")) << by_id[3].warning;
  EXPECT_TRUE(by_id[4].warning.contains("0000000000000063 is not in the trace"))
      << by_id[4].warning;
  otlp::Batch after = correct_clock_skew(trace, kMost);
  for (const otlp::SpanRef& ref : after.spans()) {
    otlp::Span one = after.decode(ref);
    auto warnings = one.attributes().find(otlp::kJaegerWarnings);
    ASSERT_EQ(warnings.has_value(), one.span_id != span_id(1));
    if (!warnings) continue;
    std::vector<std::string> texts;
    for (const otlp::Value& text : warnings->elements()) texts.push_back(text.text());
    EXPECT_EQ(texts, std::vector{by_id[one.span_id.raw().back()].warning});
  }
}

TEST(ClockSkew, OffMeansUntouched) {
  otlp::Batch trace = trace_of({span(1, 0, "a", 0, 100), span(2, 1, "b", -50, 40)});
  EXPECT_EQ(correct_clock_skew(trace, milliseconds(0)).bytes().view(), trace.bytes().view());
}

TEST(ClockSkew, CirclesAndRepeatedIdsEnd) {
  otlp::Batch trace =
      trace_of({span(1, 2, "a", 0, 100), span(2, 1, "b", -50, 40), span(3, 3, "c", 0, 1),
                span(4, 0, "a", 0, 9), span(4, 0, "b", 0, 8)});
  auto found = find_clock_skew(trace, kMost);
  EXPECT_EQ(std::ranges::count_if(found, [](const auto& one) { return one.shift != 0; }), 0);
  EXPECT_EQ(std::ranges::count_if(found, [](const auto& one) { return !one.warning.empty(); }), 1);
}

TEST(ClockSkew, EventsMoveWithTheirSpan) {
  HostSpan late = span(2, 1, "b", -50, 40);
  std::string event;
  protozero::pbf_writer(event).add_fixed64(otlp::fields::event::kTime, kStart - 40 * kMs);
  protozero::pbf_writer(late.bytes).add_message(otlp::fields::span::kEvents, event);
  otlp::Batch after = correct_clock_skew(trace_of({span(1, 0, "a", 0, 100), late}), kMost);
  int events = 0;
  for (const otlp::SpanRef& ref : after.spans()) {
    for (const otlp::Event& event : after.decode(ref).events()) {
      EXPECT_EQ(event.time, kStart + 40 * kMs);
      ++events;
    }
  }
  EXPECT_EQ(events, 1);
}

}  // namespace
}  // namespace clew::query
