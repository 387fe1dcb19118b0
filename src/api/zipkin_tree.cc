#include "api/zipkin_tree.h"

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace clew::api {
namespace {

/// The client's half of a call comes before the server's.
int side_of(const ZipkinTreeSpan& span) {
  if (span.shared) return 2;
  return span.kind == otlp::SpanKind::kClient ? 0 : 1;
}

/// What is not said comes last.
std::pair<bool, const std::string&> known_first(const std::string& text) {
  return {text.empty(), text};
}

/// Spans without an endpoint come first: they are then joined to the first that has one.
auto order_of(const ZipkinTreeSpan& span) {
  const ZipkinEndpoint& local = span.local;
  return std::tuple(span.id, side_of(span), !local.empty(), known_first(local.service),
                    known_first(local.ipv4), known_first(local.ipv6));
}

bool agree(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || a == b;
}

/// False if the two cannot be one endpoint.
bool agree(const ZipkinEndpoint& a, const ZipkinEndpoint& b) {
  return agree(a.service, b.service) && agree(a.ipv4, b.ipv4) && agree(a.ipv6, b.ipv6) &&
         (a.port == 0 || b.port == 0 || a.port == b.port);
}

/// Adds to `a` what only `b` says.
void join(ZipkinEndpoint& a, const ZipkinEndpoint& b) {
  if (a.service.empty()) a.service = b.service;
  if (a.ipv4.empty()) a.ipv4 = b.ipv4;
  if (a.ipv6.empty()) a.ipv6 = b.ipv6;
  if (a.port == 0) a.port = b.port;
}

void join(ZipkinTreeSpan& a, const ZipkinTreeSpan& b) {
  if (a.parent_id.is_zero()) a.parent_id = b.parent_id;
  if (a.kind == otlp::SpanKind::kUnspecified) a.kind = b.kind;
  if (a.start == 0) a.start = b.start;
  join(a.local, b.local);
  join(a.remote, b.remote);
  a.error |= b.error;
}

/// Some servers do not say that they share their client's ID, or do not know its parent.
void share_with(const ZipkinTreeSpan& before, ZipkinTreeSpan& span) {
  if (before.id != span.id) return;
  if (before.kind == otlp::SpanKind::kClient && span.kind == otlp::SpanKind::kServer)
    span.shared = true;
  if (span.shared && span.parent_id.is_zero()) span.parent_id = before.parent_id;
}

/// How spans name each other. A shared ID is one of several, which their endpoints tell apart.
struct Name {
  SpanId id;
  bool shared = false;
  std::optional<ZipkinEndpoint> endpoint;  // of a shared one, if it has one

  auto operator<=>(const Name&) const = default;
};

Name shared_name(SpanId id, const ZipkinEndpoint& endpoint) {
  return {id, true, endpoint.empty() ? std::nullopt : std::optional(endpoint)};
}

Name name_of(const ZipkinTreeSpan& span) {
  return span.shared ? shared_name(span.id, span.local) : Name{span.id};
}

/// Which span is whose parent.
class Family {
 public:
  explicit Family(const std::vector<ZipkinTreeSpan>& spans) {
    for (const ZipkinTreeSpan& span : spans)
      parents_[name_of(span)] = Name{span.shared ? span.id : span.parent_id};
  }

  /// Names the node, and finds out whether its parent is shared. False if it is the root.
  bool add(ZipkinTree::Node& node, bool has_root) {
    const ZipkinTreeSpan& span = *node.span;
    bool is_root = !span.shared && span.parent_id.is_zero();
    if (is_root && !has_root) {
      parents_.erase(Name{span.id});
      return false;
    }
    if (span.shared) {
      nodes_[name_of(span)] = &node;
      nodes_[Name{span.id, true, {}}] = &node;  // for children that do not say their endpoint
      return true;
    }
    nodes_[Name{span.id}] = &node;
    Name server = shared_name(span.parent_id, span.local);
    if (!is_root && parents_.contains(server)) parents_[Name{span.id}] = server;
    return true;
  }

  /// Puts each below its parent, or below `root`.
  void join(ZipkinTree::Node& root) {
    for (const auto& [name, parent_name] : parents_) {
      auto child = nodes_.find(name), parent = nodes_.find(parent_name);
      if (child == nodes_.end()) continue;
      ZipkinTree::Node* above = parent == nodes_.end() ? &root : parent->second;
      child->second->parent = above;
      above->children.push_back(child->second);
    }
  }

 private:
  std::map<Name, Name> parents_;
  std::map<Name, ZipkinTree::Node*> nodes_;
};

}  // namespace

ZipkinTreeSpan ZipkinTreeSpan::of(const otlp::Batch& trace, const otlp::SpanRef& ref) {
  otlp::Span span = trace.decode(ref);
  ZipkinTreeSpan out{.id = span.span_id};
  if (span.parent_span_id != span.span_id) out.parent_id = span.parent_span_id;
  out.error = span.is_error();
  ZipkinFields fields =
      read_zipkin_fields(span, trace.resource_of(ref),
                         [&out](const otlp::Attribute& tag) { out.error |= tag.key == "error"; });
  if (span.kind != otlp::SpanKind::kInternal) out.kind = span.kind;
  out.local = std::move(fields.local);
  out.remote = std::move(fields.remote);
  out.start = fields.has_start ? span.start : 0;
  out.shared = fields.shared;
  return out;
}

std::vector<ZipkinTreeSpan> join_zipkin_spans(std::vector<ZipkinTreeSpan> spans) {
  std::ranges::stable_sort(spans,
                           [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  std::vector<ZipkinTreeSpan> result;
  for (ZipkinTreeSpan& span : spans) {
    bool same_id = !result.empty() && result.back().id == span.id;
    if (same_id && result.back().shared == span.shared && agree(result.back().local, span.local)) {
      join(result.back(), span);
      continue;
    }
    result.push_back(std::move(span));
  }
  for (size_t i = 1; i < result.size(); ++i) share_with(result[i - 1], result[i]);
  return result;
}

ZipkinTree::ZipkinTree(std::vector<ZipkinTreeSpan> spans)
    : spans_(join_zipkin_spans(std::move(spans))) {
  Family family(spans_);
  for (const ZipkinTreeSpan& span : spans_) {
    Node& node = nodes_.emplace_back(Node{.span = &span});
    if (!family.add(node, root_ != nullptr)) root_ = &node;
  }
  if (root_ == nullptr) root_ = &nodes_.emplace_back();
  family.join(*root_);
}

std::vector<const ZipkinTree::Node*> ZipkinTree::nodes() const {
  std::vector<const Node*> nodes = {root_};
  for (size_t i = 0; i < nodes.size(); ++i)
    nodes.insert(nodes.end(), nodes[i]->children.begin(), nodes[i]->children.end());
  return nodes;
}

}  // namespace clew::api
