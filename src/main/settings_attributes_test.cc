#include <gtest/gtest.h>

#include "main/config_file.h"
#include "main/roles.h"
#include "otlp/span.h"

namespace clew {
namespace {

/// The problems of a YAML text read as an agent's configuration; "" if there are none.
std::string problems(const std::string& yaml) {
  AgentConfig config;
  auto applied = apply_yaml("agent.yaml", yaml, settings_of(config));
  return applied ? "" : applied.error().message;
}

/// What an `attributes:` section makes of a span without attributes: "key: value (type)" a line.
std::string inserted(const std::string& yaml) {
  AgentConfig config;
  auto applied = apply_yaml("agent.yaml", yaml, settings_of(config));
  EXPECT_TRUE(applied.has_value()) << applied.error().message;
  std::string span;
  agent::AttributeList list(span, otlp::fields::span::kAttributes);
  for (const agent::AttributeAction& action : config.edits.actions) action.apply(list, {});
  std::string text;
  for (const auto& entry : list.entries())
    text += fmt::format("{}: {} ({})\n", entry.key, entry.value().text(),
                        static_cast<int>(entry.value().type()));
  return text;
}

TEST(SettingsAttributes, ValuesHaveTheTypeThatYamlGivesThem) {
  EXPECT_EQ(inserted(R"(
attributes:
  - {action: insert, key: text, value: shop}
  - {action: insert, key: quoted, value: "17"}
  - {action: insert, key: whole, value: 17}
  - {action: insert, key: real, value: 0.5}
  - {action: insert, key: truth, value: true}
  - {action: insert, key: list, value: [a, 1]}
  - {action: insert, key: map, value: {a: 1}}
)"),
            "text: shop (1)\n"
            "quoted: 17 (1)\n"
            "whole: 17 (3)\n"
            "real: 0.5 (4)\n"
            "truth: true (2)\n"
            "list: [\"a\",1] (5)\n"
            "map: {\"a\":1} (6)\n");
}

TEST(SettingsAttributes, TakesEveryField) {
  EXPECT_EQ(problems(R"(
attributes:
  - action: delete
    scope: event
    key: a
    pattern: ^b
    include: {match_type: regexp, services: [^shop], span_names: [GET]}
    exclude: {attributes: [{key: keep}, {key: env, value: dev}]}
  - {action: upsert, scope: resource, key: b, from_attribute: a}
  - {action: hash, scope: log, key: user}
  - action: redact
    allowed_keys: [a]
    ignored_keys: [b]
    blocked_key_patterns: [token]
    blocked_values: ["[0-9]{16}"]
    allowed_values: ["^0"]
)"),
            "");
}

TEST(SettingsAttributes, ErrorsTellTheActionAndItsLine) {
  EXPECT_EQ(problems("attributes:\n  - {action: drop, key: a}\n"),
            "agent.yaml:2: attributes[0].action: \"drop\" is not one of "
            "insert|update|upsert|delete|hash|redact\n"
            "agent.yaml:2: attributes[0]: insert, update and upsert need key, and value or "
            "from_attribute");
  EXPECT_EQ(problems("attributes:\n  - key: a\n"),
            "agent.yaml:2: attributes[0]: action is missing: "
            "insert|update|upsert|delete|hash|redact");
  EXPECT_EQ(problems("attributes:\n  - {action: delete, pattern: \"(\"}\n"),
            "agent.yaml:2: attributes[0]: \"(\" is no regular expression: missing ): (");
  EXPECT_EQ(problems("attributes:\n  - {action: delete, keys: a}\n"),
            "agent.yaml:2: attributes[0].keys: unknown setting (did you mean "
            "attributes[0].key?)\n"
            "agent.yaml:2: attributes[0]: delete and hash need key or pattern");
}

}  // namespace
}  // namespace clew
