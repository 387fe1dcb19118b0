#include "main/opamp_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "main/config_file.h"
#include "main/roles.h"

namespace clew {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

/// What a file's text makes of an agent, or what is wrong with it.
Result<AgentConfig> agent(const std::string& extensions) {
  AgentConfig config;
  std::string yaml = "exporters: {otlp: {endpoint: 'store:4317'}}\n" + extensions;
  auto read = in_order([&] { return apply_yaml("a.yaml", yaml, settings_of(config)); },
                       [&] { return validate(config); });
  if (!read) return std::unexpected(read.error());
  return config;
}

std::string problem(const std::string& extensions) {
  auto read = agent(extensions);
  return read ? "" : read.error().message;
}

TEST(OpampConfig, ReadsWhatACollectorsExtensionHas) {
  auto config = agent(R"(
extensions:
  opamp:
    server:
      http:
        endpoint: https://store.internal:4318/v1/opamp
        polling_interval: 10s
        headers: {x-room: "7"}
        tls: {ca_file: /etc/ca.pem}
        bearer_token: secret
    instance_uid: 01936f0a-9c1e-7cc0-95e2-0123456789ab
    agent_description:
      non_identifying_attributes: {deployment.environment.name: prod}
  opamp/second:
    server: {http: {endpoint: "http://other:4320"}}
)");
  ASSERT_TRUE(config) << config.error().message;
  const OpampConfig& first = config->opamp.at("opamp");
  EXPECT_EQ(first.server.endpoint, "https://store.internal:4318/v1/opamp");
  EXPECT_EQ(first.polling_interval, 10s);
  EXPECT_EQ(first.server.headers, (net::HttpFields{{"x-room", "7"}}));
  EXPECT_EQ(first.server.tls.files.ca_file, "/etc/ca.pem");
  EXPECT_TRUE(first.server.auth.bearer);
  EXPECT_EQ(opamp::uuid_text(*first.instance_uid), "01936f0a-9c1e-7cc0-95e2-0123456789ab");
  EXPECT_EQ(config->opamp.at("opamp/second").polling_interval, 30s);
  auto description = describe_agent(*config, first, *first.instance_uid);
  EXPECT_EQ(description.find("service.name"), "clew.agent");
  EXPECT_EQ(description.find("service.instance.id"), "01936f0a-9c1e-7cc0-95e2-0123456789ab");
  EXPECT_EQ(description.find("os.type"), "linux");
  EXPECT_NE(description.find("host.name"), "");
  EXPECT_THAT(description.others, Contains(Pair("deployment.environment.name", "prod")));
}

TEST(OpampConfig, ThePlaceIsPartOfTheDescription) {
  auto config = agent("place: {host: web-3, edge: ams}");
  ASSERT_TRUE(config) << config.error().message;
  auto description = describe_agent(*config, {}, opamp::new_instance_uid(1));
  EXPECT_EQ(description.find("host.name"), "web-3");
  EXPECT_EQ(description.find("clew.edge"), "ams");
}

TEST(OpampConfig, SaysWhatIsWrong) {
  EXPECT_EQ(problem(""), "");
  EXPECT_THAT(problem("extensions: {opamp: {server: {ws: {endpoint: 'ws://a/v1/opamp'}}}}"),
              HasSubstr("a.yaml:2: extensions.opamp.server.ws: an agent of Clew speaks OpAMP over "
                        "plain HTTP: use http"));
  EXPECT_THAT(problem("extensions: {zpages: {}}"), HasSubstr("extensions.zpages: unknown"));
  EXPECT_THAT(problem("extensions: {opamp/x: {}}"),
              HasSubstr("extensions.opamp/x: server.http.endpoint is not set"));
  EXPECT_THAT(problem("extensions: {opamp: }"),
              HasSubstr("extensions.opamp: server.http.endpoint"));
  auto with = [](const std::string& http, const std::string& more = "") {
    return problem("extensions: {opamp: {server: {http: {" + http + "}}" + more + "}}");
  };
  EXPECT_THAT(with("endpoint: 'store:4318'"), HasSubstr("extensions.opamp: endpoint"));
  EXPECT_THAT(with("endpoint: 'http://a', polling_interval: 10ms"), HasSubstr("at least 1s"));
  EXPECT_THAT(with("endpoint: 'http://a', timeout: 0s"), HasSubstr("timeout"));
  EXPECT_THAT(with("endpoint: 'http://a', pol_interval: 9s"), HasSubstr("unknown"));
  EXPECT_THAT(with("endpoint: 'http://a'", ", instance_uid: 12"), HasSubstr("is no UUID"));
}

TEST(OpampConfig, TheUsualPathNeedNotBeSaid) {
  EXPECT_EQ(opamp_url("http://store:4318"), "http://store:4318/v1/opamp");
  EXPECT_EQ(opamp_url("http://store:4318/"), "http://store:4318/v1/opamp");
  EXPECT_EQ(opamp_url("http://store/fleet"), "http://store/fleet");
}

}  // namespace
}  // namespace clew
