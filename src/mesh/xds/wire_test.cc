#include "mesh/xds/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::xds {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kDelta =
    "type.googleapis.com/envoy.service.discovery.v3.DeltaDiscoveryRequest";
constexpr std::string_view kFull =
    "type.googleapis.com/envoy.service.discovery.v3.DiscoveryRequest";

std::string encoded(std::string_view type, const json& message) {
  auto bytes = envoy_api::serialize(type, message);
  EXPECT_TRUE(bytes) << bytes.error().message;
  return bytes.value_or("");
}

json node() {
  return json::parse(R"({
    "id": "web-1", "cluster": "web",
    "metadata": {"zone": "fra", "port": 80, "on": true, "none": null, "list": [1],
                 "dataplane": {"token": "t", "a": {"b": {"c": {"d": {"e": "too deep"}}}}}},
    "locality": {"region": "eu", "zone": "fra", "sub_zone": "fra1"},
    "user_agent_name": "envoy",
    "user_agent_build_version": {"version": {"major_number": 1, "minor_number": 40}},
    "extensions": [{"name": "x", "category": "y"}]
  })");
}

TEST(XdsWire, ReadsDeltaRequests) {
  auto request = read_delta_request(encoded(kDelta, {{"node", node()},
                                                     {"type_url", "t"},
                                                     {"resource_names_subscribe", {"a", "b"}},
                                                     {"resource_names_unsubscribe", {"c"}},
                                                     {"initial_resource_versions", {{"d", "1"}}},
                                                     {"response_nonce", "7"}}));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->type_url, "t");
  EXPECT_EQ(request->nonce, "7");
  EXPECT_FALSE(request->refusal);
  EXPECT_THAT(request->names, ElementsAre("a", "b"));
  EXPECT_THAT(request->unsubscribe, ElementsAre("c"));
  EXPECT_THAT(request->known, ElementsAre(Pair("d", "1")));
  ASSERT_TRUE(request->node);
  const Node& node = *request->node;
  EXPECT_EQ(node.id, "web-1");
  EXPECT_EQ(node.cluster, "web");
  EXPECT_EQ(node.agent, "envoy");
  EXPECT_EQ(node.version, "1.40.0");
  EXPECT_EQ(node.region + "/" + node.zone + "/" + node.sub_zone, "eu/fra/fra1");
  EXPECT_THAT(node.metadata,
              UnorderedElementsAre(Pair("zone", "fra"), Pair("port", "80"), Pair("on", "true"),
                                   Pair("dataplane.token", "t")));
}

TEST(XdsWire, ReadsRequestsOfTheStateOfTheWorld) {
  auto request =
      read_request(encoded(kFull, {{"type_url", "t"},
                                   {"version_info", "3"},
                                   {"resource_names", {"a"}},
                                   {"response_nonce", "7"},
                                   {"error_detail", {{"code", 13}, {"message", "malformed"}}}}));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_FALSE(request->node);
  EXPECT_THAT(request->names, ElementsAre("a"));
  EXPECT_EQ(request->nonce, "7");
  ASSERT_TRUE(request->refusal);
  EXPECT_EQ(request->refusal->code, 13);
  EXPECT_EQ(request->refusal->text, "malformed");
}

TEST(XdsWire, RefusesWhatIsDamaged) {
  EXPECT_EQ(read_delta_request("\x12\x05t").error().code, Code::kMalformed);
  EXPECT_EQ(read_delta_request("\x10\x05").error().code, Code::kMalformed);  // a number as text
  EXPECT_EQ(read_request("\x22\x01\xff").error().code, Code::kMalformed);    // no UTF-8
  EXPECT_TRUE(read_request(""));
}

TEST(XdsWire, BoundsWhatItKeeps) {
  json message{{"type_url", "t"}, {"error_detail", {{"message", ""}}}};
  message["error_detail"]["message"] = std::string(limits::kXdsRefusalBytes - 1, 'x') + "ä";
  EXPECT_THAT(read_request(encoded(kFull, message))->refusal->text,
              SizeIs(limits::kXdsRefusalBytes - 1));

  std::string names;
  for (size_t i = 0; i < limits::kXdsNames; ++i) names += "\x1a\x01n";
  EXPECT_TRUE(read_request(names));
  EXPECT_TRUE(read_delta_request(names));
  names += "\x1a\x01n";
  EXPECT_EQ(read_request(names).error().code, Code::kTooLarge);
  EXPECT_EQ(read_delta_request(names).error().code, Code::kTooLarge);

  json named{{"resource_names", {std::string(limits::kXdsNameBytes, 'n')}}};
  EXPECT_TRUE(read_request(encoded(kFull, named)));
  named["resource_names"][0] = std::string(limits::kXdsNameBytes + 1, 'n');
  EXPECT_EQ(read_request(encoded(kFull, named)).error().code, Code::kTooLarge);

  json many = json::object();
  for (size_t i = 0; i <= limits::kXdsMetadata; ++i) many[std::to_string(i)] = "x";
  auto request = read_request(encoded(kFull, {{"node", {{"metadata", many}}}}));
  EXPECT_THAT(request->node->metadata, SizeIs(limits::kXdsMetadata));
}

TEST(XdsWire, WritesWhatEnvoysDescriptorsRead) {
  auto made =
      XdsResource::make(envoy_api::kCluster, "c", {{"name", "c"}, {"connect_timeout", "1s"}});
  ASSERT_TRUE(made);
  std::vector<XdsResourcePtr> resources{*made};
  json cluster{{"@type", envoy_api::kCluster}, {"name", "c"}, {"connect_timeout", "1s"}};

  std::vector<std::string> removed{"gone"};
  auto delta =
      envoy_api::json_of("type.googleapis.com/envoy.service.discovery.v3.DeltaDiscoveryResponse",
                         delta_response(envoy_api::kCluster, "5", 42, resources, removed));
  ASSERT_TRUE(delta) << delta.error().message;
  EXPECT_EQ(
      *delta,
      json(
          {{"system_version_info", "42"},
           {"resources",
            json::array({{{"name", "c"}, {"version", (*made)->version()}, {"resource", cluster}}})},
           {"type_url", envoy_api::kCluster},
           {"removed_resources", {"gone"}},
           {"nonce", "5"},
           {"control_plane", {{"identifier", "clew"}}}}));

  auto full = envoy_api::json_of("type.googleapis.com/envoy.service.discovery.v3.DiscoveryResponse",
                                 response(envoy_api::kCluster, "5", "v", resources));
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(*full, json({{"version_info", "v"},
                         {"resources", json::array({cluster})},
                         {"type_url", envoy_api::kCluster},
                         {"nonce", "5"},
                         {"control_plane", {{"identifier", "clew"}}}}));
}

}  // namespace
}  // namespace clew::mesh::xds
