#include "otlp/payload.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "otlp/attribute_writer.h"
#include "otlp/testing.h"

namespace clew::otlp {
namespace {

using namespace testing;

std::string field(fields::Tag tag, std::string_view content) {
  std::string out;
  append_field(out, tag, content);
  return out;
}

/// A request whose one group and scope hold `items`, each under the tag that all signals have.
std::string request_of(const std::vector<std::string>& items) {
  std::string scope;
  for (const std::string& item : items) scope += field(2, item);
  return field(1,
               field(1, field(1, key_value("service.name", any_string("shop")))) + field(2, scope));
}

Result<Payload> logs(std::string bytes) {
  return Payload::check(Signal::kLogs, SharedBytes::take(std::move(bytes)));
}

TEST(Payload, CountsLogRecords) {
  auto payload = logs(request_of({field(5, any_string("a line")), field(5, any_int(7)), ""}));
  ASSERT_TRUE(payload.has_value()) << payload.error().message;
  EXPECT_EQ(payload->items(), 3u);
  EXPECT_EQ(payload->signal(), Signal::kLogs);
}

TEST(Payload, CountsDataPointsOfEveryKind) {
  std::string points = field(1, "") + field(1, "");
  std::vector<std::string> metrics;
  for (fields::Tag kind : {5, 7, 9, 10, 11}) metrics.push_back(field(kind, points));
  metrics.push_back(field(1, "a metric without data"));
  auto payload = Payload::check(Signal::kMetrics, SharedBytes::take(request_of(metrics)));
  ASSERT_TRUE(payload.has_value()) << payload.error().message;
  EXPECT_EQ(payload->items(), 10u);
}

TEST(Payload, AnEmptyRequestHasNothing) {
  auto payload = logs("");
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->items(), 0u);
}

TEST(Payload, UnknownFieldsAndPackedNumbersAreLeftAlone) {
  std::string point = field(6, std::string(16, '\1')) + field(7, std::string(8, '\1'));
  EXPECT_TRUE(
      Payload::check(Signal::kMetrics, SharedBytes::take(request_of({field(9, field(1, point))})))
          .has_value());
  EXPECT_TRUE(logs(request_of({field(99, "from a later version")})).has_value());
}

TEST(Payload, ARequestCutAtAnyByteIsRefusedOrLosesNothingSilently) {
  // Cut between two fields of the outermost message a request is whole, only shorter.
  std::string one = request_of({field(5, any_string("a line")) + field(9, std::string(16, '\7'))});
  std::string two = one + one;
  for (size_t size = 1; size < two.size(); ++size)
    EXPECT_EQ(logs(two.substr(0, size)).has_value(), size == one.size()) << size;
}

TEST(Payload, SaysWhichByteIsWrong) {
  auto wrong_type = logs(request_of({std::string("\x28\x01", 2)}));  // body as a varint
  ASSERT_FALSE(wrong_type.has_value());
  EXPECT_EQ(wrong_type.error().code, Code::kMalformed);
  EXPECT_EQ(wrong_type.error().message,
            "OTLP request: byte 32: field 5 has wire type 0 instead of 2");
  auto wrong_id = logs(request_of({field(9, "short")}));
  ASSERT_FALSE(wrong_id.has_value());
  EXPECT_EQ(wrong_id.error().message, "OTLP request: byte 32: an ID of 5 bytes, it must have 16");
}

TEST(Payload, NestingEndsAtItsLimit) {
  auto nested = [](int depth) {
    std::string value = any_string("x");
    for (int i = 1; i < depth; ++i) value = field(5, field(1, value));
    return request_of({field(5, value)});
  };
  EXPECT_TRUE(logs(nested(limits::kValueDepth)).has_value());
  auto deeper = logs(nested(limits::kValueDepth + 1));
  ASSERT_FALSE(deeper.has_value());
  EXPECT_EQ(deeper.error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace clew::otlp
