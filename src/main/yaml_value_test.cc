#include "main/yaml_value.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

struct Rule {
  std::string service;
  double percentage = 100;
  int weight = 1;
  bool enabled = true;
  std::vector<std::string> names;
};

struct ReadRules {
  std::vector<Rule> rules;
  std::string problems;
};

/// Reads `yaml` as a list of rules.
ReadRules read_rules(const std::string& yaml) {
  ReadRules read;
  YamlProblems problems("a.yaml");
  YAML::Node node = YAML::Load(yaml);
  YamlValue(node, node.Mark(), "rules", problems).items([&](const YamlValue& item) {
    Rule& rule = read.rules.emplace_back();
    item.fields({{"service", [&](const YamlValue& v) { v.into(rule.service); }},
                 {"percentage", [&](const YamlValue& v) { v.into(rule.percentage); }},
                 {"weight", [&](const YamlValue& v) { v.into(rule.weight, 1, 10); }},
                 {"enabled", [&](const YamlValue& v) { v.into(rule.enabled); }},
                 {"names", [&](const YamlValue& v) { v.into(rule.names); }}});
  });
  if (auto result = problems.result(); !result) read.problems = result.error().message;
  return read;
}

TEST(YamlValue, ReadsAListOfMappings) {
  auto [rules, problems] = read_rules(
      "- {service: cart, percentage: 12.5, weight: 10, enabled: false, names: [a, b]}\n"
      "- {names: c}\n"
      "- {}\n");
  EXPECT_EQ(problems, "");
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].service, "cart");
  EXPECT_EQ(rules[0].percentage, 12.5);
  EXPECT_EQ(rules[0].weight, 10);
  EXPECT_FALSE(rules[0].enabled);
  EXPECT_EQ(rules[0].names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rules[1].names, (std::vector<std::string>{"c"}));
}

TEST(YamlValue, TellsEveryProblemWithItsLineAndPath) {
  auto [rules, problems] = read_rules(
      "- servce: cart\n"
      "- percentage: nan\n"
      "  weight: 11\n"
      "- enabled: yes\n"
      "  service: [a]\n"
      "- 5\n");
  EXPECT_EQ(problems,
            "a.yaml:1: rules[0].servce: unknown setting (did you mean rules[0].service?)\n"
            "a.yaml:2: rules[1].percentage: \"nan\" is no number\n"
            "a.yaml:3: rules[1].weight: \"11\" is no whole number from 1 to 10\n"
            "a.yaml:4: rules[2].enabled: \"yes\" is neither true nor false\n"
            "a.yaml:5: rules[2].service: a single value is needed\n"
            "a.yaml:6: rules[3]: this is a section; write its settings indented below it");
  EXPECT_EQ(rules[1].percentage, 100);  // what is wrong leaves its place as it was
  EXPECT_EQ(rules[1].weight, 1);
}

TEST(YamlValue, ListsAreNoMappings) {
  EXPECT_EQ(read_rules("{a: b}").problems, "a.yaml:1: rules: a list is needed");
  EXPECT_EQ(read_rules("").problems, "");
}

}  // namespace
}  // namespace clew
