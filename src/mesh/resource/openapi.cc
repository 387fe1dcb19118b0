#include <fmt/format.h>

#include "mesh/resource/rest.h"
#include "mesh/resource/schema.h"

namespace clew::mesh {
namespace {

using Json = nlohmann::json;

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
      return {{"type", "string"}, {"description", "as Go writes it: 1m30s"}};
    case Shape::Type::kPort:
      return {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}};
    case Shape::Type::kPercent:
      return {{"type", Json::array({"number", "string"})}};
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
  schema["properties"]["name"] = {{"type", "string"}, {"pattern", "^[a-z0-9._-]{1,253}$"}};
  schema["properties"]["labels"] = schema_of(Shape{.type = Shape::Type::kMap});
  for (const char* written : {"creationTime", "modificationTime"})
    schema["properties"][written] = {{"type", "string"}};
  if (kind.in_mesh) schema["properties"]["mesh"] = {{"type", "string"}};
  schema["required"].push_back("type");
  schema["required"].push_back("name");
  return schema;
}

Json response(const char* description) {
  return {{"description", description}};
}

Json operation(const char* summary, bool writes, const Json& parameters) {
  Json made = {{"summary", summary},
               {"responses",
                {{"200", response("done")},
                 {"401", response("a token is missing or nobody's")},
                 {"403", response("the token's role does not allow it")}}}};
  if (!parameters.empty()) {
    made["parameters"] = parameters;
    made["responses"]["404"] = response("there is none");
  }
  if (writes) made["responses"]["400"] = response("what is wrong with it, by line and field");
  return made;
}

Json path_parameter(const char* name) {
  return {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

Json body_of(Json schema) {
  return {{"required", true},
          {"content",
           {{"application/json", {{"schema", schema}}},
            {"application/yaml", {{"schema", std::move(schema)}}}}}};
}

void add_kind(const Kind& kind, Json& paths) {
  Json in_mesh = Json::array();
  if (kind.in_mesh) in_mesh.push_back(path_parameter("mesh"));
  Json one = in_mesh;
  one.push_back(path_parameter("name"));
  std::string path = (kind.in_mesh ? "/meshes/{mesh}/" : "/") + kind.plural;
  paths[path]["get"] = operation("all of them", false, in_mesh);
  Json put = operation("create or replace one", true, one);
  put["responses"]["201"] = response("created");
  put["requestBody"] = body_of({{"$ref", "#/components/schemas/" + kind.name}});
  paths[path + "/{name}"] = {{"get", operation("one", false, one)},
                             {"put", std::move(put)},
                             {"delete", operation("delete one", true, one)}};
}

}  // namespace

std::string openapi() {
  Json paths = Json::object(), schemas = Json::object();
  for (const auto& [name, kind] : kinds()) {
    schemas[name] = resource_schema(kind);
    add_kind(kind, paths);
  }
  Json apply = operation("create or replace several, all or none", true, Json::array());
  apply["requestBody"] = body_of({{"type", Json::array({"object", "array"})}});
  apply["parameters"] = Json::array({{{"name", "dry_run"},
                                      {"in", "query"},
                                      {"schema", {{"type", "boolean"}}},
                                      {"description", "only say what would change"}}});
  paths["/apply"] = {{"post", std::move(apply)}};
  paths["/history"] = {{"get", operation("who changed what, the newest first", false, {})}};
  paths["/operator-tokens"] = {{"get", operation("whose tokens there are", false, {})},
                               {"post", operation("a new token", true, {})}};
  Json name = Json::array({path_parameter("name")});
  paths["/operator-tokens/{name}"] = {{"delete", operation("revoke a token", false, name)}};
  Json all = {{"openapi", "3.1.0"},
              {"info", {{"title", "Clew mesh"}, {"version", "1"}}},
              {"paths", std::move(paths)},
              {"components",
               {{"schemas", std::move(schemas)},
                {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
              {"security", Json::array({{{"token", Json::array()}}})}};
  return all.dump();
}

}  // namespace clew::mesh
