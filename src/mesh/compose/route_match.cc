#include "mesh/compose/route_match.h"

#include <re2/re2.h>

#include <utility>

#include "mesh/compose/route.h"

namespace clew::mesh {
namespace {

Json string_matcher(const Json& match) {
  std::string type = text_at(match, "type", "Exact"), value = text_at(match, "value");
  if (type == "RegularExpression") return {{"safe_regex", {{"regex", value}}}};
  if (type == "Prefix") return {{"prefix", value}};
  return {{"exact", value}};
}

void add_path(const Json& path, Json& out) {
  std::string type = text_at(path, "type", "PathPrefix"), value = text_at(path, "value", "/");
  if (type == "Exact")
    out["path"] = value;
  else if (type == "RegularExpression")
    out["safe_regex"] = {{"regex", value}};
  else if (value == "/" || value.empty())
    out["prefix"] = "/";
  else  // "/cart" is not "/carts"
    out["path_separated_prefix"] = value.ends_with('/') ? value.substr(0, value.size() - 1) : value;
}

Json header_matcher(const Json& header) {
  Json out = {{"name", text_at(header, "name")}};
  std::string type = text_at(header, "type", "Exact");
  if (type == "Present" || type == "Absent")
    out["present_match"] = type == "Present";
  else
    out["string_match"] = string_matcher(header);
  return out;
}

void modify_headers(const Json& conf, const char* add, const char* remove, Json& route) {
  auto put = [&](const char* list, const char* action) {
    for (const Json& each : list_at(conf, list))
      route[add].push_back(
          {{"header", {{"key", text_at(each, "name")}, {"value", text_at(each, "value")}}},
           {"append_action", action}});
  };
  put("set", "OVERWRITE_IF_EXISTS_OR_ADD");
  put("add", "APPEND_IF_EXISTS_OR_ADD");
  for (const Json& name : list_at(conf, "remove"))
    if (name.is_string()) route[remove].push_back(name);
}

/// {type: ReplaceFullPath | ReplacePrefixMatch, …}. A prefix that is "/" takes a pattern: Envoy's
/// own prefix_rewrite would join the path's parts wrongly.
void rewrite_path(const Json& path, const Json& match, Json& action) {
  std::string type = text_at(path, "type");
  if (type == "ReplaceFullPath")
    action["regex_rewrite"] = {{"pattern", {{"regex", "^/[^?]*"}}},
                               {"substitution", text_at(path, "replaceFullPath")}};
  if (type != "ReplacePrefixMatch") return;
  std::string prefix = text_at(path, "replacePrefixMatch");
  bool everything = text_at(match, "path.value", "/") == "/";
  if (everything)
    action["regex_rewrite"] = {{"pattern", {{"regex", "^/"}}},
                               {"substitution", prefix.ends_with('/') ? prefix : prefix + "/"}};
  else if (prefix == "/" || prefix.empty())
    action["regex_rewrite"] = {
        {"pattern", {{"regex", "^" + RE2::QuoteMeta(text_at(match, "path.value")) + "/?"}}},
        {"substitution", "/"}};
  else
    action["prefix_rewrite"] = prefix;
}

Json redirect(const Json& conf) {
  Json out = Json::object();
  if (auto text = text_at(conf, "scheme"); !text.empty()) out["scheme_redirect"] = text;
  if (auto text = text_at(conf, "hostname"); !text.empty()) out["host_redirect"] = text;
  if (const Json& port = at(conf, "port"); port.is_number()) out["port_redirect"] = port;
  if (auto text = text_at(conf, "path.replaceFullPath"); !text.empty()) out["path_redirect"] = text;
  if (auto text = text_at(conf, "path.replacePrefixMatch"); !text.empty())
    out["prefix_rewrite"] = text;
  switch (number_at(conf, "statusCode", 302)) {
    case 301:
      out["response_code"] = "MOVED_PERMANENTLY";
      break;
    case 303:
      out["response_code"] = "SEE_OTHER";
      break;
    case 307:
      out["response_code"] = "TEMPORARY_REDIRECT";
      break;
    case 308:
      out["response_code"] = "PERMANENT_REDIRECT";
      break;
    default:
      out["response_code"] = "FOUND";
      break;
  }
  return out;
}

}  // namespace

Json envoy_match(const Json& match) {
  Json out = Json::object();
  add_path(at(match, "path"), out);
  Json headers = Json::array();
  if (std::string method = text_at(match, "method"); !method.empty())
    headers.push_back({{"name", ":method"}, {"string_match", {{"exact", method}}}});
  for (const Json& header : list_at(match, "headers")) headers.push_back(header_matcher(header));
  if (!headers.empty()) out["headers"] = std::move(headers);
  for (const Json& parameter : list_at(match, "queryParams")) {
    Json matcher = {{"name", text_at(parameter, "name")}};
    if (text_at(parameter, "type") == "Present")
      matcher["present_match"] = true;
    else
      matcher["string_match"] = string_matcher(parameter);
    out["query_parameters"].push_back(std::move(matcher));
  }
  return out;
}

void apply_filter(const Catalog& catalog, const Json& filter, const Json& match, Json& route,
                  Json& action, std::set<std::string>& services) {
  std::string type = text_at(filter, "type");
  if (type == "RequestHeaderModifier")
    modify_headers(at(filter, "requestHeaderModifier"), "request_headers_to_add",
                   "request_headers_to_remove", route);
  if (type == "ResponseHeaderModifier")
    modify_headers(at(filter, "responseHeaderModifier"), "response_headers_to_add",
                   "response_headers_to_remove", route);
  if (type == "RequestRedirect") route["redirect"] = redirect(at(filter, "requestRedirect"));
  if (type == "URLRewrite") {
    const Json& rewrite = at(filter, "urlRewrite");
    if (auto host = text_at(rewrite, "hostname"); !host.empty())
      action["host_rewrite_literal"] = host;
    rewrite_path(at(rewrite, "path"), match, action);
  }
  if (type == "RequestMirror") {
    const Json& mirror = at(filter, "requestMirror");
    const Json& backend = at(mirror, "backendRef");
    std::string service = catalog.destination(text_at(backend, "name"), port_at(backend, "port"));
    double percent = real_at(mirror, "percentage", 100);
    services.insert(service);
    // Or ingresses would send it to whom the request itself is for.
    Json name = {{"append",
                  {{"header", {{"key", kServiceHeader}, {"value", service}}},
                   {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}}}};
    action["request_mirror_policies"].push_back(
        {{"cluster", service},
         {"request_headers_mutations", Json::array({std::move(name)})},
         {"runtime_fraction",
          {{"default_value",
            {{"numerator", static_cast<int64_t>(percent * 10'000)},
             {"denominator", "MILLION"}}}}}});
  }
}

}  // namespace clew::mesh
