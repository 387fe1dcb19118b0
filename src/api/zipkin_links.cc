#include "api/zipkin_links.h"

#include <string_view>

#include "api/zipkin_tree.h"

namespace clew::api {
namespace {

using otlp::SpanKind;
using Node = ZipkinTree::Node;

/// What a span is in a graph of calls; kUnspecified: nothing.
SpanKind role_of(const Node& node) {
  const ZipkinTreeSpan& span = *node.span;
  SpanKind kind = span.kind;
  if (kind == SpanKind::kUnspecified && !span.local->service.empty() &&
      !span.remote->service.empty())
    kind = SpanKind::kClient;
  else if (kind == SpanKind::kClient && !node.children.empty())
    return SpanKind::kUnspecified;  // the server below knows better whom it has called
  return kind;
}

/// Calls found(parent, child, failed) for every call that the node stands for.
void visit_calls(const Node& node, auto&& found) {
  const ZipkinTreeSpan& span = *node.span;
  SpanKind role = role_of(node);
  if (role == SpanKind::kUnspecified) return;
  bool is_called = role == SpanKind::kServer || role == SpanKind::kConsumer;
  std::string_view parent = is_called ? span.remote->service : span.local->service;
  std::string_view child = is_called ? span.local->service : span.remote->service;
  bool failed = span.error;
  bool is_message = role == SpanKind::kProducer || role == SpanKind::kConsumer;
  const ZipkinTreeSpan* above = is_message ? nullptr : node.caller;
  if (above != nullptr && !above->local->service.empty()) {
    std::string_view caller = above->local->service;
    // The span between them is missing, so it is not known whether it failed.
    if (role == SpanKind::kClient && !span.local->service.empty() && caller != span.local->service)
      found(caller, span.local->service, false);
    if (role == SpanKind::kServer || parent.empty()) parent = caller;
    if (above->kind == SpanKind::kClient && span.parent_id == above->id) failed |= above->error;
  }
  if (!parent.empty() && !child.empty()) found(parent, child, failed);
}

}  // namespace

void ZipkinLinkCounter::add(const otlp::Batch& trace) {
  ZipkinTree tree(trace);
  if (tree.start() == 0 || tree.start() < range_.start || tree.start() > range_.end) return;
  for (const Node* node : tree.nodes()) {
    if (node->span == nullptr) continue;
    visit_calls(*node, [this](std::string_view parent, std::string_view child, bool failed) {
      Calls& calls = links_[{std::string(parent), std::string(child)}];
      ++calls.calls;
      calls.errors += failed ? 1 : 0;
    });
  }
}

}  // namespace clew::api
