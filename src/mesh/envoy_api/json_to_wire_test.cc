// Beside protobuf's own converter: what it takes is taken and means the same, what it refuses is
// refused.
#include "mesh/envoy_api/json_to_wire.h"

#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::envoy_api {
namespace {

namespace pb = google::protobuf;
using nlohmann::json;
using ::testing::HasSubstr;

const pb::Descriptor* find(std::string_view url) {
  return pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
      std::string(url.substr(url.rfind('/') + 1)));
}

/// What both make of it, as text; "refused" if they do not take it.
template <class Message>
void expect_same(const std::string& text) {
  Message theirs, ours;
  bool they_take = pb::util::JsonStringToMessage(text, &theirs).ok();
  auto bytes = json_to_wire(*Message::descriptor(), json::parse(text), find);
  ASSERT_EQ(bytes.has_value(), they_take) << text << (bytes ? "" : bytes.error().message);
  if (!they_take) return;
  ASSERT_TRUE(ours.ParseFromString(*bytes)) << text;
  EXPECT_EQ(ours.DebugString(), theirs.DebugString()) << text;
}

TEST(JsonToWire, TakesScalarsAsProtobufDoes) {
  for (const char* number : {"0",
                             "1",
                             "-1",
                             "\"12\"",
                             "\"-7\"",
                             "5.0",
                             "5.5",
                             "1e3",
                             "2147483647",
                             "2147483648",
                             "-2147483648",
                             "4294967295",
                             "4294967296",
                             "\"x\"",
                             "\"\"",
                             "true",
                             "[]",
                             "9007199254740993",
                             "\"9007199254740993\"",
                             "18446744073709551615",
                             "18446744073709551616"}) {
    expect_same<pb::Int32Value>(number);
    expect_same<pb::UInt32Value>(number);
    expect_same<pb::Int64Value>(number);
    expect_same<pb::UInt64Value>(number);
  }
  for (const char* real :
       {"1.5", "\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "\"1.5\"", "7", "\"x\""}) {
    expect_same<pb::DoubleValue>(real);
    expect_same<pb::FloatValue>(real);
  }
  for (const char* other : {"true", "false", "\"true\"", "1", "\"text\"", "\"YWI=\"", "\"YWI\""}) {
    if (std::string(other) != "\"true\"") expect_same<pb::BoolValue>(other);
    expect_same<pb::StringValue>(other);
    if (std::string(other) != "\"text\"") expect_same<pb::BytesValue>(other);
  }
}

TEST(JsonToWire, TakesStructuresAsProtobufDoes) {
  expect_same<pb::Struct>(R"({"a": 1, "b": [true, null, "x", {"c": []}], "d": {}})");
  expect_same<pb::Value>("null");
  expect_same<pb::ListValue>("[1, [2], null]");
  expect_same<pb::Any>(
      R"({"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3.25s"})");
  expect_same<pb::Any>(R"({"@type": "type.googleapis.com/google.protobuf.Option", "name": "n"})");
  expect_same<pb::Any>("{}");
  expect_same<pb::Any>(R"({"@type": "a/b"})");
  expect_same<pb::Any>(R"({"value": "3s"})");
  expect_same<pb::Type>(R"({"name": "T", "oneofs": ["a", "b"], "syntax": "SYNTAX_PROTO3",
      "sourceContext": {"fileName": "f"}, "fields": [{"kind": 9, "packed": true}]})");
  expect_same<pb::Type>(R"({"source_context": {"file_name": "f"}, "name": null})");
  expect_same<pb::Type>(R"({"fields": [{"kind": "TYPE_NONE"}]})");
  expect_same<pb::Type>(R"({"nome": "T"})");
  expect_same<pb::Type>("[]");
  for (const char* time : {"\"1s\"", "\"-1.5s\"", "\"0.000000001s\"", "\"1.s\"", "\"1\"", "\"s\"",
                           "\"1.0000000001s\"", "\"315576000001s\"", "1", "\"--1s\""})
    expect_same<pb::Any>(fmt::format(
        R"({{"@type": "type.googleapis.com/google.protobuf.Duration", "value": {}}})", time));
}

TEST(JsonToWire, SaysWhere) {
  auto error = [](const char* text) {
    return json_to_wire(*pb::Type::descriptor(), json::parse(text), find).error().message;
  };
  EXPECT_EQ(error(R"({"fields": [{}, {"kind": "X"}]})"), "fields[1].kind: no such value");
  EXPECT_EQ(error(R"({"name": 1})"), "name: not a string");
  EXPECT_EQ(error("[]"), "not an object");
  EXPECT_THAT(error(R"({"options": [{"value": {"@type": "a/b"}}]})"),
              HasSubstr("options[0].value: unknown @type a/b"));
  json deep = json::array();
  for (int i = 0; i < 200; ++i) deep = json::array({deep});
  EXPECT_THAT(json_to_wire(*pb::ListValue::descriptor(), deep, find).error().message,
              HasSubstr("nested too deeply"));
}

TEST(JsonToWire, OfTwoOfOneofOnlyOne) {
  auto both = serialize(kCluster, {{"type", "EDS"}, {"cluster_type", json::object()}});
  EXPECT_THAT(both.error().message, HasSubstr("another of cluster_discovery_type"));
}

}  // namespace
}  // namespace clew::mesh::envoy_api
