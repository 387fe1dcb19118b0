#include "api/jaeger_filter.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace clew::api {
namespace {

using nlohmann::json;
using query::Expression;

/// That `object` is one, with no other members than these.
Result<void> check_members(const json& object, std::string_view what,
                           std::initializer_list<std::string_view> names) {
  if (!object.is_object()) return fail(Code::kInvalid, "{} is no JSON object", what);
  for (const auto& [name, value] : object.items())
    if (std::ranges::find(names, name) == names.end())
      return fail(Code::kInvalid, "{} has no member \"{}\"", what, name);
  return {};
}

Result<std::string> text_member(const json& object, const char* name) {
  auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::string();
  if (!at->is_string()) return fail(Code::kInvalid, "\"{}\" is no string", name);
  return at->get<std::string>();
}

/// A term of at most two texts.
template <typename Term>
Result<Expression> pair_of_texts(const json& object, const char* what, const char* first,
                                 const char* second) {
  auto checked = check_members(object, what, {first, second});
  if (!checked) return std::unexpected(checked.error());
  auto a = text_member(object, first);
  if (!a) return std::unexpected(a.error());
  auto b = text_member(object, second);
  if (!b) return std::unexpected(b.error());
  return Expression{Term{*std::move(a), *std::move(b)}};
}

Result<Expression> read_list(const json& object) {
  auto checked = check_members(object, "list", {"values", "type"});
  if (!checked) return std::unexpected(checked.error());
  auto type = text_member(object, "type");
  if (!type) return std::unexpected(type.error());
  query::List list{.values = {}, .type = *std::move(type)};
  auto values = object.find("values");
  if (values == object.end() || !values->is_array())
    return fail(Code::kInvalid, "list: \"values\" is no array");
  for (const json& value : *values) {
    if (!value.is_string()) return fail(Code::kInvalid, "list: a value is no string");
    list.values.push_back(value.get<std::string>());
  }
  return Expression{std::move(list)};
}

Result<query::Call> read_call(const json& object, int depth);

Result<Expression> read_expression(const json& object, int depth) {
  if (!object.is_object() || object.size() != 1)
    return fail(Code::kInvalid,
                "an argument is not one of attr, field, nested, scalar, list and call");
  const std::string& term = object.begin().key();
  const json& content = object.begin().value();
  if (term == "attr")
    return pair_of_texts<query::AttributeReference>(content, "attr", "key", "level");
  if (term == "field")
    return pair_of_texts<query::FieldReference>(content, "field", "name", "level");
  if (term == "scalar") return pair_of_texts<query::Scalar>(content, "scalar", "value", "type");
  if (term == "list") return read_list(content);
  if (term == "nested") {
    auto checked = check_members(content, "nested", {"level"});
    if (!checked) return std::unexpected(checked.error());
    auto level = text_member(content, "level");
    if (!level) return std::unexpected(level.error());
    return Expression{query::NestedReference{*std::move(level)}};
  }
  if (term != "call") return fail(Code::kInvalid, "unknown kind of argument \"{}\"", term);
  auto call = read_call(content, depth + 1);
  if (!call) return std::unexpected(call.error());
  return Expression{*std::move(call)};
}

Result<query::Call> read_call(const json& object, int depth) {
  if (depth > limits::kValueDepth)
    return fail(Code::kInvalid, "it is nested more than {} deep", limits::kValueDepth);
  auto checked = check_members(object, "a call", {"op", "args"});
  if (!checked) return std::unexpected(checked.error());
  auto op = text_member(object, "op");
  if (!op) return std::unexpected(op.error());
  query::Call call{.op = *std::move(op), .args = {}};
  auto args = object.find("args");
  if (args == object.end()) return call;
  if (!args->is_array()) return fail(Code::kInvalid, "\"args\" is no array");
  for (const json& arg : *args) {
    auto expression = read_expression(arg, depth);
    if (!expression) return std::unexpected(expression.error());
    call.args.push_back(*std::move(expression));
  }
  return call;
}

}  // namespace

Result<query::Call> parse_jaeger_filter(std::string_view text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return fail(Code::kInvalid, "it is no JSON");
  return read_call(parsed, 1);
}

}  // namespace clew::api
