#include "agent/edit/attribute_action.h"

#include <openssl/sha.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/limits.h"
#include "otlp/attribute_writer.h"

namespace clew::agent {
namespace {

using Action = ActionOptions::Action;
using otlp::ValueType;

constexpr std::string_view kMask = "****";

std::string text_value(std::string_view text) {
  std::string any_value;
  otlp::append_field(any_value, otlp::fields::any_value::kString, text);
  return any_value;
}

bool found_in(const re2::RE2& regex, std::string_view text) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
}

template <typename Number>
std::string little_endian(Number number) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

/// What of a value is hashed.
std::string hashed_bytes(const otlp::Value& value) {
  switch (value.type()) {
    case ValueType::kString:
      return std::string(value.as_bytes());
    case ValueType::kBool:
      return std::string(1, value.as_bool() ? '\1' : '\0');
    case ValueType::kInt:
      return little_endian(value.as_int());
    case ValueType::kDouble:
      return little_endian(value.as_double());
    default:
      return {};
  }
}

std::string hash_text(const otlp::Value& value) {
  std::string bytes = hashed_bytes(value);
  if (bytes.empty()) return {};
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return fmt::format("{:02x}", fmt::join(hash, ""));
}

}  // namespace

Result<AttributeAction> AttributeAction::make(const ActionOptions& options) {
  if (auto checked = check(options); !checked) return std::unexpected(checked.error());
  AttributeAction action(options);
  auto take = [](auto& place, auto result) -> Result<void> {
    if (!result) return std::unexpected(result.error());
    place = *std::move(result);
    return {};
  };
  std::vector<std::string> pattern;
  if (!options.pattern.empty()) pattern.push_back(options.pattern);
  auto compiled = in_order(
      [&] { return take(action.pattern_, compile(pattern)); },
      [&] { return take(action.blocked_key_patterns_, compile(options.blocked_key_patterns)); },
      [&] { return take(action.blocked_values_, compile(options.blocked_values)); },
      [&] { return take(action.allowed_values_, compile(options.allowed_values)); },
      [&] { return take(action.include_, compile(options.include)); },
      [&] { return take(action.exclude_, compile(options.exclude)); });
  if (!compiled) return std::unexpected(compiled.error());
  return action;
}

Result<void> AttributeAction::check(const ActionOptions& options) {
  bool has_value = options.value.has_value() || !options.from_attribute.empty();
  bool has_pattern = !options.pattern.empty();
  bool redacts = options.allowed_keys || !options.blocked_key_patterns.empty() ||
                 !options.blocked_values.empty();
  bool assigns = options.action < Action::kDelete;
  if (assigns && (options.key.empty() || !has_value))
    return fail(Code::kInvalid, "insert, update and upsert need key, and value or from_attribute");
  if (options.value && !options.from_attribute.empty())
    return fail(Code::kInvalid, "set value or from_attribute, not both");
  if (!assigns && has_value)
    return fail(Code::kInvalid, "value and from_attribute are for insert, update and upsert");
  if (options.action == Action::kRedact) {
    if (!redacts)
      return fail(Code::kInvalid,
                  "redact needs allowed_keys, blocked_key_patterns or blocked_values");
    if (has_pattern || !options.key.empty())
      return fail(Code::kInvalid, "redact looks at all attributes: key and pattern are not for it");
  } else if (redacts || !options.ignored_keys.empty() || !options.allowed_values.empty()) {
    return fail(Code::kInvalid,
                "allowed_keys, ignored_keys, blocked_key_patterns, blocked_values and "
                "allowed_values are for redact");
  }
  if ((options.action == Action::kDelete || options.action == Action::kHash) &&
      options.key.empty() && !has_pattern)
    return fail(Code::kInvalid, "delete and hash need key or pattern");
  if (assigns && has_pattern) return fail(Code::kInvalid, "pattern is for delete and hash");
  bool of_spans = options.scope == AttributeScope::kSpan || options.scope == AttributeScope::kEvent;
  for (const auto& match : {options.include, options.exclude})
    if (match && !match->span_names.empty() && !of_spans)
      return fail(Code::kInvalid, "span_names can only be matched with scope span or event");
  return {};
}

Result<AttributeAction::Regexes> AttributeAction::compile(
    const std::vector<std::string>& patterns) {
  Regexes regexes;
  for (const std::string& pattern : patterns) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(limits::kRegexMemoryBytes);
    auto regex = std::make_shared<const RE2>(pattern, options);
    if (!regex->ok())
      return fail(Code::kInvalid, "\"{}\" is no regular expression: {}", pattern, regex->error());
    regexes.push_back(std::move(regex));
  }
  return regexes;
}

Result<AttributeAction::Texts> AttributeAction::compile(const std::vector<std::string>& texts,
                                                        bool regexp) {
  if (!regexp) return Texts{.texts = texts, .regexes = {}};
  auto regexes = compile(texts);
  if (!regexes) return std::unexpected(regexes.error());
  return Texts{.texts = {}, .regexes = *std::move(regexes)};
}

Result<std::optional<AttributeAction::Match>> AttributeAction::compile(
    const std::optional<MatchOptions>& options) {
  if (!options) return std::nullopt;
  if (options->services.empty() && options->span_names.empty() && options->attributes.empty())
    return fail(Code::kInvalid, "include and exclude need services, span_names or attributes");
  Match match;
  auto services = compile(options->services, options->regexp);
  if (!services) return std::unexpected(services.error());
  auto span_names = compile(options->span_names, options->regexp);
  if (!span_names) return std::unexpected(span_names.error());
  match.services = *std::move(services);
  match.span_names = *std::move(span_names);
  for (const MatchOptions::Attribute& attribute : options->attributes) {
    std::vector<std::string> values;
    if (attribute.value) values.push_back(*attribute.value);
    auto texts = compile(values, options->regexp);
    if (!texts) return std::unexpected(texts.error());
    match.attributes.emplace_back(attribute.key, *std::move(texts));
  }
  return match;
}

bool AttributeAction::Texts::match(std::string_view text) const {
  return std::ranges::find(texts, text) != texts.end() ||
         std::ranges::any_of(regexes, [&](const Regex& regex) { return found_in(*regex, text); });
}

bool AttributeAction::Match::holds(AttributeList& list, const AttributeContext& context) const {
  if (!services.empty() && !services.match(context.service)) return false;
  if (!span_names.empty() && !span_names.match(context.span_name)) return false;
  return std::ranges::all_of(attributes, [&](const auto& condition) {
    const AttributeList::Entry* entry = list.find(condition.first);
    return entry && (condition.second.empty() || condition.second.match(entry->value().text()));
  });
}

void AttributeAction::apply(AttributeList& attributes, const AttributeContext& context) const {
  if (include_ && !include_->holds(attributes, context)) return;
  if (exclude_ && exclude_->holds(attributes, context)) return;
  switch (options_.action) {
    case Action::kInsert:
    case Action::kUpdate:
    case Action::kUpsert:
      return assign(attributes);
    case Action::kDelete:
      return each_named(attributes, [&](auto& entry) { attributes.erase(entry); });
    case Action::kHash:
      return each_named(attributes, [&](auto& entry) {
        attributes.set(entry, text_value(hash_text(entry.value())));
      });
    case Action::kRedact:
      return redact(attributes);
  }
}

void AttributeAction::assign(AttributeList& attributes) const {
  AttributeList::Entry* target = attributes.find(options_.key);
  if (target ? options_.action == Action::kInsert : options_.action == Action::kUpdate) return;
  std::string value;
  if (options_.value) {
    value = *options_.value;
  } else {
    const AttributeList::Entry* source = attributes.find(options_.from_attribute);
    if (!source) return;
    value = source->any_value();
  }
  if (target)
    attributes.set(*target, std::move(value));
  else
    attributes.insert(options_.key, std::move(value));
}

template <typename Act>
void AttributeAction::each_named(AttributeList& attributes, Act&& act) const {
  for (AttributeList::Entry& entry : attributes.entries()) {
    if (entry.erased) continue;
    bool by_key = !options_.key.empty() && entry.key == options_.key;
    if (by_key || (!pattern_.empty() && found_in(*pattern_[0], entry.key))) act(entry);
  }
}

void AttributeAction::redact(AttributeList& attributes) const {
  auto is_in = [](const std::vector<std::string>& keys, std::string_view key) {
    return std::ranges::find(keys, key) != keys.end();
  };
  for (AttributeList::Entry& entry : attributes.entries()) {
    if (entry.erased || is_in(options_.ignored_keys, entry.key)) continue;
    if (options_.allowed_keys && !is_in(*options_.allowed_keys, entry.key))
      attributes.erase(entry);
    else if (std::ranges::any_of(blocked_key_patterns_,
                                 [&](const Regex& r) { return found_in(*r, entry.key); }))
      attributes.set(entry, text_value(kMask));
    else if (!blocked_values_.empty())
      mask(attributes, entry);
  }
}

void AttributeAction::mask(AttributeList& attributes, AttributeList::Entry& entry) const {
  std::string text = entry.value().text();
  auto is_found = [&](const Regex& regex) { return found_in(*regex, text); };
  if (std::ranges::any_of(allowed_values_, is_found)) return;
  int masked = 0;
  for (const Regex& regex : blocked_values_)
    masked += RE2::GlobalReplace(&text, *regex, re2::StringPiece(kMask.data(), kMask.size()));
  if (masked > 0) attributes.set(entry, text_value(text));
}

}  // namespace clew::agent
