// The section `attributes:`, a list of actions.
#include <algorithm>
#include <charconv>
#include <protozero/pbf_writer.hpp>

#include "main/settings_edit.h"
#include "main/yaml_value.h"
#include "otlp/attribute_writer.h"

namespace clew {
namespace {

using agent::ActionOptions;
using agent::AttributeScope;
using agent::MatchOptions;
using Action = ActionOptions::Action;
namespace v = otlp::fields::any_value;

/// Reads one of the names into `place`.
template <typename T, size_t Size>
void read_name(const YamlValue& value, const std::pair<std::string_view, T> (&names)[Size],
               T& place) {
  value.parsed([&](std::string_view text) -> Result<void> {
    auto found = std::ranges::find(names, text, &std::pair<std::string_view, T>::first);
    if (found == std::end(names)) {
      std::vector<std::string_view> known;
      for (const auto& name : names) known.push_back(name.first);
      return fail(Code::kInvalid, "\"{}\" is not one of {}", text, fmt::join(known, "|"));
    }
    place = found->second;
    return {};
  });
}

template <typename Number>
bool is_number(std::string_view text, Number& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// The AnyValue of a scalar: of the type that YAML gives it, unless it is quoted.
std::string scalar_value(std::string_view text, bool quoted) {
  std::string out;
  protozero::pbf_writer value(out);
  int64_t whole = 0;
  double real = 0;
  if (quoted)
    value.add_string(v::kString, text.data(), text.size());
  else if (text == "true" || text == "false")
    value.add_bool(v::kBool, text == "true");
  else if (is_number(text, whole))
    value.add_int64(v::kInt, whole);
  else if (is_number(text, real))
    value.add_double(v::kDouble, real);
  else
    value.add_string(v::kString, text.data(), text.size());
  return out;
}

/// The AnyValue of a scalar, a list or a mapping.
std::string any_value(const YamlValue& yaml) {
  std::string members, out;
  if (yaml.is_list()) {
    yaml.items([&](const YamlValue& item) {
      otlp::append_field(members, otlp::fields::values::kMember, any_value(item));
    });
    otlp::append_field(out, v::kArray, members);
  } else if (yaml.is_map()) {
    yaml.entries([&](const std::string& key, const YamlValue& value) {
      otlp::append_encoded_attribute(members, otlp::fields::values::kMember, key, any_value(value));
    });
    otlp::append_field(out, v::kMap, members);
  } else if (!yaml.is_empty()) {
    yaml.parsed([&](std::string_view text) -> Result<void> {
      out = scalar_value(text, yaml.is_quoted());
      return {};
    });
  }
  return out;
}

void read_match(const YamlValue& yaml, std::optional<MatchOptions>& place) {
  MatchOptions match;
  constexpr std::pair<std::string_view, bool> kTypes[] = {{"strict", false}, {"regexp", true}};
  auto attribute = [&](const YamlValue& item) {
    MatchOptions::Attribute condition;
    item.fields(
        {{"key", [&](const YamlValue& value) { value.into(condition.key); }},
         {"value", [&](const YamlValue& value) { value.into(condition.value.emplace()); }}});
    match.attributes.push_back(std::move(condition));
  };
  yaml.fields({
      {"match_type", [&](const YamlValue& value) { read_name(value, kTypes, match.regexp); }},
      {"services", [&](const YamlValue& value) { value.into(match.services); }},
      {"span_names", [&](const YamlValue& value) { value.into(match.span_names); }},
      {"attributes", [&](const YamlValue& value) { value.items(attribute); }},
  });
  place = std::move(match);
}

void read_action(const YamlValue& yaml, std::vector<agent::AttributeAction>& actions) {
  constexpr std::pair<std::string_view, Action> kActions[] = {
      {"insert", Action::kInsert}, {"update", Action::kUpdate}, {"upsert", Action::kUpsert},
      {"delete", Action::kDelete}, {"hash", Action::kHash},     {"redact", Action::kRedact}};
  constexpr std::pair<std::string_view, AttributeScope> kScopes[] = {
      {"resource", AttributeScope::kResource},
      {"span", AttributeScope::kSpan},
      {"event", AttributeScope::kEvent},
      {"log", AttributeScope::kLog}};
  ActionOptions options;
  bool has_action = false;
  auto list = [](std::vector<std::string>& place) {
    return [&place](const YamlValue& value) { value.into(place); };
  };
  yaml.fields({
      {"action",
       [&](const YamlValue& value) {
         has_action = true;
         read_name(value, kActions, options.action);
       }},
      {"scope", [&](const YamlValue& value) { read_name(value, kScopes, options.scope); }},
      {"key", [&](const YamlValue& value) { value.into(options.key); }},
      {"pattern", [&](const YamlValue& value) { value.into(options.pattern); }},
      {"value", [&](const YamlValue& value) { options.value = any_value(value); }},
      {"from_attribute", [&](const YamlValue& value) { value.into(options.from_attribute); }},
      {"allowed_keys", [&](const YamlValue& value) { value.into(options.allowed_keys.emplace()); }},
      {"ignored_keys", list(options.ignored_keys)},
      {"blocked_key_patterns", list(options.blocked_key_patterns)},
      {"blocked_values", list(options.blocked_values)},
      {"allowed_values", list(options.allowed_values)},
      {"include", [&](const YamlValue& value) { read_match(value, options.include); }},
      {"exclude", [&](const YamlValue& value) { read_match(value, options.exclude); }},
  });
  if (!has_action)
    return yaml.problem("action is missing: insert|update|upsert|delete|hash|redact");
  auto made = agent::AttributeAction::make(options);
  if (!made) return yaml.problem(made.error().message);
  actions.push_back(*std::move(made));
}

}  // namespace

Setting attributes_setting(std::vector<agent::AttributeAction>& actions) {
  Setting setting{.key = "attributes",
                  .flag = "",
                  .value_name = "",
                  .help = "Actions on attributes, in their order",
                  .default_text = "",
                  .set = {}};
  setting.read = [&actions](const YamlValue& yaml) {
    actions.clear();
    yaml.items([&](const YamlValue& item) { read_action(item, actions); });
  };
  return setting;
}

}  // namespace clew
