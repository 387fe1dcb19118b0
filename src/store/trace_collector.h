// Putting the spans of one trace together, each once.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/limits.h"
#include "otlp/writer.h"

namespace clew::store {

/// Remembers spans and tells a repetition: the same bytes under the same resource and scope, which
/// is what an exporter that retries sends. Holds views of the batches.
class Deduplicator {
 public:
  /// True if this span was not there before.
  bool insert(const otlp::Batch& batch, const otlp::SpanRef& ref);

 private:
  struct Content {
    std::string_view span, resource, scope;
    bool operator==(const Content&) const = default;
  };
  struct ContentHash {
    size_t operator()(const Content& content) const;
  };
  std::unordered_set<Content, ContentHash> seen_;
};

class TraceCollector {
 public:
  explicit TraceCollector(size_t max_spans = limits::kSpansPerTrace,
                          size_t max_bytes = limits::kTraceAnswerBytes)
      : max_spans_(max_spans), max_bytes_(max_bytes) {}

  /// Adds a span unless it is there already. Keeps the batch alive.
  void add(const otlp::Batch& batch, const otlp::SpanRef& ref);

  bool empty() const { return spans_ == 0; }
  /// True if a limit kept spans out.
  bool is_cut() const { return cut_; }

  /// The spans as one request; the collector is of no use afterwards.
  std::string finish() { return writer_.finish(); }

 private:
  void cut(std::string_view limit);

  size_t max_spans_, max_bytes_;
  Deduplicator deduplicator_;
  otlp::RequestWriter writer_;
  std::vector<otlp::Batch> batches_;
  size_t spans_ = 0;
  size_t bytes_ = 0;
  bool cut_ = false;
};

}  // namespace clew::store
