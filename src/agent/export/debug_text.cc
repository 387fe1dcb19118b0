#include "agent/export/debug_text.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json.h"
#include "otlp/batch.h"

namespace clew::agent {
namespace {

using Out = std::back_insert_iterator<std::string>;

/// Text of a client on one line: line breaks and the like as JSON escapes them.
std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void add_attributes(Out out, std::string_view indent, const otlp::AttributeRange& attributes) {
  for (const otlp::Attribute& attribute : attributes)
    fmt::format_to(out, "{}-> {}: {}\n", indent, quoted(attribute.key),
                   quoted(attribute.value.text()));
}

void add_line(Out out, const otlp::Span& span) {
  fmt::format_to(out, "{} {} {}", quoted(span.name), span.trace_id.hex(), span.span_id.hex());
  for (const otlp::Attribute& attribute : span.attributes())
    fmt::format_to(out, " {}={}", quoted(attribute.key), quoted(attribute.value.text()));
  fmt::format_to(out, "\n");
}

void add_events_and_links(Out out, const otlp::Span& span) {
  for (const otlp::Event& event : span.events()) {
    fmt::format_to(out, "    Event: {} at {}\n", quoted(event.name), event.time);
    add_attributes(out, "      ", event.attributes());
  }
  for (const otlp::Link& link : span.links()) {
    fmt::format_to(out, "    Link: {} {}\n", link.trace_id.hex(), link.span_id.hex());
    add_attributes(out, "      ", link.attributes());
  }
}

void add_details(Out out, const otlp::Span& span) {
  fmt::format_to(out, "  Span {} {}\n", span.trace_id.hex(), span.span_id.hex());
  if (!span.parent_span_id.is_zero())
    fmt::format_to(out, "    Parent: {}\n", span.parent_span_id.hex());
  fmt::format_to(out, "    Name: {}\n    Kind: {}\n", quoted(span.name), name_of(span.kind));
  fmt::format_to(out, "    Start: {}\n    End: {}\n", span.start, span.end);
  fmt::format_to(out, "    Status: {} {}\n", name_of(span.status), quoted(span.status_message));
  if (!span.trace_state.empty())
    fmt::format_to(out, "    TraceState: {}\n", quoted(span.trace_state));
  add_attributes(out, "    ", span.attributes());
  add_events_and_links(out, span);
}

void add_resource_and_scope(Out out, const otlp::Batch& batch, const otlp::SpanRef& ref) {
  fmt::format_to(out, "Resource\n");
  add_attributes(out, "  ", batch.resource_of(ref).attributes());
  const otlp::ScopeRef& scope = batch.scope_of(ref);
  fmt::format_to(out, "Scope {} {}\n", quoted(scope.name), quoted(scope.version));
}

}  // namespace

std::string debug_text(otlp::Signal signal, const SharedBytes& request, Verbosity verbosity) {
  if (signal != otlp::Signal::kTraces)
    return fmt::format("{}: {} bytes\n", otlp::name_of(signal), request.size());
  auto batch = otlp::Batch::index(request);
  if (!batch) return fmt::format("traces: {}\n", batch.error().message);
  std::string text = fmt::format("traces: {} resource spans, {} spans\n", batch->resources().size(),
                                 batch->spans().size());
  if (verbosity == Verbosity::kBasic) return text;
  Out out(text);
  const otlp::SpanRef* before = nullptr;
  for (const otlp::SpanRef& ref : batch->spans()) {
    otlp::Span span = batch->decode(ref);
    if (verbosity == Verbosity::kNormal) {
      add_line(out, span);
      continue;
    }
    if (!before || before->scope != ref.scope) add_resource_and_scope(out, *batch, ref);
    add_details(out, span);
    before = &ref;
  }
  return text;
}

}  // namespace clew::agent
