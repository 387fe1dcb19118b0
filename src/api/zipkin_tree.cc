#include "api/zipkin_tree.h"

#include <algorithm>
#include <compare>
#include <map>
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
  const ZipkinEndpoint& local = *span.local;
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

/// `a`, and what only `b` says.
ZipkinEndpoint joined(ZipkinEndpoint a, const ZipkinEndpoint& b) {
  if (a.service.empty()) a.service = b.service;
  if (a.ipv4.empty()) a.ipv4 = b.ipv4;
  if (a.ipv6.empty()) a.ipv6 = b.ipv6;
  if (a.port == 0) a.port = b.port;
  return a;
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
  const ZipkinEndpoint* endpoint = nullptr;  // of a shared one, if it has one

  auto operator<=>(const Name&) const = default;
};

Name shared_name(SpanId id, const ZipkinEndpoint* endpoint) {
  return {id, true, endpoint->empty() ? nullptr : endpoint};
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
      nodes_[Name{span.id, true}] = &node;  // for children that do not say their endpoint
      return true;
    }
    nodes_[Name{span.id}] = &node;
    Name server = shared_name(span.parent_id, span.local);
    if (!is_root && parents_.contains(server)) parents_[Name{span.id}] = server;
    return true;
  }

  /// Puts each below its parent, or below `root`.
  void join(ZipkinTree::Node& root) const {
    for (const auto& [name, parent_name] : parents_) {
      auto child = nodes_.find(name), parent = nodes_.find(parent_name);
      if (child == nodes_.end()) continue;
      ZipkinTree::Node& above = parent == nodes_.end() ? root : *parent->second;
      above.children.push_back(child->second);
    }
  }

 private:
  std::map<Name, Name> parents_;
  std::map<Name, ZipkinTree::Node*> nodes_;
};

}  // namespace

ZipkinTree::ZipkinTree(const otlp::Batch& trace) {
  spans_.reserve(trace.spans().size());
  for (const otlp::SpanRef& ref : trace.spans()) read(trace, ref);
  auto root = std::ranges::find_if(
      spans_, [](const auto& span) { return span.start != 0 && span.parent_id.is_zero(); });
  if (root != spans_.end()) start_ = root->start;
  join_pieces();

  Family family(spans_);
  Node* top = nullptr;
  for (const ZipkinTreeSpan& span : spans_) {
    Node& node = nodes_.emplace_back(Node{.span = &span});
    if (!family.add(node, top != nullptr)) top = &node;
  }
  if (top == nullptr) top = &nodes_.emplace_back();
  family.join(*top);
  order_.push_back(top);
  walk();
}

void ZipkinTree::read(const otlp::Batch& trace, const otlp::SpanRef& ref) {
  otlp::Span span = trace.decode(ref);
  ZipkinTreeSpan& out = spans_.emplace_back(ZipkinTreeSpan{.id = span.span_id});
  if (span.parent_span_id != span.span_id) out.parent_id = span.parent_span_id;
  if (span.kind != otlp::SpanKind::kInternal) out.kind = span.kind;
  out.error = span.is_error();
  ZipkinFields fields =
      read_zipkin_fields(span, trace.resource_of(ref),
                         [&out](const otlp::Attribute& tag) { out.error |= tag.key == "error"; });
  out.local = known(std::move(fields.local));
  out.remote = known(std::move(fields.remote));
  out.start = fields.has_start ? span.start : 0;
  out.shared = fields.shared;
  if (out.start != 0 && (start_ == 0 || out.start < start_)) start_ = out.start;
}

void ZipkinTree::join_pieces() {
  std::ranges::stable_sort(spans_,
                           [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  size_t count = 0;
  for (ZipkinTreeSpan& span : spans_)
    if (count == 0 || !join(spans_[count - 1], span)) spans_[count++] = span;
  spans_.resize(count);
  for (size_t i = 1; i < count; ++i) share_with(spans_[i - 1], spans_[i]);
}

/// False if it is a piece of another span.
bool ZipkinTree::join(ZipkinTreeSpan& span, const ZipkinTreeSpan& piece) {
  if (span.id != piece.id || span.shared != piece.shared || !agree(*span.local, *piece.local))
    return false;
  if (span.parent_id.is_zero()) span.parent_id = piece.parent_id;
  if (span.kind == otlp::SpanKind::kUnspecified) span.kind = piece.kind;
  if (span.start == 0) span.start = piece.start;
  span.local = known(joined(*span.local, *piece.local));
  span.remote = known(joined(*span.remote, *piece.remote));
  span.error |= piece.error;
  return true;
}

/// Fills order_ from the root on, and everybody's caller on the way.
void ZipkinTree::walk() {
  for (size_t i = 0; i < order_.size(); ++i) {
    Node& node = *order_[i];
    bool has_kind = node.span != nullptr && node.span->kind != otlp::SpanKind::kUnspecified;
    for (Node* child : node.children) {
      child->caller = has_kind ? node.span : node.caller;
      order_.push_back(child);
    }
  }
}

const ZipkinEndpoint* ZipkinTree::known(ZipkinEndpoint endpoint) {
  return &*endpoints_.insert(std::move(endpoint)).first;
}

}  // namespace clew::api
