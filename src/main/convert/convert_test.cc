#include "main/convert/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "main/config_file.h"

namespace clew::convert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Conversion converted(const std::string& yaml) {
  auto conversion = convert("old.yaml", yaml);
  EXPECT_TRUE(conversion.has_value()) << conversion.error().message;
  return conversion.value_or(Conversion{});
}

/// A golden pair of test/data/convert: NAME.yaml, NAME.clew.yaml and, if not everything could be
/// taken over, NAME.left_out.
void expect_golden(const std::string& name) {
  std::string base = "test/data/convert/" + name;
  auto input = read_file(base + ".yaml");
  auto yaml = read_file(base + ".clew.yaml");
  ASSERT_TRUE(input.has_value() && yaml.has_value()) << base;
  auto left_out = read_file(base + ".left_out");
  auto conversion = convert(name + ".yaml", *input);
  ASSERT_TRUE(conversion.has_value()) << conversion.error().message;
  EXPECT_EQ(conversion->yaml, *yaml);
  std::string lines;
  for (const std::string& line : conversion->left_out) lines += line + "\n";
  EXPECT_EQ(lines, left_out.value_or(""));
}

TEST(Convert, GrafanaAgentThatClewReplacesWhole) {
  expect_golden("grafana_agent");
}

TEST(Convert, GrafanaAgentWithPartsThatClewLacks) {
  expect_golden("grafana_agent_more");
}

TEST(Convert, CollectorThatClewReplacesWhole) {
  expect_golden("collector");
}

TEST(Convert, CollectorWithKafka) {
  expect_golden("collector_kafka");
}

TEST(Convert, CollectorWithPartsThatClewLacks) {
  expect_golden("collector_more");
}

TEST(Convert, OtherFilesAreRefused) {
  EXPECT_THAT(convert("a.yaml", "scrape_configs: []\n").error().message,
              HasSubstr("a.yaml: neither a Grafana Agent's static configuration"));
  EXPECT_THAT(convert("a.yaml", "a: [\n").error().message, HasSubstr("a.yaml:2: "));
  EXPECT_FALSE(convert("a.yaml", "").has_value());
  EXPECT_FALSE(convert("a.yaml", "- 1\n").has_value());
}

TEST(Convert, TextsStayTexts) {
  Conversion conversion = converted(R"(
receivers: {otlp: {protocols: {grpc: }}}
processors:
  attributes:
    actions:
      - {action: insert, key: a, value: "17"}
      - {action: insert, key: b, value: 17}
      - {action: insert, key: c, value: "x: \"y\" \\ #"}
exporters: {debug: }
service: {pipelines: {traces: {receivers: [otlp], processors: [attributes], exporters: [debug]}}}
)");
  EXPECT_THAT(conversion.yaml, HasSubstr("value: \"17\"\n"));
  EXPECT_THAT(conversion.yaml, HasSubstr("value: 17\n"));
  EXPECT_THAT(conversion.yaml, HasSubstr("value: \"x: \\\"y\\\" \\\\ #\"\n"));
  EXPECT_THAT(conversion.left_out, ElementsAre());
}

TEST(Convert, VariablesAreTold) {
  Conversion conversion = converted(R"(
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:HOST}:4317"}}}}
exporters: {debug: }
service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}
)");
  ASSERT_EQ(conversion.left_out.size(), 1u);
  EXPECT_EQ(conversion.left_out[0],
            "old.yaml:2: receivers.otlp.protocols.grpc.endpoint: Clew expands no variables: write "
            "the value, or use a file or a flag");
}

}  // namespace
}  // namespace clew::convert
