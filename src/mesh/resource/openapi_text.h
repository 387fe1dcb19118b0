// The part of the API's description that no kind of resource changes, as JSON: openapi.cc adds the
// kinds and their paths. Where an answer is one of a proxy's state it says of what type fields are,
// not which there are.
#pragma once

namespace clew::mesh {

inline constexpr char kOpenApiText[] = R"json({
"openapi": "3.1.0",
"info": {"title": "Clew mesh", "version": "1"},
"security": [{"token": []}],
"components": {
  "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
  "parameters": {
    "name": {"name": "name", "in": "path", "required": true, "example": "default",
      "schema": {"$ref": "#/components/schemas/Name"}},
    "mesh": {"name": "mesh", "in": "path", "required": true, "example": "default",
      "schema": {"$ref": "#/components/schemas/Name"}},
    "size": {"name": "size", "in": "query", "description": "at most so many",
      "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
    "offset": {"name": "offset", "in": "query", "description": "without the first ones",
      "schema": {"type": "integer", "minimum": 0}},
    "file": {"name": "file", "in": "query", "description": "what errors call the body",
      "schema": {"type": "string"}}
  },
  "responses": {
    "Wrong": {"description": "what is wrong with it, by line and field",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "NoToken": {"description": "a token is missing or nobody's",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "Forbidden": {"description": "the token's role does not allow it",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "NotFound": {"description": "there is none",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "TooLarge": {"description": "the body is too large",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "Encoded": {"description": "the Content-Encoding is not one that is read",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "NotYet": {"description": "try again in a moment",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
    "Done": {"description": "done",
      "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}},
    "Put": {"description": "done", "content": {"application/json": {"schema": {
      "type": "object", "required": ["warnings"],
      "properties": {"warnings": {"type": "array", "items": {"type": "string"}}}}}}},
    "Authority": {"description": "whom the proxies of a mesh trust",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Authority"}}}}
  },
  "schemas": {
    "Name": {"type": "string", "pattern": "^[a-z0-9._-]{1,253}$"},
    "Duration": {"type": "string", "description": "as Go writes it: 1m30s",
      "pattern": "^(0|(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$"},
    "Time": {"type": "integer", "minimum": 0, "description": "nanoseconds since 1970"},
    "Role": {"enum": ["reader", "operator", "admin"]},
    "Error": {"type": "object", "required": ["error"], "additionalProperties": false,
      "properties": {"error": {"type": "object", "required": ["code", "message"],
        "additionalProperties": false,
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}}},
    "Resources": {"type": ["object", "array"],
      "description": "one resource, or a list of them; in YAML documents too"},
    "Changes": {"type": "object", "required": ["revision", "changes"],
      "properties": {"revision": {"type": "integer"}, "changes": {"type": "array", "items": {
        "type": "object", "required": ["type", "mesh", "name", "change"],
        "properties": {"type": {"type": "string"}, "mesh": {"type": "string"},
          "name": {"type": "string"}, "change": {"enum": ["unchanged", "created", "updated"]}}}}}},
    "History": {"type": "object", "required": ["items"],
      "properties": {"items": {"type": "array", "items": {"type": "object",
        "required": ["revision", "time_unix_nano", "author", "action", "type", "mesh", "name",
          "resource"],
        "properties": {"revision": {"type": "integer"}, "author": {"type": "string"},
          "time_unix_nano": {"$ref": "#/components/schemas/Time"},
          "action": {"enum": ["create", "update", "delete", "begin", "activate", "finish"]},
          "type": {"type": "string"},
          "mesh": {"type": "string"}, "name": {"type": "string"},
          "resource": {"type": ["object", "null"]}}}}}},
    "OperatorToken": {"type": "object", "required": ["name", "role"], "additionalProperties": false,
      "properties": {"name": {"type": "string", "minLength": 1},
        "role": {"$ref": "#/components/schemas/Role"},
        "validFor": {"$ref": "#/components/schemas/Duration"}}},
    "DataplaneToken": {"type": "object", "required": ["name"], "additionalProperties": false,
      "properties": {"name": {"type": "string", "minLength": 1}, "mesh": {"type": "string"},
        "validFor": {"$ref": "#/components/schemas/Duration"}}},
    "DebugToken": {"type": "object", "required": ["host"], "additionalProperties": false,
      "properties": {"host": {"type": "string", "minLength": 1},
        "validFor": {"$ref": "#/components/schemas/Duration"}}},
    "Authority": {"type": "object", "required": ["trusted", "bundle_pem"],
      "properties": {"bundle_pem": {"type": "string"},
        "trusted": {"type": "array", "items": {"type": "object",
          "required": ["subject", "fingerprint", "signs"],
          "properties": {"subject": {"type": "string"}, "fingerprint": {"type": "string"},
            "not_before_unix_nano": {"$ref": "#/components/schemas/Time"},
            "not_after_unix_nano": {"$ref": "#/components/schemas/Time"},
            "signs": {"type": "boolean"}}}}}},
    "Service": {"type": "object", "additionalProperties": false,
      "required": ["mesh", "name", "service", "sections", "protocol", "external", "zones"],
      "properties": {"mesh": {"type": "string"},
        "name": {"type": "string", "description": "as routes call it: shop, or shop:8081"},
        "service": {"type": "string", "description": "what it is a port of: shop"},
        "sections": {"type": "array", "items": {"type": "string"},
          "description": "the port's name, if it has one, and number, if a MeshService says them"},
        "protocol": {"type": "string"}, "external": {"type": "boolean"},
        "zones": {"type": "array", "items": {"type": "object", "additionalProperties": false,
          "required": ["zone", "instances"], "properties": {"zone": {"type": "string"},
            "instances": {"type": "integer", "description": "that are ready"}}}}}},
    "Proxy": {"type": "object",
      "required": ["mesh", "name", "kind", "service", "place", "status", "refusals"],
      "properties": {"mesh": {"type": "string"}, "name": {"type": "string"},
        "kind": {"enum": ["sidecar", "edge", "ingress"]}, "service": {"type": "string"},
        "place": {"type": "string"},
        "status": {"enum": ["online", "pending", "refused", "offline"]},
        "refusals": {"type": "array", "items": {"type": "object"}},
        "types": {"type": "array", "description":
          "in an overview, while it is connected: what it was sent, and when it last answered",
          "items": {"type": "object", "required": ["type", "resources"], "properties": {
            "type": {"type": "string"},
            "resources": {"type": "array", "items": {"type": "object"}},
            "accepted_unix_nano": {"$ref": "#/components/schemas/Time"},
            "refused_unix_nano": {"$ref": "#/components/schemas/Time"}}}}}}
  }
},
"paths": {
  "/apply": {"post": {
    "summary": "create or replace several, all or none",
    "parameters": [{"$ref": "#/components/parameters/file"},
      {"name": "dry_run", "in": "query", "schema": {"type": "boolean"},
        "description": "only say what would change"}],
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"$ref": "#/components/schemas/Resources"}},
      "application/yaml": {"schema": {"$ref": "#/components/schemas/Resources"}}}},
    "responses": {"200": {"description": "what became of each", "content": {"application/json": {
      "schema": {"$ref": "#/components/schemas/Changes"}}}}}}},
  "/diff": {"post": {
    "summary": "which proxies would get what, if these were applied",
    "parameters": [{"$ref": "#/components/parameters/file"}],
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"$ref": "#/components/schemas/Resources"}},
      "application/yaml": {"schema": {"$ref": "#/components/schemas/Resources"}}}},
    "responses": {"200": {"description": "by proxy", "content": {"application/json": {
      "schema": {"type": "object"}}}}}}},
  "/history": {"get": {
    "summary": "who changed what, the newest first; of tokens and authorities as well",
    "parameters": [
      {"name": "type", "in": "query", "schema": {"type": "string"}},
      {"name": "mesh", "in": "query", "schema": {"type": "string"}},
      {"name": "name", "in": "query", "schema": {"type": "string"}},
      {"name": "limit", "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000}}],
    "responses": {"200": {"description": "versions", "content": {"application/json": {
      "schema": {"$ref": "#/components/schemas/History"}}}}}}},
  "/operator-tokens": {
    "get": {
      "summary": "whose tokens there are",
      "responses": {"200": {"description": "without the tokens", "content": {"application/json": {
        "schema": {"type": "object", "required": ["items"], "properties": {"items": {
          "type": "array", "items": {"type": "object",
            "required": ["name", "role", "created_unix_nano", "expires_unix_nano"],
            "properties": {"name": {"type": "string"},
              "role": {"$ref": "#/components/schemas/Role"},
              "created_unix_nano": {"$ref": "#/components/schemas/Time"},
              "expires_unix_nano": {"$ref": "#/components/schemas/Time"}}}}}}}}}}},
    "post": {
      "summary": "a new token",
      "requestBody": {"required": true, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/OperatorToken"}}}},
      "responses": {"201": {"description": "the token, which is shown only here", "content": {
        "application/json": {"schema": {"type": "object", "required": ["name", "role", "token"],
          "properties": {"name": {"type": "string"},
            "role": {"$ref": "#/components/schemas/Role"}, "token": {"type": "string"}}}}}}}}},
  "/operator-tokens/{name}": {"delete": {
    "summary": "revoke a token",
    "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"$ref": "#/components/responses/Done"}}}},
  "/tokens/dataplane": {"post": {
    "summary": "a token of one proxy",
    "requestBody": {"required": true, "content": {"application/json": {
      "schema": {"$ref": "#/components/schemas/DataplaneToken"}}}},
    "responses": {"201": {"description": "the token, which is shown only here", "content": {
      "application/json": {"schema": {"type": "object", "required": ["token"],
        "properties": {"token": {"type": "string"}}}}}},
      "404": {"$ref": "#/components/responses/NotFound"}}}},
  "/tokens/dataplane/{mesh}/{name}": {"delete": {
    "summary": "revoke the tokens of one proxy",
    "parameters": [{"$ref": "#/components/parameters/mesh"},
      {"$ref": "#/components/parameters/name"}],
    "responses": {"200": {"$ref": "#/components/responses/Done"}}}},
  "/meshes/{mesh}/debug-tokens": {"post": {
    "summary": "a token with which every request to a host is traced",
    "parameters": [{"$ref": "#/components/parameters/mesh"}],
    "requestBody": {"required": true, "content": {"application/json": {
      "schema": {"$ref": "#/components/schemas/DebugToken"}}}},
    "responses": {"201": {"description": "the token, which is shown only here", "content": {
      "application/json": {"schema": {"type": "object", "required": ["token"],
        "properties": {"token": {"type": "string"},
          "expires_unix_nano": {"$ref": "#/components/schemas/Time"}}}}}},
      "400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NotFound"}}}},
  "/certificates": {"get": {
    "summary": "what was issued to proxies",
    "responses": {"200": {"description": "by identity", "content": {"application/json": {
      "schema": {"type": "object", "required": ["items"], "properties": {
        "items": {"type": "array", "items": {"type": "object"}}}}}}}}}},
  "/meshes/{mesh}/authority": {"get": {
    "summary": "whom its proxies trust",
    "parameters": [{"$ref": "#/components/parameters/mesh"}],
    "responses": {"200": {"$ref": "#/components/responses/Authority"}}}},
  "/meshes/{mesh}/authority/{step}": {"post": {
    "summary": "a step of its replacement",
    "parameters": [{"$ref": "#/components/parameters/mesh"},
      {"name": "step", "in": "path", "required": true,
        "schema": {"enum": ["begin", "activate", "finish"]}}],
    "responses": {"200": {"$ref": "#/components/responses/Authority"},
      "400": {"$ref": "#/components/responses/Wrong"}}}},
  "/proxies": {"get": {
    "summary": "who is there, and what it made of its configuration",
    "parameters": [{"name": "mesh", "in": "query", "schema": {"type": "string"}}],
    "responses": {"200": {"description": "all of them", "content": {"application/json": {
      "schema": {"type": "object", "required": ["total", "items"], "properties": {
        "total": {"type": "integer"},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Proxy"}}}}}}}}}},
  "/meshes/{mesh}/services/{service}": {"get": {
    "summary": "a service, or one port of it (shop:8081)",
    "parameters": [{"$ref": "#/components/parameters/mesh"},
      {"name": "service", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "the destination that it is", "content": {
      "application/json": {"schema": {"$ref": "#/components/schemas/Service"}}}}}}},
  "/services": {"get": {
    "summary": "destinations of requests: services, and each further port of a MeshService",
    "parameters": [{"name": "mesh", "in": "query", "schema": {"type": "string"}}],
    "responses": {"200": {"description": "by mesh and name", "content": {"application/json": {
      "schema": {"type": "object", "required": ["total", "items"], "properties": {
        "total": {"type": "integer"},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Service"}}}}}}}}}},
  "/edges/{edge}/routes/{service}": {"get": {
    "summary": "in which order an edge uses core locations for a service, and why",
    "parameters": [
      {"name": "edge", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "service", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "mesh", "in": "query", "schema": {"type": "string"}}],
    "responses": {"200": {"description": "its core locations", "content": {"application/json": {
      "schema": {"type": "object", "required": ["edge", "mesh", "service", "zones"], "properties": {
        "zones": {"type": "array", "items": {"type": "object"}}}}}}}}}},
  "/control-planes": {"get": {
    "summary": "this control plane, and all others that were connected to it or are called",
    "responses": {"200": {"description": "by zone and name", "content": {"application/json": {
      "schema": {"type": "object", "required": ["self", "total", "items", "conflicts", "problem"],
        "properties": {
          "self": {"type": "object"},
          "total": {"type": "integer"},
          "items": {"type": "array", "items": {"type": "object"}},
          "conflicts": {"type": "integer"},
          "problem": {"type": "string"}}}}}}}}},
  "/tokens/zone": {"post": {
    "summary": "a token for the control planes of a zone (admins, at the global one)",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {
      "type": "object", "required": ["zone"], "properties": {
        "zone": {"type": "string"}, "validFor": {"type": "string"}}}}}},
    "responses": {"201": {"description": "the token", "content": {"application/json": {
        "schema": {"type": "object", "required": ["token"],
          "properties": {"token": {"type": "string"}}}}}},
      "400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NotFound"}}}},
  "/tokens/zone/{zone}": {"delete": {
    "summary": "take all tokens of a zone back",
    "parameters": [{"name": "zone", "in": "path", "required": true,
      "schema": {"type": "string"}}],
    "responses": {"200": {"$ref": "#/components/responses/Done"},
      "400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NotFound"}}}},
  "/zone-matrix": {"get": {
    "summary": "round trip, loss, requests and errors from every edge to every core location",
    "responses": {"200": {"description": "by edge", "content": {"application/json": {
      "schema": {"type": "object", "required": ["total", "items"], "properties": {
        "total": {"type": "integer"},
        "items": {"type": "array", "items": {"type": "object"}}}}}}}}}},
  "/meshes/{mesh}/dataplanes/{name}/_overview": {"get": {
    "summary": "one proxy with what it was sent",
    "parameters": [{"$ref": "#/components/parameters/mesh"},
      {"$ref": "#/components/parameters/name"}],
    "responses": {"200": {"description": "the proxy", "content": {"application/json": {
      "schema": {"$ref": "#/components/schemas/Proxy"}}}}}}},
  "/meshes/{mesh}/dataplanes/{name}/_config": {"get": {
    "summary": "what one proxy shall have, as Envoy reads it",
    "parameters": [{"$ref": "#/components/parameters/mesh"},
      {"$ref": "#/components/parameters/name"}],
    "responses": {"200": {"description": "by type and name", "content": {"application/json": {
        "schema": {"type": "object", "required": ["identity", "resources"],
          "properties": {"identity": {"type": ["string", "null"]},
            "resources": {"type": "array", "items": {"type": "object"}}}}}}},
      "503": {"$ref": "#/components/responses/NotYet"}}}}
}})json";

}  // namespace clew::mesh
