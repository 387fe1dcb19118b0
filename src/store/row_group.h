// Collecting the spans of one row group, and what its index says of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "otlp/writer.h"
#include "store/block_format.h"

namespace clew::store {

/// A set of 64-bit hashes that is filled and emptied often.
class HashSet {
 public:
  /// True if it was not there before.
  bool insert(uint64_t hash);
  size_t size() const { return size_; }
  std::vector<uint64_t> values() const;
  void clear();

 private:
  void grow();

  std::vector<uint64_t> slots_ = std::vector<uint64_t>(1024);  // 0: free
  size_t size_ = 0;
};

/// Holds views of the batches it is given until finish().
class RowGroupBuilder {
 public:
  struct Finished {
    std::string request;           // an ExportTraceServiceRequest
    block_format::RowGroup index;  // without what depends on the place in the file
    std::string tag_filter;
  };

  bool empty() const { return writer_.empty(); }

  /// About how large the request is so far. An overestimate where schema URLs repeat.
  size_t bytes() const { return bytes_; }

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref, const otlp::Span& span,
           uint32_t operation);

  /// What was collected; the builder is empty again.
  Finished finish();

 private:
  struct TextHash {
    size_t operator()(std::string_view text) const;
  };

  void add_tags(const otlp::Batch& batch, const otlp::SpanRef& ref, const otlp::Span& span);
  void add_attributes(std::string_view message, otlp::fields::Tag tag);

  otlp::RequestWriter writer_;
  size_t bytes_ = 0;
  block_format::RowGroup index_;
  HashSet operations_;  // plus one, since 0 is a number
  std::unordered_set<std::string_view, TextHash> resources_, scopes_;  // their messages
  HashSet seen_attributes_;  // of the bytes of KeyValue messages: most repeat
  HashSet tags_;
};

}  // namespace clew::store
