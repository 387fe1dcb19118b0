// The description of Clew's own API, as it is served at /api/clew/v1/openapi.json. It is also where
// the server has it from which parameters an endpoint takes: see clew_openapi.h.
#pragma once

namespace clew::api {

/// What every question to the control plane is answered with: OF_MESH stands for it in the paths.
inline constexpr char kClewOpenApiOfMesh[] = R"json(
      {"400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NoMesh"},
      "502": {"$ref": "#/components/responses/BadGateway"},
      "503": {"$ref": "#/components/responses/Unavailable"},
      "504": {"$ref": "#/components/responses/TimedOut"},
      "200": {"$ref": "#/components/responses/OfMesh"}})json";

/// All but its components, which follow it.
inline constexpr char kClewOpenApiPaths[] = R"json({
"openapi": "3.1.0",
"info": {"title": "Clew", "version": "1", "description":
  "Traces of one tenant: searched, read, followed as they come. Times are named with a unit."},
"servers": [{"url": "/"}],
"security": [{}, {"password": []}, {"token": []}],
"paths": {
"/api/clew/v1/services": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "services", "summary": "Names of services, sorted",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "the names",
      "content": {"application/json": {"schema": {"type": "object", "required": ["services"],
        "additionalProperties": false,
        "properties": {"services": {"type": "array", "items": {"type": "string"}}}}}}}}}},
"/api/clew/v1/operations": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "operations", "summary": "Operations of a service, or of all",
    "parameters": [{"$ref": "#/components/parameters/service"}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "the operations",
      "content": {"application/json": {"schema": {"type": "object", "required": ["operations"],
        "additionalProperties": false,
        "properties": {"operations": {"type": "array",
          "items": {"$ref": "#/components/schemas/Operation"}}}}}}}}}},
"/api/clew/v1/tags": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "tags", "summary": "Keys of attributes, for completion",
    "parameters": [{"$ref": "#/components/parameters/scope"}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "the keys, sorted",
      "content": {"application/json": {"schema": {"type": "object", "required": ["tags"],
        "additionalProperties": false,
        "properties": {"tags": {"type": "array", "items": {"type": "object",
          "required": ["scope", "key"], "additionalProperties": false,
          "properties": {"scope": {"$ref": "#/components/schemas/AttributeScope"},
            "key": {"type": "string"}}}}}}}}}}}},
"/api/clew/v1/tags/{key}/values": {"parameters": [{"$ref": "#/components/parameters/tenant"},
    {"name": "key", "in": "path", "required": true, "example": "http.method",
      "schema": {"type": "string", "minLength": 1}}],
  "get": {"operationId": "tagValues", "summary": "Values of an attribute, for completion",
    "parameters": [{"$ref": "#/components/parameters/scope"}, {"$ref":
      "#/components/parameters/limit"},
      {"name": "prefix", "in": "query", "description": "only values that begin with it",
        "schema": {"type": "string"}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "the values, sorted",
      "content": {"application/json": {"schema": {"type": "object", "required": ["values"],
        "additionalProperties": false,
        "properties": {"values": {"type": "array", "items": {"type": "object",
          "required": ["type", "value"], "additionalProperties": false,
          "properties": {"type": {"$ref": "#/components/schemas/ValueType"},
            "value": {"type": "string"}}}}}}}}}}}},
"/api/clew/v1/search": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "search",
    "summary": "Summaries of the newest traces with a span that satisfies everything asked for",
    "description":
      "q says it all: beside it only start, end, *TraceDuration, spans, limit, pageToken may stand",
    "parameters": [{"$ref": "#/components/parameters/q"},
      {"name": "spans", "in": "query", "description":
        "with q: how many of the spans found are told of each trace; 0: all",
        "schema": {"type": "integer", "minimum": 0, "default": 3}},
      {"$ref": "#/components/parameters/service"},
      {"$ref": "#/components/parameters/operation"}, {"$ref": "#/components/parameters/status"},
      {"$ref": "#/components/parameters/where"}, {"$ref": "#/components/parameters/tag"},
      {"$ref": "#/components/parameters/minDuration"}, {"$ref":
        "#/components/parameters/maxDuration"},
      {"$ref": "#/components/parameters/minTraceDuration"},
      {"$ref": "#/components/parameters/maxTraceDuration"},
      {"name": "start", "in": "query", "description":
        "spans that start then or later, microseconds",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"name": "end", "in": "query", "description":
        "spans that start then or earlier, microseconds",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"$ref": "#/components/parameters/limit"},
      {"name": "pageToken", "in": "query", "description": "nextPageToken of the page before",
        "schema": {"type": "string"}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "a page of them",
      "content": {"application/json": {"schema": {"type": "object",
        "required": ["traces", "complete", "elapsedMs"], "additionalProperties": false,
        "properties": {
          "traces": {"type": "array", "items": {"oneOf": [
            {"$ref": "#/components/schemas/TraceSummary"},
            {"$ref": "#/components/schemas/FoundTrace"}]}},
          "complete": {"type": "boolean", "description":
            "false: a deadline, a limit or damage cut the search short; there may be more"},
          "nextPageToken": {"type": "string"},
          "elapsedMs": {"type": "integer", "minimum": 0}}}}}}}}},
"/api/clew/v1/metrics": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "metrics", "summary": "Series of points counted from spans, by TraceQL",
    "parameters": [{"$ref": "#/components/parameters/q"},
      {"name": "start", "in": "query", "description":
        "microseconds; an hour before the end if it is left out",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"name": "end", "in": "query", "description": "microseconds; now if it is left out",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"name": "step", "in": "query", "description":
        "a duration, as 30s; chosen by the length of the range if it is left out",
        "schema": {"type": "string"}},
      {"name": "instant", "in": "query", "description": "one point for the whole range",
        "schema": {"type": "boolean", "default": false}},
      {"name": "exemplars", "in": "query", "description":
        "spans behind points, at most so many of all series together, and never more than 100",
        "schema": {"type": "integer", "minimum": 0, "default": 0}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "point i is of the interval that ends at startUs + (i + 1) * stepUs",
      "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false,
        "required": ["startUs", "endUs", "stepUs", "series", "complete", "inspectedSpans",
          "elapsedMs"],
        "properties": {"startUs": {"type": "integer", "minimum": 0},
          "endUs": {"type": "integer", "minimum": 0}, "stepUs": {"type": "integer", "minimum": 0},
          "series": {"type": "array", "items": {"$ref": "#/components/schemas/Series"}},
          "complete": {"type": "boolean"},
          "inspectedSpans": {"$ref": "#/components/schemas/Count"},
          "elapsedMs": {"type": "integer", "minimum": 0}}}}}}}}},
"/api/clew/v1/tail": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "tail", "summary": "Traces as their spans are stored",
    "description": "Events `trace`, whose data is a TraceSummary, and `dropped`, {\"count\": n}.",
    "parameters": [{"$ref": "#/components/parameters/service"},
      {"$ref": "#/components/parameters/operation"}, {"$ref": "#/components/parameters/status"},
      {"$ref": "#/components/parameters/where"}, {"$ref": "#/components/parameters/tag"},
      {"$ref": "#/components/parameters/minDuration"},
      {"$ref": "#/components/parameters/maxDuration"},
      {"$ref": "#/components/parameters/minTraceDuration"},
      {"$ref": "#/components/parameters/maxTraceDuration"},
      {"name": "traceId", "in": "query", "description": "only the trace of this ID",
        "schema": {"type": "string", "pattern": "^[0-9a-fA-F]{1,32}$"}},
      {"name": "rate", "in": "query", "description": "the most traces a second",
        "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "503": {"$ref": "#/components/responses/Unavailable"},
      "200": {"description": "events until one side ends it",
        "content": {"text/event-stream": {"schema": {"type": "string"}}}}}}},
"/api/clew/v1/population": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "population", "summary": "Many traces merged into one tree of calls",
    "description": "Those that a TraceQL query finds, or those with the IDs that are given.",
    "parameters": [
      {"name": "q", "in": "query", "description": "a TraceQL search; all traces if it is left out",
        "schema": {"type": "string"}},
      {"name": "traceId", "in": "query", "description": "100 at most; not with q",
        "schema": {"type": "array", "items": {"type": "string"}}},
      {"name": "start", "in": "query", "description":
        "of a span that the query names, then or later, microseconds",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"name": "end", "in": "query", "description": "then or earlier, microseconds",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"name": "limit", "in": "query", "description": "traces, the newest; 200000 at most",
        "schema": {"type": "integer", "minimum": 1, "default": 100000}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NotFound"}, "200": {"description":
      "the tree, its nodes in preorder",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Population"}}}}}}},
"/api/clew/v1/traces/{id}": {"parameters": [{"$ref": "#/components/parameters/tenant"},
    {"$ref": "#/components/parameters/traceId"},
    {"$ref": "#/components/parameters/ifNoneMatch"}],
  "get": {"operationId": "trace", "summary": "One trace, every attribute with its type",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "304": {"$ref": "#/components/responses/NotModified"},
      "404": {"$ref": "#/components/responses/NotFound"}, "200": {"description": "the trace",
      "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Trace"}}}}}}},
"/api/clew/v1/traces/{id}/columns": {
  "parameters": [{"$ref": "#/components/parameters/tenant"},
    {"$ref": "#/components/parameters/traceId"},
    {"$ref": "#/components/parameters/ifNoneMatch"}],
  "get": {"operationId": "traceColumns", "summary": "One trace as columns, to draw it",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "304": {"$ref": "#/components/responses/NotModified"},
      "404": {"$ref": "#/components/responses/NotFound"},
      "200": {"description": "the format that docs/trace-columns.md draws",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        "content": {"application/vnd.clew.columns": {}}}}}},
"/api/clew/v1/traces/{id}/spans": {
  "parameters": [{"$ref": "#/components/parameters/tenant"},
    {"$ref": "#/components/parameters/traceId"},
    {"$ref": "#/components/parameters/ifNoneMatch"}],
  "get": {"operationId": "traceSpans",
    "summary": "Spans of one trace by the rows that they have in its columns",
    "parameters": [
      {"name": "from", "in": "query", "description": "number of the first row",
        "schema": {"type": "integer", "minimum": 0, "default": 0}},
      {"name": "count", "in": "query", "description": "rows, at most",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
      {"name": "span", "in": "query", "description":
        "begin at the row of this span; not together with from",
        "schema": {"type": "string", "pattern": "^[0-9a-fA-F]{16}$"}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "304": {"$ref": "#/components/responses/NotModified"},
      "404": {"$ref": "#/components/responses/NotFound"}, "200": {"description":
        "the trace with these spans only, and what of its resources and scopes they need",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        "content": {"application/json": {"schema":
          {"$ref": "#/components/schemas/TracePage"}}}}}}},
"/api/clew/v1/traces/{id}/find": {
  "parameters": [{"$ref": "#/components/parameters/tenant"},
    {"$ref": "#/components/parameters/traceId"},
    {"$ref": "#/components/parameters/ifNoneMatch"}],
  "get": {"operationId": "findSpans",
    "summary": "Rows of those spans that have all of some words in what they say",
    "parameters": [
      {"name": "text", "in": "query", "required": true, "description":
        "up to 32 words between spaces, each anywhere in the span: in names, IDs, key=value",
        "schema": {"type": "string", "minLength": 1}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "304": {"$ref": "#/components/responses/NotModified"},
      "404": {"$ref": "#/components/responses/NotFound"}, "200": {"description":
        "the rows, ascending, as they are numbered in the trace's columns",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        "content": {"application/json": {"schema": {"type": "object",
          "required": ["total", "complete", "rows"], "additionalProperties": false,
          "properties": {"total": {"$ref": "#/components/schemas/Count"},
            "complete": {"type": "boolean"},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Count"}}}}}}}}}},
"/api/clew/v1/traces/{id}/pin": {"parameters": [{"$ref": "#/components/parameters/tenant"},
    {"$ref": "#/components/parameters/traceId"}],
  "put": {"operationId": "pin", "summary": "Keep the trace whatever retention says",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NotFound"},
      "503": {"$ref": "#/components/responses/Unavailable"}, "200": {"description": "what is kept",
      "content": {"application/json": {"schema": {"type": "object",
        "required": ["traceId", "spanCount", "complete"], "additionalProperties": false,
        "properties": {"traceId": {"$ref": "#/components/schemas/TraceId"},
          "spanCount": {"$ref": "#/components/schemas/Count"}, "complete": {"type":
            "boolean"}}}}}}}},
  "delete": {"operationId": "unpin", "summary": "Give the trace back to retention",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"},
      "404": {"$ref": "#/components/responses/NotFound"}, "200": {"description": "done",
      "content": {"application/json": {"schema": {"type": "object", "required": ["traceId"],
        "additionalProperties": false,
        "properties": {"traceId": {"$ref": "#/components/schemas/TraceId"}}}}}}}}},
"/api/clew/v1/pins": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "pins", "summary": "Which traces are pinned",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "their IDs",
      "content": {"application/json": {"schema": {"type": "object", "required": ["traceIds"],
        "additionalProperties": false, "properties": {"traceIds": {"type": "array",
          "items": {"$ref": "#/components/schemas/TraceId"}}}}}}}}}},
"/api/clew/v1/dependencies": {"parameters": [{"$ref": "#/components/parameters/tenant"}],
  "get": {"operationId": "dependencies", "summary": "Who called whom",
    "parameters": [{"name": "end", "in": "query", "description":
      "microseconds; now if it is left out",
        "schema": {"$ref": "#/components/schemas/Micros"}},
      {"name": "lookback", "in": "query", "description":
        "milliseconds before it; a day if it is left out",
        "schema": {"type": "integer", "minimum": 0}}],
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "the calls",
      "content": {"application/json": {"schema": {"type": "object",
        "required": ["dependencies", "complete"], "additionalProperties": false,
        "properties": {"complete": {"type": "boolean"},
          "dependencies": {"type": "array", "items": {"type": "object",
            "required": ["parent", "child", "callCount", "errorCount", "p50Us", "p95Us", "p99Us"],
            "additionalProperties": false,
            "properties": {"parent": {"type": "string"}, "child": {"type": "string"},
              "callCount": {"$ref": "#/components/schemas/Count"},
              "errorCount": {"$ref": "#/components/schemas/Count"},
              "p50Us": {"$ref": "#/components/schemas/Count"},
              "p95Us": {"$ref": "#/components/schemas/Count"},
              "p99Us": {"$ref": "#/components/schemas/Count"}}}}}}}}}}}},
"/api/clew/v1/system": {
  "get": {"operationId": "system", "summary": "What the store says of itself",
    "description": "Of the whole process, not of a tenant. What it does is in /metrics.",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "its state, its limits, the agents that report to it, and its last warnings and errors",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/System"}}}}}}},
"/api/clew/v1/mesh": {
  "get": {"operationId": "mesh", "summary": "Whether there is a control plane to ask",
    "responses": {"400": {"$ref": "#/components/responses/Wrong"}, "200": {"description":
      "its URL, if --mesh-url gives one",
      "content": {"application/json": {"schema": {"type": "object", "required": ["configured"],
        "additionalProperties": false, "properties": {"configured": {"type": "boolean"},
          "url": {"type": "string"}}}}}}}}},
"/api/clew/v1/mesh/proxies": {
  "get": {"operationId": "meshProxies", "summary":
      "Proxies, and what they made of their configuration",
    "parameters": [{"$ref": "#/components/parameters/mesh"}],
    "responses": OF_MESH}},
"/api/clew/v1/mesh/services": {
  "get": {"operationId": "meshServices", "summary":
      "Destinations of requests: services, and each further port of one",
    "parameters": [{"$ref": "#/components/parameters/mesh"}],
    "responses": OF_MESH}},
"/api/clew/v1/mesh/zones": {
  "get": {"operationId": "meshZones", "summary": "Core locations: resources of the kind Zone",
    "parameters": [{"$ref": "#/components/parameters/meshSize"},
      {"$ref": "#/components/parameters/meshOffset"}],
    "responses": OF_MESH}},
"/api/clew/v1/mesh/edges": {
  "get": {"operationId": "meshEdges", "summary": "Resources of the kind Edge",
    "parameters": [{"$ref": "#/components/parameters/meshSize"},
      {"$ref": "#/components/parameters/meshOffset"}],
    "responses": OF_MESH}},
"/api/clew/v1/mesh/meshes": {
  "get": {"operationId": "meshMeshes", "summary": "Resources of the kind Mesh",
    "parameters": [{"$ref": "#/components/parameters/meshSize"},
      {"$ref": "#/components/parameters/meshOffset"}],
    "responses": OF_MESH}},
"/api/clew/v1/mesh/zone-matrix": {
  "get": {"operationId": "meshZoneMatrix", "summary": "From every edge to every core location",
    "responses": OF_MESH}},
"/api/clew/v1/mesh/edges/{edge}/routes/{service}": {
  "parameters": [{"$ref": "#/components/parameters/edge"},
    {"$ref": "#/components/parameters/meshService"}],
  "get": {"operationId": "meshRoutes", "summary":
      "In which order an edge uses core locations, and why",
    "parameters": [{"$ref": "#/components/parameters/mesh"}],
    "responses": OF_MESH}},
"/api/clew/v1/mesh/certificates": {
  "get": {"operationId": "meshCertificates", "summary": "What was issued to proxies",
    "responses": OF_MESH}},
"/api/clew/v1/mesh/meshes/{mesh}/dataplanes/{name}/_overview": {
  "parameters": [{"$ref": "#/components/parameters/meshName"},
    {"$ref": "#/components/parameters/dataplane"}],
  "get": {"operationId": "meshProxy", "summary": "One proxy with what it was sent",
    "responses": OF_MESH}},
"/api/clew/v1/mesh/meshes/{mesh}/authority": {
  "parameters": [{"$ref": "#/components/parameters/meshName"}],
  "get": {"operationId": "meshAuthority", "summary": "Whom the proxies of a mesh trust",
    "responses": OF_MESH}},
"/api/clew/v1/mesh/control-planes": {
  "get": {"operationId": "meshControlPlanes", "summary":
      "Control planes, and how far behind they are",
    "responses": OF_MESH}},
"/api/clew/v1/mesh/history": {
  "get": {"operationId": "meshHistory", "summary": "Who changed what, the newest first",
    "parameters": [{"$ref": "#/components/parameters/meshType"},
      {"$ref": "#/components/parameters/mesh"},
      {"$ref": "#/components/parameters/meshResource"},
      {"$ref": "#/components/parameters/meshLimit"}],
    "responses": OF_MESH}},
"/api/clew/v1/openapi.json": {
  "get": {"operationId": "openapi", "summary": "This document",
    "responses": {"200": {"description": "OpenAPI 3.1",
      "content": {"application/json": {"schema": {"type": "object"}}}}}}}
},
)json";

}  // namespace clew::api
