// The spans of a trace as a tree, in which both halves of a call have their place.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
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
  ZipkinEndpoint local, remote;
  UnixNanos start = 0;  // 0: not said
  bool shared = false;
  bool error = false;  // has a tag `error`, whatever it says

  static ZipkinTreeSpan of(const otlp::Batch& trace, const otlp::SpanRef& ref);
};

/// Sorts the spans of a trace and joins those that were sent in pieces: of one ID, one side and
/// endpoints that do not contradict each other. A server's span behind its client's with the same
/// ID is shared, whether it says so or not.
std::vector<ZipkinTreeSpan> join_zipkin_spans(std::vector<ZipkinTreeSpan> spans);

/// A trace's spans below each other. A shared span stands below the one it shares its ID with;
/// spans of its endpoint whose parent is that ID stand below it. What has no parent stands below
/// the root, which is the span without parent with the lowest ID, or none.
class ZipkinTree {
 public:
  struct Node {
    const ZipkinTreeSpan* span = nullptr;  // null: the root of a trace that has none
    const Node* parent = nullptr;
    std::vector<const Node*> children;
  };

  explicit ZipkinTree(std::vector<ZipkinTreeSpan> spans);
  ZipkinTree(const ZipkinTree&) = delete;
  ZipkinTree& operator=(const ZipkinTree&) = delete;

  /// All nodes that can be reached from it, itself first; spans that are each other's parents
  /// cannot.
  std::vector<const Node*> nodes() const;

 private:
  const std::vector<ZipkinTreeSpan> spans_;
  std::deque<Node> nodes_;
  Node* root_ = nullptr;
};

}  // namespace clew::api
