#include <string>
#include <utility>

#include "base/check.h"
#include "mesh/resource/openapi_text.h"
#include "mesh/resource/rest.h"
#include "mesh/resource/schema.h"

namespace clew::mesh {
namespace {

using Json = nlohmann::json;

/// A reference to what openapi_text.h defines, or to a kind.
Json ref(const char* section, const std::string& name) {
  return {{"$ref", std::string("#/components/") + section + "/" + name}};
}

Json schema_named(const std::string& name) {
  return ref("schemas", name);
}

/// A shape as JSON Schema says it.
Json schema_of(const Shape& shape) {
  switch (shape.type) {
    case Shape::Type::kString:
      return {{"type", "string"}};
    case Shape::Type::kInt:
      return {{"type", "integer"}, {"minimum", 0}};
    case Shape::Type::kNumber:
      return {{"type", "number"}};
    case Shape::Type::kBool:
      return {{"type", "boolean"}};
    case Shape::Type::kDuration:
      return schema_named("Duration");
    case Shape::Type::kPort:
      return {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}};
    case Shape::Type::kPercent:
      return {{"type", Json::array({"number", "string"})}, {"pattern", "^[0-9]+([.][0-9]+)?$"}};
    case Shape::Type::kMap:
      return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    case Shape::Type::kAny:
      return Json::object();
    case Shape::Type::kEnum:
      return {{"enum", shape.words}};
    case Shape::Type::kList:
      return {{"type", "array"}, {"items", schema_of(*shape.element)}};
    case Shape::Type::kRefused:
      return false;
    case Shape::Type::kObject:
      break;
  }
  Json properties = Json::object(), required = Json::array();
  for (const auto& [name, field] : shape.fields) {
    if (field.shape->type == Shape::Type::kRefused) continue;
    properties[name] = schema_of(*field.shape);
    if (field.required) required.push_back(name);
  }
  Json schema = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json resource_schema(const Kind& kind) {
  Json schema = schema_of(*kind.body);
  schema["properties"]["type"] = {{"const", kind.name}};
  schema["properties"]["name"] = schema_named("Name");
  schema["properties"]["labels"] = schema_of(Shape{.type = Shape::Type::kMap});
  for (const char* written : {"creationTime", "modificationTime"})
    schema["properties"][written] = {{"type", "string"}};
  if (kind.in_mesh) schema["properties"]["mesh"] = schema_named("Name");
  schema["required"].push_back("type");
  schema["required"].push_back("name");
  return schema;
}

Json content(const char* description, Json schema) {
  return {{"description", description},
          {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

/// A page of a list.
Json list_of(const std::string& kind) {
  return {{"type", "object"},
          {"required", Json::array({"total", "items", "next"})},
          {"properties",
           {{"total", {{"type", "integer"}}},
            {"items", {{"type", "array"}, {"items", schema_named(kind)}}},
            {"next",
             {{"type", Json::array({"string", "null"})},
              {"description", "the path of the next page"}}}}}};
}

Json operation(const char* summary, const Json& parameters, Json answer) {
  return {{"summary", summary},
          {"parameters", parameters},
          {"responses", {{"200", std::move(answer)}}}};
}

void add_kind(const Kind& kind, Json& paths) {
  Json in_mesh = Json::array();
  if (kind.in_mesh) in_mesh.push_back(ref("parameters", "mesh"));
  Json one = in_mesh, page = in_mesh;
  one.push_back(ref("parameters", "name"));
  for (const char* name : {"size", "offset"}) page.push_back(ref("parameters", name));
  std::string path = (kind.in_mesh ? "/meshes/{mesh}/" : "/") + kind.plural;
  paths[path]["get"] = operation("all of them", page, content("a page", list_of(kind.name)));
  Json put = operation("create or replace one", one, ref("responses", "Put"));
  put["responses"]["201"] = ref("responses", "Put");
  Json body = {{"schema", schema_named(kind.name)}};
  put["requestBody"] = {{"required", true},
                        {"content", {{"application/json", body}, {"application/yaml", body}}}};
  Json erase = operation("delete one", one, ref("responses", "Done"));
  erase["responses"]["400"] = ref("responses", "Wrong");  // something needs it
  paths[path + "/{name}"] = {
      {"get", operation("one", one, content("the resource", schema_named(kind.name)))},
      {"put", std::move(put)},
      {"delete", std::move(erase)}};
}

/// What the server answers to any request of its kind.
void add_errors(const std::string& path, Json& operation) {
  Json& answers = operation["responses"];
  answers["401"] = ref("responses", "NoToken");
  answers["403"] = ref("responses", "Forbidden");
  if (path.find('{') != path.npos) answers["404"] = ref("responses", "NotFound");
  if (!operation.contains("requestBody")) return;
  answers["400"] = ref("responses", "Wrong");
  answers["413"] = ref("responses", "TooLarge");
  answers["415"] = ref("responses", "Encoded");
}

}  // namespace

std::string openapi() {
  Json all = Json::parse(kOpenApiText, nullptr, false);
  CLEW_CHECK(!all.is_discarded());
  for (const auto& [name, kind] : kinds()) {
    all["components"]["schemas"][name] = resource_schema(kind);
    add_kind(kind, all["paths"]);
  }
  for (auto& [path, operations] : all["paths"].items())
    for (Json& operation : operations) add_errors(path, operation);
  return all.dump();
}

}  // namespace clew::mesh
