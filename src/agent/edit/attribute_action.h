// Changing attributes as the configuration says: `attributes:`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/edit/attribute_list.h"
#include "base/result.h"

namespace re2 {
class RE2;
}

namespace clew::agent {

/// What an action changes the attributes of. Those of metrics are reached by their resource.
enum class AttributeScope : uint8_t { kResource, kSpan, kEvent, kLog };

/// What must hold for an action to be taken (include) or left (exclude): each condition that is
/// given, by at least one of its alternatives.
struct MatchOptions {
  struct Attribute {
    std::string key;
    std::optional<std::string> value;  // unset: it is enough that it is there
  };

  bool regexp = false;                // the texts below are regular expressions, not anchored
  std::vector<std::string> services;  // service.name of the resource
  std::vector<std::string> span_names;
  std::vector<Attribute> attributes;  // all of them, of the message itself
};

/// One action. Which of the fields are needed depends on `action`; AttributeAction::make tells.
struct ActionOptions {
  enum class Action : uint8_t { kInsert, kUpdate, kUpsert, kDelete, kHash, kRedact };

  Action action = Action::kInsert;
  AttributeScope scope = AttributeScope::kSpan;
  std::string key;
  std::string pattern;               // of keys: delete and hash
  std::optional<std::string> value;  // serialized AnyValue: insert, update, upsert
  std::string from_attribute;        // or the value of that one
  // redact:
  std::optional<std::vector<std::string>> allowed_keys;  // others are deleted
  std::vector<std::string> ignored_keys;                 // are not looked at
  std::vector<std::string> blocked_key_patterns;         // their values are masked
  std::vector<std::string> blocked_values;               // what matches is masked
  std::vector<std::string> allowed_values;               // what matches is not masked after all

  std::optional<MatchOptions> include, exclude;
};

/// What the message with the attributes is a part of.
struct AttributeContext {
  std::string_view service;
  std::string_view span_name;  // empty for logs and resources
};

/// One action, ready to be taken. Any thread may use it.
///
/// As the collector's attributes processor does: insert sets a key that is absent, update one that
/// is there, upsert either; without the source of from_attribute nothing happens. hash puts the
/// SHA-256 of the value in its place, in hex (the processor had SHA-1 before contrib 0.85): of a
/// text its bytes, of a bool one byte, of a number its eight bytes, little-endian; of anything
/// else, and of an empty text, an empty text. redact does what its redaction processor does, with
/// "****", and looks at values of every type by their text (its redact_all_types).
class AttributeAction {
 public:
  /// kInvalid says what is missing, too much or no regular expression.
  static Result<AttributeAction> make(const ActionOptions& options);

  AttributeScope scope() const { return options_.scope; }

  /// Takes the action, if its include and exclude say so.
  void apply(AttributeList& attributes, const AttributeContext& context) const;

 private:
  using Regex = std::shared_ptr<const re2::RE2>;
  using Regexes = std::vector<Regex>;

  /// Texts to be equal to, or regular expressions to be found.
  struct Texts {
    std::vector<std::string> texts;
    Regexes regexes;
    bool empty() const { return texts.empty() && regexes.empty(); }
    bool match(std::string_view text) const;
  };
  struct Match {
    Texts services, span_names;
    std::vector<std::pair<std::string, Texts>> attributes;
    bool holds(AttributeList& attributes, const AttributeContext& context) const;
  };

  explicit AttributeAction(const ActionOptions& options) : options_(options) {}

  static Result<void> check(const ActionOptions& options);
  static Result<Regexes> compile(const std::vector<std::string>& patterns);
  static Result<Texts> compile(const std::vector<std::string>& texts, bool regexp);
  static Result<std::optional<Match>> compile(const std::optional<MatchOptions>& options);

  void assign(AttributeList& attributes) const;
  void redact(AttributeList& attributes) const;
  void mask(AttributeList& attributes, AttributeList::Entry& entry) const;
  template <typename Act>
  void each_named(AttributeList& attributes, Act&& act) const;

  ActionOptions options_;
  Regexes pattern_;  // none or one
  Regexes blocked_key_patterns_, blocked_values_, allowed_values_;
  std::optional<Match> include_, exclude_;
};

}  // namespace clew::agent
