#include "query/diff_trace.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/trace_id.h"

namespace clew::query {
namespace {

constexpr std::string_view kServiceName = "service.name";

std::vector<otlp::Attribute> attributes_of(const otlp::Span& span) {
  std::vector<otlp::Attribute> all;
  for (otlp::Attribute attribute : span.attributes()) all.push_back(attribute);
  std::ranges::stable_sort(all, {}, &otlp::Attribute::key);
  // Of two with one key the last counts.
  std::vector<otlp::Attribute> each;
  for (const otlp::Attribute& attribute : all) {
    if (!each.empty() && each.back().key == attribute.key)
      each.back() = attribute;
    else
      each.push_back(attribute);
  }
  return each;
}

std::string_view service_of(const otlp::Span& span, const otlp::ResourceRef& resource) {
  auto own = span.attributes().find(kServiceName);
  bool has_own = own && own->type() == otlp::ValueType::kString && !own->as_bytes().empty();
  return has_own ? own->as_bytes() : resource.service_name;
}

std::optional<uint64_t> duration_of(const otlp::Span& span) {
  bool valid = span.start > 0 && span.end >= span.start && span.end - span.start <= INT64_MAX;
  return valid ? std::optional(span.end - span.start) : std::nullopt;
}

/// Puts the spans of a batch into the order of DiffTrace::spans.
class Sorter {
 public:
  explicit Sorter(DiffTrace& out) : out_(out) {
    for (const otlp::SpanRef& ref : out.batch.spans()) {
      otlp::Span span = out.batch.decode(ref);
      rows_.push_back({span.start, span.span_id, span.parent_span_id, &ref});
    }
    std::ranges::sort(rows_, [](const Row& a, const Row& b) {
      return std::tie(a.start, a.id) < std::tie(b.start, b.id);
    });
    for (uint32_t row = 0; row < rows_.size(); ++row) places_.try_emplace(rows_[row].id, row);
    for (uint32_t row = 0; row < rows_.size(); ++row) {
      auto parent = places_.find(rows_[row].parent);
      // A span whose parent is not here is a root.
      if (rows_[row].parent.is_zero() || parent == places_.end())
        roots_.push_back(row);
      else
        children_[parent->second].push_back(row);
    }
  }

  void run() {
    uint32_t next = 0;
    for (uint32_t row : roots_) next += add_tree(row, next);
    // What is left hangs in circles.
    for (uint32_t row = 0; row < rows_.size(); ++row) next += add_tree(row, next);
  }

 private:
  struct Row {
    UnixNanos start;
    SpanId id, parent;
    const otlp::SpanRef* ref;
  };
  struct Waiting {
    uint32_t row, parent;
  };

  /// Adds the span of `row` as root number `index`, and all below it, without recursion: a trace
  /// may be one long chain. 0 if it was there.
  uint32_t add_tree(uint32_t row, uint32_t index) {
    if (!is_new(row)) return 0;
    std::vector<Waiting> waiting = {{row, DiffSpan::kNone}};
    while (!waiting.empty()) {
      Waiting at = waiting.back();
      waiting.pop_back();
      if (at.parent != DiffSpan::kNone && !is_new(at.row)) continue;
      auto place = static_cast<uint32_t>(out_.spans.size());
      bool is_root = at.parent == DiffSpan::kNone;
      out_.spans.push_back(span_of(at, is_root ? index : child_counts_[at.parent]++));
      child_counts_.push_back(0);
      auto below = children_.find(at.row);
      if (below == children_.end()) continue;
      for (auto child = below->second.rbegin(); child != below->second.rend(); ++child)
        waiting.push_back({*child, place});
    }
    return 1;
  }

  /// True once for each span ID.
  bool is_new(uint32_t row) { return !std::exchange(seen_[rows_[row].id], true); }

  DiffSpan span_of(const Waiting& at, uint32_t index) const {
    const otlp::SpanRef& ref = *rows_[at.row].ref;
    otlp::Span span = out_.batch.decode(ref);
    return {.operation = {service_of(span, out_.batch.resource_of(ref)), span.name, span.kind},
            .status = span.status,
            .start = span.start,
            .duration = duration_of(span),
            .parent = at.parent,
            .index = index,
            .attributes = attributes_of(span)};
  }

  DiffTrace& out_;
  std::vector<Row> rows_;  // sorted
  std::unordered_map<SpanId, uint32_t, IdHash> places_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> children_;  // by row
  std::vector<uint32_t> roots_;
  std::unordered_map<SpanId, bool, IdHash> seen_;
  std::vector<uint32_t> child_counts_;  // by place in out_.spans
};

}  // namespace

std::vector<uint32_t> DiffTrace::path_of(uint32_t span) const {
  std::vector<uint32_t> path;
  for (; span != DiffSpan::kNone; span = spans[span].parent) path.push_back(spans[span].index);
  std::ranges::reverse(path);
  return path;
}

DiffTrace diff_trace_of(const otlp::Batch& trace) {
  DiffTrace out{.batch = trace,
                .id = store::trace_id_of(trace),
                .spans = {},
                .span_count = trace.spans().size()};
  Sorter(out).run();
  return out;
}

}  // namespace clew::query
