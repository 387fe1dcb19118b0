// The spans of a trace as a tree, in which both halves of a call have their place.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "api/zipkin_fields.h"
#include "base/clock.h"
#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::api {

/// What a tree needs to know of a span.
struct ZipkinTreeSpan {
  SpanId id, parent_id;                                // zero: a root
  otlp::SpanKind kind = otlp::SpanKind::kUnspecified;  // never kInternal, which Zipkin has not
  const ZipkinEndpoint* local = nullptr;               // of the tree: equal ones are one
  const ZipkinEndpoint* remote = nullptr;
  UnixNanos start = 0;  // 0: not said
  bool shared = false;
  bool error = false;  // has a tag `error`, whatever it says
};

/// A trace's spans below each other; holds no views of the batch.
///
/// Spans that were sent in pieces are joined first: of one ID, one side and endpoints that do not
/// contradict each other. A server's span behind its client's with the same ID is shared, whether
/// it says so or not.
///
/// A shared span stands below the one it shares its ID with; spans of its endpoint whose parent is
/// that ID stand below it. What has no parent stands below the root, which is the span without
/// parent with the lowest ID, or none.
class ZipkinTree {
 public:
  struct Node {
    const ZipkinTreeSpan* span = nullptr;  // null: the root of a trace that has none
    /// The nearest span above with a kind: one side of a call, not something within a service.
    const ZipkinTreeSpan* caller = nullptr;
    std::vector<Node*> children;
  };

  explicit ZipkinTree(const otlp::Batch& trace);
  ZipkinTree(const ZipkinTree&) = delete;
  ZipkinTree& operator=(const ZipkinTree&) = delete;

  /// When the trace began: the start of its root, else of its earliest span. 0: unknown.
  UnixNanos start() const { return start_; }

  /// All nodes that can be reached from the root, itself first; spans that are each other's parents
  /// cannot.
  const std::vector<Node*>& nodes() const { return order_; }

 private:
  void read(const otlp::Batch& trace, const otlp::SpanRef& ref);
  void join_pieces();
  bool join(ZipkinTreeSpan& span, const ZipkinTreeSpan& piece);
  void walk();
  const ZipkinEndpoint* known(ZipkinEndpoint endpoint);

  std::set<ZipkinEndpoint> endpoints_;
  std::vector<ZipkinTreeSpan> spans_;
  std::deque<Node> nodes_;
  std::vector<Node*> order_;
  UnixNanos start_ = 0;
};

}  // namespace clew::api
