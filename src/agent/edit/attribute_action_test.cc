#include "agent/edit/attribute_action.h"

#include <gtest/gtest.h>

#include <map>

#include "agent/edit/editor.h"
#include "otlp/attribute_writer.h"
#include "otlp/batch.h"
#include "otlp/span.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using Action = ActionOptions::Action;
using Attributes = std::map<std::string, std::string>;

/// The attributes as text; strings in quotes, so that types show.
Attributes texts_of(const otlp::AttributeRange& attributes) {
  Attributes texts;
  for (otlp::Attribute attribute : attributes) {
    bool text = attribute.value.type() == otlp::ValueType::kString;
    bool first = texts
                     .emplace(attribute.key,
                              text ? '"' + attribute.value.text() + '"' : attribute.value.text())
                     .second;
    EXPECT_TRUE(first) << attribute.key;
  }
  return texts;
}

EditOptions editing(const std::vector<ActionOptions>& actions) {
  EditOptions options{.normalize = false};
  for (const ActionOptions& action : actions) {
    auto made = AttributeAction::make(action);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    if (made) options.actions.push_back(*made);
  }
  return options;
}

/// What the actions make of a span with those attributes.
Attributes after(const std::vector<ActionOptions>& actions, const SpanSpec& spec) {
  SharedBytes request = batch_of({spec}).bytes();
  auto batch = otlp::Batch::index(Editor(editing(actions)).edit(otlp::Signal::kTraces, request));
  EXPECT_TRUE(batch.has_value());
  return texts_of(batch->decode(batch->spans()[0]).attributes());
}

SpanSpec shop_span() {
  return {.service = "shop",
          .name = "GET /cart",
          .attributes = {{"user", "ann"}, {"path", "/cart"}},
          .extra_key_values = {key_value("size", any_int(12)), key_value("hot", any_bool(true))}};
}

const Attributes kShop = {
    {"user", "\"ann\""}, {"path", "\"/cart\""}, {"size", "12"}, {"hot", "true"}};

Attributes with(Attributes attributes, const Attributes& more) {
  for (const auto& [key, value] : more) attributes[key] = value;
  return attributes;
}
Attributes without(Attributes attributes, const std::string& key) {
  attributes.erase(key);
  return attributes;
}

TEST(AttributeAction, InsertSetsWhatIsAbsent) {
  EXPECT_EQ(
      after({{.action = Action::kInsert, .key = "env", .value = any_string("prod")}}, shop_span()),
      with(kShop, {{"env", "\"prod\""}}));
  EXPECT_EQ(
      after({{.action = Action::kInsert, .key = "user", .value = any_string("x")}}, shop_span()),
      kShop);
}

TEST(AttributeAction, UpdateSetsWhatIsThere) {
  EXPECT_EQ(after({{.action = Action::kUpdate, .key = "user", .value = any_int(7)}}, shop_span()),
            with(kShop, {{"user", "7"}}));
  EXPECT_EQ(after({{.action = Action::kUpdate, .key = "env", .value = any_int(7)}}, shop_span()),
            kShop);
}

TEST(AttributeAction, UpsertSetsEither) {
  EXPECT_EQ(after({{.action = Action::kUpsert, .key = "user", .value = any_bool(false)},
                   {.action = Action::kUpsert, .key = "env", .value = any_double(0.5)}},
                  shop_span()),
            with(kShop, {{"user", "false"}, {"env", "0.5"}}));
}

TEST(AttributeAction, ValuesOfOtherAttributesKeepTheirType) {
  EXPECT_EQ(after({{.action = Action::kInsert, .key = "bytes", .from_attribute = "size"},
                   {.action = Action::kUpdate, .key = "user", .from_attribute = "none"}},
                  shop_span()),
            with(kShop, {{"bytes", "12"}}));
}

TEST(AttributeAction, ActionsSeeWhatThoseBeforeThemDid) {
  EXPECT_EQ(after({{.action = Action::kInsert, .key = "copy", .from_attribute = "user"},
                   {.action = Action::kDelete, .key = "user"},
                   {.action = Action::kUpdate, .key = "user", .value = any_int(1)},
                   {.action = Action::kUpsert, .key = "copy", .value = any_int(2)}},
                  shop_span()),
            with(without(kShop, "user"), {{"copy", "2"}}));
  EXPECT_EQ(after({{.action = Action::kInsert, .key = "new", .value = any_int(1)},
                   {.action = Action::kDelete, .key = "new"}},
                  shop_span()),
            kShop);
}

TEST(AttributeAction, DeleteTakesAKeyAndThoseThatMatch) {
  EXPECT_EQ(after({{.action = Action::kDelete, .key = "hot", .pattern = "^(us|pa)"}}, shop_span()),
            Attributes({{"size", "12"}}));
}

// Reference: printf ann | sha256sum; of the int its eight bytes, of the bool one.
TEST(AttributeAction, HashPutsASha256InThePlace) {
  EXPECT_EQ(after({{.action = Action::kHash, .pattern = "."}},
                  {.attributes = {{"user", "ann"}, {"none", ""}},
                   .extra_key_values = {key_value("size", any_int(12)),
                                        key_value("hot", any_bool(true))}}),
            Attributes(
                {{"user", "\"49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1\""},
                 {"none", "\"\""},
                 {"size", "\"220dde27afee4d537cac96d85d6546f825153b90e828931b74e103807541bc42\""},
                 {"hot", "\"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a\""}}));
}

TEST(AttributeAction, RedactMasksWhatMatches) {
  ActionOptions redact{.action = Action::kRedact,
                       .blocked_key_patterns = {".*token.*"},
                       .blocked_values = {"4[0-9]{12}(?:[0-9]{3})?", "[a-z]+@example\\.com"},
                       .allowed_values = {"^ops@example\\.com$"}};
  SpanSpec spec{.attributes = {{"note", "card 4111111111111111, ann@example.com"},
                               {"api_token", "s3cret"},
                               {"mail", "ops@example.com"},
                               {"path", "/cart"}},
                .extra_key_values = {key_value("number", any_int(4111111111111111))}};
  EXPECT_EQ(after({redact}, spec), Attributes({{"note", "\"card ****, ****\""},
                                               {"api_token", "\"****\""},
                                               {"mail", "\"ops@example.com\""},
                                               {"path", "\"/cart\""},
                                               {"number", "\"****\""}}));
}

TEST(AttributeAction, RedactKeepsOnlyAllowedKeys) {
  ActionOptions redact{.action = Action::kRedact,
                       .allowed_keys = {{"path", "user"}},
                       .ignored_keys = {"size"},
                       .blocked_values = {"ann", "12"}};
  EXPECT_EQ(after({redact}, shop_span()),
            Attributes({{"user", "\"****\""}, {"path", "\"/cart\""}, {"size", "12"}}));
  redact = {.action = Action::kRedact, .allowed_keys = {std::vector<std::string>()}};
  EXPECT_EQ(after({redact}, shop_span()), Attributes());
}

TEST(AttributeAction, IncludeAndExcludeChooseTheSpans) {
  auto deletes_user = [](std::optional<MatchOptions> include, std::optional<MatchOptions> exclude) {
    ActionOptions action{.action = Action::kDelete,
                         .key = "user",
                         .include = std::move(include),
                         .exclude = std::move(exclude)};
    return !after({action}, shop_span()).contains("user");
  };
  EXPECT_TRUE(deletes_user(MatchOptions{.services = {"ads", "shop"}}, {}));
  EXPECT_FALSE(deletes_user(MatchOptions{.services = {"sho"}}, {}));
  EXPECT_TRUE(deletes_user(MatchOptions{.regexp = true, .services = {"^sho"}}, {}));
  EXPECT_TRUE(deletes_user(MatchOptions{.span_names = {"GET /cart"}}, {}));
  EXPECT_FALSE(deletes_user(MatchOptions{.services = {"shop"}, .span_names = {"GET /"}}, {}));
  EXPECT_TRUE(deletes_user(MatchOptions{.attributes = {{"size", "12"}, {"hot", {}}}}, {}));
  EXPECT_FALSE(deletes_user(MatchOptions{.attributes = {{"size", "12"}, {"cold", {}}}}, {}));
  EXPECT_FALSE(deletes_user({}, MatchOptions{.regexp = true, .attributes = {{"path", "^/c"}}}));
  EXPECT_FALSE(
      deletes_user(MatchOptions{.services = {"shop"}}, MatchOptions{.span_names = {"GET /cart"}}));
}

TEST(AttributeAction, ReachesResourcesAndEvents) {
  std::string span = span_bytes({});
  std::string event;
  otlp::append_attribute(event, otlp::fields::event::kAttributes, "exception.message",
                         otlp::Value::of_string("secret"));
  otlp::append_field(span, otlp::fields::span::kEvents, event);
  std::string scope, group, request;
  otlp::append_field(scope, otlp::fields::scope_spans::kSpans, span);
  otlp::append_field(group, otlp::fields::resource_spans::kScopeSpans, scope);
  otlp::append_field(request, otlp::fields::request::kResourceSpans, group);
  Editor editor(editing(
      {{.action = Action::kHash, .scope = AttributeScope::kEvent, .key = "exception.message"},
       {.action = Action::kInsert,
        .scope = AttributeScope::kResource,
        .key = "team",
        .value = any_string("web")}}));
  auto batch =
      otlp::Batch::index(editor.edit(otlp::Signal::kTraces, SharedBytes::take(std::move(request))));
  ASSERT_TRUE(batch.has_value()) << batch.error().message;
  otlp::Span decoded = batch->decode(batch->spans()[0]);
  EXPECT_EQ((*decoded.events().begin()).attributes().find("exception.message")->text().size(), 64u);
  EXPECT_EQ(texts_of(batch->resources()[0].attributes()), Attributes({{"team", "\"web\""}}));
}

TEST(AttributeAction, ReachesLogRecords) {
  std::string record, scope, group, request;
  otlp::append_attribute(record, otlp::fields::log_record::kAttributes, "user",
                         otlp::Value::of_string("ann"));
  otlp::append_field(scope, 2, record);
  otlp::append_field(group, 2, scope);
  otlp::append_field(request, 1, group);
  Editor editor(editing({{.action = Action::kDelete, .scope = AttributeScope::kLog, .key = "user"},
                         {.action = Action::kDelete, .key = "user"}}));
  auto edit = [&](otlp::Signal signal) {
    return std::string(editor.edit(signal, SharedBytes::copy(request)).view());
  };
  std::string empty_scope, empty_group, empty;
  otlp::append_field(empty_scope, 2, "");
  otlp::append_field(empty_group, 2, empty_scope);
  otlp::append_field(empty, 1, empty_group);
  EXPECT_EQ(edit(otlp::Signal::kLogs), empty);
  EXPECT_EQ(edit(otlp::Signal::kMetrics), request);
}

TEST(AttributeAction, ComesAfterNormalizing) {
  EditOptions options = editing({{.action = Action::kDelete, .pattern = "^url\\."}});
  options.normalize = true;
  SharedBytes request = batch_of({{.attributes = {{"component", "proxy"},
                                                  {"http.method", "GET"},
                                                  {"http.url", "http://h/p"}}}})
                            .bytes();
  auto batch = otlp::Batch::index(Editor(options).edit(otlp::Signal::kTraces, request));
  EXPECT_EQ(texts_of(batch->decode(batch->spans()[0]).attributes()),
            Attributes({{"component", "\"proxy\""},
                        {"http.method", "\"GET\""},
                        {"http.url", "\"http://h/p\""},
                        {"http.request.method", "\"GET\""},
                        {"server.address", "\"h\""}}));
}

TEST(AttributeAction, SaysWhatIsMissingOrTooMuch) {
  auto error = [](const ActionOptions& options) {
    auto made = AttributeAction::make(options);
    return made ? "none" : made.error().message;
  };
  EXPECT_EQ(error({.action = Action::kInsert, .key = "a"}),
            "insert, update and upsert need key, and value or from_attribute");
  EXPECT_EQ(error({.action = Action::kUpsert, .key = "a", .value = "", .from_attribute = "b"}),
            "set value or from_attribute, not both");
  EXPECT_EQ(error({.action = Action::kDelete}), "delete and hash need key or pattern");
  EXPECT_EQ(error({.action = Action::kRedact}),
            "redact needs allowed_keys, blocked_key_patterns or blocked_values");
  EXPECT_EQ(error({.action = Action::kHash, .pattern = "("}),
            "\"(\" is no regular expression: missing ): (");
  EXPECT_EQ(error({.action = Action::kDelete, .key = "a", .include = MatchOptions{}}),
            "include and exclude need services, span_names or attributes");
  EXPECT_EQ(error({.action = Action::kDelete,
                   .scope = AttributeScope::kLog,
                   .key = "a",
                   .exclude = MatchOptions{.span_names = {"x"}}}),
            "span_names can only be matched with scope span or event");
}

}  // namespace
}  // namespace clew::agent
