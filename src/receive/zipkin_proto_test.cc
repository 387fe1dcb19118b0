// Zipkin's protobuf as the official library writes it.
#include "receive/zipkin_proto.h"

#include <gtest/gtest.h>
#include <zipkin.pb.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/limits.h"
#include "otlp/json_writer.h"
#include "receive/decoder_testing.h"
#include "receive/ip_text.h"
#include "receive/zipkin_json.h"

namespace clew::receive {
namespace {

namespace proto = zipkin::proto3;

Result<std::string> decode(std::string_view bytes) {
  return zipkin_proto_to_otlp(bytes, /*parse_string_tags=*/false);
}

std::string hex(std::string_view raw) {
  std::string out;
  for (char c : raw) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

nlohmann::json json_of(const proto::Endpoint& endpoint) {
  return {{"serviceName", endpoint.service_name()},
          {"ipv4", ip_text(endpoint.ipv4())},
          {"ipv6", ip_text(endpoint.ipv6())},
          {"port", endpoint.port()}};
}

/// The same list in Zipkin's JSON; tags in the order in which the message writes them.
std::string json_of(const proto::ListOfSpans& list) {
  auto spans = nlohmann::ordered_json::array();
  for (const proto::Span& span : list.spans()) {
    nlohmann::ordered_json json = {{"traceId", hex(span.trace_id())},
                                   {"id", hex(span.id())},
                                   {"name", span.name()},
                                   {"timestamp", span.timestamp()},
                                   {"duration", span.duration()},
                                   {"localEndpoint", json_of(span.local_endpoint())},
                                   {"remoteEndpoint", json_of(span.remote_endpoint())},
                                   {"debug", span.debug()},
                                   {"shared", span.shared()}};
    if (!span.parent_id().empty()) json["parentId"] = hex(span.parent_id());
    if (span.kind() != 0) json["kind"] = proto::Span_Kind_Name(span.kind());
    for (const auto& annotation : span.annotations())
      json["annotations"].push_back(
          {{"timestamp", annotation.timestamp()}, {"value", annotation.value()}});
    for (const auto& [key, value] : span.tags()) json["tags"][key] = value;
    spans.push_back(json);
  }
  return spans.dump();
}

class RandomZipkin {
 public:
  proto::ListOfSpans next() {
    proto::ListOfSpans list;
    for (uint64_t left = below(4); left > 0; --left) fill(*list.add_spans());
    return list;
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  std::string id(size_t size) {
    std::string out;
    for (size_t i = 0; i < size; ++i) out += static_cast<char>(1 + below(255));
    return out;
  }
  std::string text() {
    static const std::string kTexts[] = {"", "error", "true", "span.kind", "äö", "net.peer.ip"};
    return kTexts[below(std::size(kTexts))];
  }
  void fill(proto::Endpoint& endpoint) {
    endpoint.set_service_name(text());
    if (below(2) == 0) endpoint.set_ipv4(id(4));
    if (below(2) == 0) endpoint.set_ipv6(id(16));
    endpoint.set_port(static_cast<int32_t>(below(65'536)));
  }
  void fill(proto::Span& span) {
    span.set_trace_id(id(below(2) == 0 ? 8 : 16));
    span.set_id(id(8));
    if (below(2) == 0) span.set_parent_id(id(8));
    span.set_kind(static_cast<proto::Span_Kind>(below(5)));
    span.set_name(text());
    span.set_timestamp(below(2) * below(2'000'000'000'000'000));
    span.set_duration(below(1'000'000));
    fill(*span.mutable_local_endpoint());
    fill(*span.mutable_remote_endpoint());
    for (uint64_t left = below(3); left > 0; --left) {
      auto* annotation = span.add_annotations();
      annotation->set_timestamp(1 + below(2'000'000'000'000'000));
      annotation->set_value(text());
    }
    // One tag: the order of a map is the library's affair.
    if (below(2) == 0) (*span.mutable_tags())[text()] = text();
    span.set_debug(below(2) == 0);
    span.set_shared(below(2) == 0);
  }

  std::mt19937_64 random_{1};
};

TEST(ZipkinProto, BecomesWhatTheSameSpansInJsonBecome) {
  RandomZipkin random;
  for (int round = 0; round < 500 && !HasFailure(); ++round) {
    proto::ListOfSpans list = random.next();
    auto ours = decode(list.SerializeAsString());
    ASSERT_TRUE(ours.has_value()) << ours.error().message;
    auto expected = zipkin_v2_json_to_otlp(json_of(list));
    ASSERT_TRUE(expected.has_value()) << expected.error().message << json_of(list);
    EXPECT_EQ(otlp::request_json(*ours), otlp::request_json(*expected)) << json_of(list);
  }
}

TEST(ZipkinProto, StringTagsAreParsedIfAskedFor) {
  proto::ListOfSpans list;
  auto* span = list.add_spans();
  span->set_trace_id("8 octets");
  span->set_id("8 octets");
  (*span->mutable_tags())["whole"] = "-42";
  (*span->mutable_tags())["real"] = "0.25";
  (*span->mutable_tags())["yes"] = "true";
  for (std::string key : {"1.", ".5", "1e3", "0x1", "", "-", "TRUE", "99999999999999999999"})
    (*span->mutable_tags())["text " + key] = key;
  auto bytes = zipkin_proto_to_otlp(list.SerializeAsString(), /*parse_string_tags=*/true);
  auto batch = otlp::Batch::index(SharedBytes::take(bytes.value())).value();
  auto attributes = batch.decode(batch.spans()[0]).attributes();
  EXPECT_EQ(attributes.find("whole")->as_int(), -42);
  EXPECT_EQ(attributes.find("real")->as_double(), 0.25);
  EXPECT_TRUE(attributes.find("yes")->as_bool());
  for (otlp::Attribute attribute : attributes)
    EXPECT_EQ(attribute.value.type() == otlp::ValueType::kString,
              attribute.key.starts_with("text "))
        << attribute.key;
}

TEST(ZipkinProto, DamageAndOtherIdsAreRefused) {
  proto::ListOfSpans list;
  auto* span = list.add_spans();
  span->set_trace_id("123456789");
  EXPECT_EQ(testing::refusal(decode, list.SerializeAsString()), "an ID of 9 bytes");
  EXPECT_EQ(testing::refusal(decode, "\x0A\xFF"),
            "not a protobuf message of this kind: end of buffer exception");
}

TEST(ZipkinProto, TooManyTagsAreRefused) {
  proto::ListOfSpans list;
  auto* span = list.add_spans();
  span->set_trace_id("8 octets");
  span->set_id("8 octets");
  for (size_t i = 0; i < limits::kFieldsPerSpan; ++i) span->add_annotations();
  EXPECT_EQ(testing::refusal(decode, list.SerializeAsString()), "accepted");
  span->add_annotations();
  EXPECT_NE(testing::refusal(decode, list.SerializeAsString()).find("more than 65536"),
            std::string::npos);
}

TEST(IpText, WritesBothFamilies) {
  using namespace std::string_view_literals;
  EXPECT_EQ(ip_text("\x0A\0\0\x01"sv), "10.0.0.1");
  EXPECT_EQ(ip_text("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"sv), "2001:db8::1");
  EXPECT_EQ(ip_text("\0\0\0\0"sv), "");
  EXPECT_EQ(ip_text("123"), "");
}

}  // namespace
}  // namespace clew::receive
