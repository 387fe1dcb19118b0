#include "api/clew_openapi.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_replace.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/clew_openapi_components.h"
#include "api/clew_openapi_text.h"
#include "base/check.h"

namespace clew::api {
namespace {

using Json = nlohmann::json;

const std::string& text() {
  static const std::string whole =
      absl::StrReplaceAll(kClewOpenApiPaths, {{"OF_MESH", kClewOpenApiOfMesh}}) +
      kClewOpenApiComponents;
  return whole;
}

const Json& description() {
  static const Json parsed = Json::parse(text());
  return parsed;
}

/// What a "$ref" stands for, or the value itself.
const Json& resolved(const Json& value) {
  auto ref = value.find("$ref");
  if (ref == value.end()) return value;
  return description().at(Json::json_pointer(ref->get<std::string>().substr(1)));
}

}  // namespace

DescribedParams::DescribedParams(std::string_view method, std::string_view path) : path_(path) {
  std::string verb(method);
  absl::AsciiStrToLower(&verb);
  const Json& paths = description().at("paths");
  CLEW_CHECK(paths.contains(path_) && paths.at(path_).contains(verb));
  const Json& operation = paths.at(path_).at(verb);
  auto params = operation.find("parameters");
  if (params == operation.end()) return;
  for (const Json& each : *params) {
    const Json& param = resolved(each);
    if (param.at("in") != "query") continue;
    const Json& schema = resolved(param.at("schema"));
    std::string type = schema.value("type", "");
    bool is_free = type == "string" && !schema.contains("pattern");
    params_.emplace(param.at("name"), Param{.may_repeat = type == "array",
                                            .may_be_empty = is_free || type == "array"});
  }
}

Result<void> DescribedParams::check(const net::HttpRequest& request) const {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    auto known = params_.find(name);
    if (known == params_.end())
      return fail(Code::kInvalid, "there is no parameter '{}' of {}", name, path_);
    if (!seen.insert(name).second && !known->second.may_repeat)
      return fail(Code::kInvalid, "the parameter '{}' is given twice", name);
    if (value.empty() && !known->second.may_be_empty)
      return fail(Code::kInvalid, "the parameter '{}' is empty: leave it out", name);
  }
  return {};
}

void add_clew_openapi(net::HttpRoutes& routes) {
  routes.add_inline("GET", "/api/clew/v1/openapi.json",
                    [](const net::HttpRequest&, net::HttpResponder responder) {
                      responder.send(net::HttpResponse::json(200, text()));
                    });
}

}  // namespace clew::api
