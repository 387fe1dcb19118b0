#include "mesh/envoy_api/envoy_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::mesh::envoy_api {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json any(std::string_view type, json fields = json::object()) {
  fields["@type"] = fmt::format("type.googleapis.com/envoy.extensions.filters.{}", type);
  return fields;
}

json listener() {
  json manager = json::parse(R"({
    "stat_prefix": "in",
    "stream_idle_timeout": "1.500s",
    "tracing": {"random_sampling": {"value": 12.5}, "spawn_upstream_span": true},
    "rds": {
      "route_config_name": "r",
      "config_source": {"ads": {}, "resource_api_version": "V3"}
    },
    "http_filters": [{"name": "envoy.filters.http.router"}]
  })");
  manager["http_filters"][0]["typed_config"] = any("http.router.v3.Router");
  json made = json::parse(R"({
    "name": "in:80",
    "address": {"socket_address": {"address": "127.0.0.1", "port_value": 80}},
    "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager"}]}]
  })");
  made["filter_chains"][0]["filters"][0]["typed_config"] =
      any("network.http_connection_manager.v3.HttpConnectionManager", manager);
  return made;
}

TEST(EnvoyApi, WritesAMessageAndReadsItBack) {
  auto bytes = serialize(kListener, listener());
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_THAT(*bytes, HasSubstr("\x0a\x05in:80"));
  EXPECT_EQ(json_of(kListener, *bytes).value(), listener());
  EXPECT_EQ(serialize(kListener, listener()).value(), *bytes);
}

TEST(EnvoyApi, KnowsEveryTypeThatProxiesAskFor) {
  for (auto url : {kListener, kRoute, kHost, kCluster, kEndpoint, kSecret, kRuntime})
    EXPECT_EQ(serialize(url, json::object()).value(), "") << url;
  EXPECT_TRUE(serialize("type.googleapis.com/envoy.service.discovery.v3.DeltaDiscoveryRequest",
                        json::object()));
  auto unknown = serialize("type.googleapis.com/envoy.api.v9.Listener", json::object());
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
  EXPECT_FALSE(serialize("envoy.config.listener.v3.Listener", json::object()));
}

TEST(EnvoyApi, SaysWhichResourceIsWrongAndWhere) {
  json wrong = listener();
  wrong["filter_chains"][0]["filters"][0]["typed_config"]["stat_prefixx"] = "x";
  auto result = serialize(kListener, wrong);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_THAT(result.error().message, HasSubstr("Listener \"in:80\": "));
  EXPECT_THAT(result.error().message, HasSubstr("stat_prefixx"));

  wrong = listener();
  wrong["address"]["socket_address"]["port_value"] = "eighty";
  EXPECT_THAT(serialize(kListener, wrong).error().message, HasSubstr("port_value"));

  json unknown_any = {{"name", "x"}, {"transport_socket", {{"typed_config", {{"@type", "a/b"}}}}}};
  EXPECT_FALSE(serialize(kCluster, unknown_any));
  EXPECT_FALSE(serialize(kCluster, json{{"name", "\xff"}}));
  EXPECT_FALSE(serialize(kCluster, json::array()));
}

TEST(EnvoyApi, RefusesBytesThatAreNoSuchMessage) {
  EXPECT_EQ(json_of(kListener, "\x0a\x05in").error().code, Code::kMalformed);
}

TEST(EnvoyApi, NamesTypesShortly) {
  EXPECT_EQ(short_name(kEndpoint), "ClusterLoadAssignment");
  EXPECT_EQ(short_name("x"), "x");
}

}  // namespace
}  // namespace clew::mesh::envoy_api
