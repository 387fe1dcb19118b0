#include "api/jaeger_v3_post.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/jaeger_v3_query.h"

namespace clew::api {
namespace {

using nlohmann::json;

enum class Kind { kText, kNumber, kFlag, kObject };

struct Member {
  std::string_view name, snake_name;  // protobuf's JSON has either
  Kind kind;
};

constexpr std::array<Member, 10> kQueryMembers = {{
    {"serviceName", "service_name", Kind::kText},
    {"operationName", "operation_name", Kind::kText},
    {"attributes", "attributes", Kind::kObject},
    {"startTimeMin", "start_time_min", Kind::kText},
    {"startTimeMax", "start_time_max", Kind::kText},
    {"durationMin", "duration_min", Kind::kText},
    {"durationMax", "duration_max", Kind::kText},
    {"searchDepth", "search_depth", Kind::kNumber},
    {"rawTraces", "raw_traces", Kind::kFlag},
    {"filter", "filter", Kind::kObject},
}};
constexpr std::array<Member, 2> kPageMembers = {{
    {"pageSize", "page_size", Kind::kNumber},
    {"pageToken", "page_token", Kind::kText},
}};

/// The text that the parameter has.
Result<std::string> text_of(const std::string& name, Kind kind, const json& value) {
  switch (kind) {
    case Kind::kText:
      if (value.is_string()) return value.get<std::string>();
      return malformed_param(name, "it is no string");
    case Kind::kNumber:
      // Zero is the same as nothing, and a number may be a text.
      if (value.is_string()) return value.get<std::string>();
      if (!value.is_number_integer()) return malformed_param(name, "it is not a whole number");
      return value == 0 ? std::string() : value.dump();
    case Kind::kFlag:
      if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
      return malformed_param(name, "it is neither true nor false");
    case Kind::kObject:
      if (!value.is_object()) return malformed_param(name, "it is no JSON object");
      return value.empty() ? std::string()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return malformed_param(name, "it is of no known kind");
}

/// Adds the parameters of an object's members under names that begin with `prefix`.
template <size_t N>
Result<void> add_members(const json& object, const std::string& prefix,
                         const std::array<Member, N>& members, net::HttpFields& params) {
  for (const auto& [key, value] : object.items()) {
    auto known = std::ranges::find_if(members, [&](const Member& member) {
      return member.name == key || member.snake_name == key;
    });
    if (known == members.end()) return malformed_param(prefix + key, "there is no such parameter");
    if (value.is_null()) continue;  // protobuf: not set
    std::string name = prefix + std::string(known->name);
    auto text = text_of(name, known->kind, value);
    if (!text) return std::unexpected(text.error());
    params.emplace_back(std::move(name), *std::move(text));
  }
  return {};
}

}  // namespace

Result<net::HttpFields> jaeger_v3_body_params(std::string_view text) {
  auto body = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return fail(Code::kInvalid, "the body is no JSON object");
  net::HttpFields params;
  for (auto& [key, query] : body.items()) {
    if (key != "query") return malformed_param(key, "there is no such parameter");
    if (!query.is_object()) return malformed_param(key, "it is no JSON object");
    if (auto page = query.find("pagination"); page != query.end()) {
      if (!page->is_object()) return malformed_param("query.pagination", "it is no JSON object");
      auto added = add_members(*page, "query.pagination.", kPageMembers, params);
      if (!added) return std::unexpected(added.error());
      query.erase(page);
    }
    auto added = add_members(query, "query.", kQueryMembers, params);
    if (!added) return std::unexpected(added.error());
  }
  return params;
}

}  // namespace clew::api
