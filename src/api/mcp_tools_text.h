// What the MCP server tells assistants of its tools.
#pragma once

namespace clew::api {

/// The `tools` of tools/list, but for their annotations, which are the same for all. It is JSON
/// once every line end and the spaces after it are one space: texts go over several lines here.
inline constexpr char kMcpToolsText[] = R"json([
{"name": "search_traces", "title": "Search traces",
 "description": "The newest traces with a span that satisfies everything asked: one line a
   trace with its ID for get_trace. Begin with find_error_roots where something fails.",
 "inputSchema": {"type": "object", "additionalProperties": false, "properties": {
  "service": {"type": "string", "description": "Of the span, exactly as list_services names it"},
  "operation": {"type": "string", "description": "Name of the span, exactly as list_operations
    names it"},
  "error": {"type": "boolean", "description": "Only failed spans"},
  "min_duration": {"type": "string", "description": "Of the span: 100ms, 1.5s"},
  "attributes": {"type": "object", "additionalProperties": {"type": ["string", "number",
    "boolean"]}, "description": "Attributes of the span, its events or its resource that have
    this value: {\"http.status_code\": 503}"},
  "where": {"type": "array", "items": {"type": "string"}, "description": "Conditions:
    span.http.status_code >= 500, resource.host.name =~ \"node-.*\", event.exception.type (is
    there)"},
  "since": {"type": "string", "description": "So long ago (30m, 24h) or a time (RFC 3339); 1h
    if absent"},
  "until": {"type": "string", "description": "The same; now if absent"},
  "limit": {"type": "integer", "minimum": 1, "maximum": 100, "description": "Traces; 20 if
    absent"}}}},
{"name": "get_trace", "title": "Get a trace",
 "description": "The spans of one trace as a tree: start, duration, service, operation,
   outcome; failed spans with what they say and their attributes. Of large traces failed and
   long spans.",
 "inputSchema": {"type": "object", "additionalProperties": false, "required": ["trace_id"],
   "properties": {
  "trace_id": {"type": "string", "description": "16 or 32 hex digits"},
  "max_spans": {"type": "integer", "minimum": 1, "maximum": 500, "description": "100 if
    absent"}}}},
{"name": "list_services", "title": "List services",
 "description": "The names of all services that have sent spans.",
 "inputSchema": {"type": "object", "additionalProperties": false, "properties": {
  "contains": {"type": "string", "description": "Only names with this in them"}}}},
{"name": "list_operations", "title": "List operations",
 "description": "The names and kinds of a service's spans.",
 "inputSchema": {"type": "object", "additionalProperties": false, "required": ["service"],
   "properties": {
  "service": {"type": "string"},
  "contains": {"type": "string", "description": "Only names with this in them"}}}},
{"name": "get_dependencies", "title": "Get dependencies",
 "description": "Which services call which, how often, and how often that fails; counted from
   traces.",
 "inputSchema": {"type": "object", "additionalProperties": false, "properties": {
  "service": {"type": "string", "description": "Only calls from or to it"},
  "since": {"type": "string", "description": "So long ago (30m, 24h) or a time (RFC 3339); 1h
    if absent"},
  "until": {"type": "string", "description": "The same; now if absent"}}}},
{"name": "find_error_roots", "title": "Find where errors begin",
 "description": "Looks at the newest traces with failed spans, finds in each the failed span
   that no failure below it explains, and counts equal ones by service, operation and status,
   with examples for get_trace.",
 "inputSchema": {"type": "object", "additionalProperties": false, "properties": {
  "service": {"type": "string", "description": "Only traces where a span of it failed"},
  "since": {"type": "string", "description": "So long ago (30m, 24h) or a time (RFC 3339); 1h
    if absent"},
  "until": {"type": "string", "description": "The same; now if absent"},
  "max_traces": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "Looked at,
    the newest; 200 if absent"}}}}
])json";

}  // namespace clew::api
