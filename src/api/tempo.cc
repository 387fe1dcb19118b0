#include "api/tempo.h"

#include <algorithm>
#include <memory>
#include <set>

#include "api/endpoints.h"
#include "api/params.h"
#include "api/tempo_answers.h"
#include "api/tempo_query.h"
#include "base/json.h"
#include "net/status.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view kProtobuf = "application/protobuf";
/// The version of Tempo whose API this is: Grafana decides by it what it may ask for.
constexpr std::string_view kTempoVersion = "3.0.3";
constexpr size_t kDefaultValues = 1000;

HttpResponse failure(const Error& error) {
  return HttpResponse::text(net::http_status(error.code), error.message + "\n");
}

TempoForm form_of(const HttpRequest& request) {
  return request.header("Accept").starts_with(kProtobuf) ? TempoForm::kProtobuf : TempoForm::kJson;
}

HttpResponse success(TempoForm form, std::string body, bool complete = true) {
  HttpResponse response = HttpResponse::json(200, std::move(body));
  if (form == TempoForm::kProtobuf) response.content_type = kProtobuf;
  if (!complete) warn_incomplete(response);
  return response;
}

std::string_view scope_name(store::AttributeScope scope) {
  return scope == store::AttributeScope::kScope ? "instrumentation" : name_of(scope);
}

std::string_view value_type(otlp::ValueType type) {
  switch (type) {
    case otlp::ValueType::kInt:
      return "int";
    case otlp::ValueType::kDouble:
      return "float";
    case otlp::ValueType::kBool:
      return "bool";
    default:
      return "string";
  }
}

class Tempo {
 public:
  explicit Tempo(query::Engine& engine) : engine_(engine) {}

  Result<HttpResponse> echo(const Tenant&, const HttpRequest&) {
    return HttpResponse::text(200, "echo");
  }

  Result<HttpResponse> buildinfo(const Tenant&, const HttpRequest&) {
    JsonWriter json;
    json.begin_object().member("version", kTempoVersion);
    json.member("revision", "clew");
    for (const char* unknown : {"branch", "buildDate", "buildUser", "goVersion"})
      json.member(unknown, "");
    json.end_object();
    return HttpResponse::json(200, json.take());
  }

  Result<HttpResponse> trace(const Tenant& tenant, const HttpRequest& request) {
    auto found = find(tenant, request);
    if (!found) {
      if (found.error().code != Code::kNotFound) return std::unexpected(found.error());
      return fail(Code::kNotFound, "trace not found");
    }
    TempoForm form = form_of(request);
    return success(form, tempo_trace(found->spans, form), found->complete);
  }

  Result<HttpResponse> trace_v2(const Tenant& tenant, const HttpRequest& request) {
    auto found = find(tenant, request);
    TempoForm form = form_of(request);
    if (found) return success(form, tempo_trace_v2(&found->spans, found->complete, form));
    if (found.error().code != Code::kNotFound) return std::unexpected(found.error());
    return success(form, tempo_trace_v2(nullptr, true, form));  // as Tempo: no error, no spans
  }

  Result<HttpResponse> search(const Tenant& tenant, const HttpRequest& request) {
    if (!text_param(request, "q").empty())
      return fail(Code::kInvalid, "TraceQL (parameter 'q') is not supported yet; use 'tags'");
    auto query = parse_tempo_search(request);
    if (!query) return std::unexpected(query.error());
    auto found = engine_.search(tenant, query->filter, query->limit);
    if (!found) return std::unexpected(found.error());
    TempoForm form = form_of(request);
    return success(form, tempo_search(found->traces, form), found->complete);
  }

  Result<HttpResponse> tags(const Tenant& tenant, const HttpRequest& request) {
    auto scopes = names_by_scope(tenant, request);
    if (!scopes) return std::unexpected(scopes.error());
    bool asked = text_param(request, "scope") == kIntrinsic;
    std::set<std::string> names;
    for (const auto& [scope, of_scope] : *scopes)
      if (asked || scope != kIntrinsic) names.insert(of_scope.begin(), of_scope.end());
    TempoForm form = form_of(request);
    return success(form, tempo_tags({names.begin(), names.end()}, form));
  }

  Result<HttpResponse> tags_v2(const Tenant& tenant, const HttpRequest& request) {
    auto scopes = names_by_scope(tenant, request);
    if (!scopes) return std::unexpected(scopes.error());
    TempoForm form = form_of(request);
    return success(form, tempo_tags_v2(*scopes, form));
  }

  /// Of an attribute by its name alone, wherever it stands.
  Result<HttpResponse> values(const Tenant& tenant, const HttpRequest& request) {
    std::string_view name = request.path_param("name");
    auto tag = parse_tempo_tag(name);
    if (!tag || tag->intrinsic.empty()) tag = TempoTag{.key = std::string(name)};
    if (name == "status.code") tag = TempoTag{.intrinsic = "status"};
    if (name == "root.name") tag = TempoTag{.intrinsic = "rootName"};
    if (name == "root.service.name") tag = TempoTag{.intrinsic = "rootServiceName"};
    auto values = values_of(tenant, request, *tag);
    if (!values) return std::unexpected(values.error());
    TempoForm form = form_of(request);
    return success(form, tempo_values(*values, form));
  }

  Result<HttpResponse> values_v2(const Tenant& tenant, const HttpRequest& request) {
    auto tag = parse_tempo_tag(request.path_param("name"));
    if (!tag) return std::unexpected(tag.error());
    auto values = values_of(tenant, request, *tag);
    if (!values) return std::unexpected(values.error());
    TempoForm form = form_of(request);
    return success(form, tempo_values_v2(*values, form));
  }

 private:
  static constexpr std::string_view kIntrinsic = "intrinsic";

  Result<store::TraceResult> find(const Tenant& tenant, const HttpRequest& request) {
    auto id = parse_trace_id(request.path_param("id"));
    if (!id) return std::unexpected(id.error());
    // Hints where to look, which nobody needs here; wrong ones are wrong all the same.
    for (std::string_view hint : {"start", "end"})
      if (auto seconds = number_param(request, hint); !seconds)
        return std::unexpected(seconds.error());
    return engine_.trace(tenant, *id);
  }

  Result<std::vector<std::pair<std::string_view, std::vector<std::string>>>> names_by_scope(
      const Tenant& tenant, const HttpRequest& request) {
    using enum store::AttributeScope;
    std::string_view asked = text_param(request, "scope");
    bool all = asked.empty() || asked == "none", known = all || asked == "link";
    std::vector<std::pair<std::string_view, std::vector<std::string>>> scopes;
    for (store::AttributeScope scope : {kResource, kSpan, kEvent, kScope}) {
      if (!all && asked != scope_name(scope)) continue;
      known = true;
      std::vector<std::string> names;
      for (const store::TagName& name : engine_.tag_names(tenant, scope)) names.push_back(name.key);
      if (!names.empty()) scopes.emplace_back(scope_name(scope), std::move(names));
    }
    if (all || asked == kIntrinsic) {
      const auto& names = tempo_intrinsics();
      scopes.emplace_back(kIntrinsic, std::vector<std::string>(names.begin(), names.end()));
      known = true;
    }
    if (known) return scopes;
    return fail(Code::kInvalid, "invalid scope: {}", asked);
  }

  Result<std::vector<TempoValue>> values_of(const Tenant& tenant, const HttpRequest& request,
                                            const TempoTag& tag) {
    auto limit = limit_param(request, kDefaultValues);
    if (!limit) return std::unexpected(limit.error());
    std::vector<TempoValue> values;
    auto add = [&](std::string_view type, std::string value) {
      if (values.size() < *limit) values.push_back({type, std::move(value)});
    };
    if (tag.intrinsic.empty()) {
      for (const store::TagValue& value :
           engine_.tag_values(tenant, tag.scope, tag.key, "", *limit))
        add(value_type(value.type), value.text);
      // Where services are kept they are no attribute.
      if (tag.key == "service.name" && values.empty())
        for (std::string& name : engine_.services(tenant)) add("string", std::move(name));
    } else if (tag.intrinsic == "status") {
      for (const char* status : {"ok", "error", "unset"}) add("keyword", status);
    } else if (tag.intrinsic == "kind") {
      for (const char* kind :
           {"client", "server", "producer", "consumer", "internal", "unspecified"})
        add("keyword", kind);
    } else if (tag.intrinsic == "name" || tag.intrinsic == "rootName") {
      std::set<std::string> names;
      for (const auto& operation : engine_.operations(tenant, "")) names.insert(operation.name);
      for (const std::string& name : names) add("string", name);
    } else if (tag.intrinsic == "rootServiceName" || tag.intrinsic == "rootService") {
      for (std::string& name : engine_.services(tenant)) add("string", std::move(name));
    }
    return values;
  }

  query::Engine& engine_;
};

}  // namespace

void add_tempo(net::HttpRoutes& routes, query::Engine& engine, const std::string& prefix) {
  Endpoints<Tempo> add(routes, std::make_shared<Tempo>(engine), failure);
  add(prefix + "/api/echo", &Tempo::echo);
  add(prefix + "/api/status/buildinfo", &Tempo::buildinfo);
  add(prefix + "/api/traces/{id}", &Tempo::trace);
  add(prefix + "/api/v2/traces/{id}", &Tempo::trace_v2);
  add(prefix + "/api/search", &Tempo::search);
  add(prefix + "/api/search/tags", &Tempo::tags);
  add(prefix + "/api/v2/search/tags", &Tempo::tags_v2);
  add(prefix + "/api/search/tag/{name}/values", &Tempo::values);
  add(prefix + "/api/v2/search/tag/{name}/values", &Tempo::values_v2);
}

}  // namespace clew::api
