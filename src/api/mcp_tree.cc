#include "api/mcp_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "api/mcp_text.h"
#include "query/error_roots.h"
#include "query/parents.h"
#include "query/summary.h"

namespace clew::api {
namespace {

constexpr size_t kMostIndent = 40;
constexpr size_t kMostNameBytes = 120, kMostValueBytes = 200, kMostAttributes = 20;

class Tree {
 public:
  explicit Tree(const otlp::Batch& trace) : trace_(trace) {
    for (const otlp::SpanRef& ref : trace.spans()) spans_.push_back(trace.decode(ref));
    parents_ = query::parents_of(spans_);
    cut_circles();
    children_.resize(spans_.size());
    for (size_t i = 0; i < spans_.size(); ++i)
      (parents_[i] == query::kNoParent ? tops_ : children_[parents_[i]]).push_back(i);
    auto by_start = [this](size_t i) { return spans_[i].start; };
    std::ranges::stable_sort(tops_, {}, by_start);
    for (auto& siblings : children_) std::ranges::stable_sort(siblings, {}, by_start);
  }

  std::string text(bool complete, size_t most_spans) {
    choose(most_spans);
    head();
    write_tree();
    size_t left_out = spans_.size() - static_cast<size_t>(std::ranges::count(chosen_, true));
    if (left_out > 0)
      out_.line(fmt::format(
          "[{} of {} spans left out: neither failed nor among the longest; ask for more with "
          "max_spans]",
          left_out, spans_.size()));
    if (!complete) out_.line("[incomplete: a limit, a deadline or damage kept spans away]");
    return out_.take("ask for fewer spans with max_spans");
  }

 private:
  /// A span that is above itself becomes a top.
  void cut_circles() {
    std::vector<size_t> met_from(spans_.size(), query::kNoParent);
    for (size_t i = 0; i < spans_.size(); ++i) {
      size_t at = i;
      while (at != query::kNoParent && met_from[at] == query::kNoParent) {
        met_from[at] = i;
        at = parents_[at];
      }
      if (at != query::kNoParent && met_from[at] == i) parents_[at] = query::kNoParent;
    }
  }

  /// Takes a span with all above it, if so many still fit.
  void take(size_t span, size_t most) {
    std::vector<size_t> way;
    for (size_t at = span; at != query::kNoParent && !chosen_[at]; at = parents_[at]) {
      if (count_ + way.size() == most) return;
      way.push_back(at);
    }
    for (size_t at : way) chosen_[at] = true;
    count_ += way.size();
  }

  void choose(size_t most) {
    chosen_.assign(spans_.size(), false);
    take(tops_.front(), most);
    std::vector<size_t> order(spans_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, [this](size_t a, size_t b) {
      bool a_failed = spans_[a].is_error(), b_failed = spans_[b].is_error();
      if (a_failed != b_failed) return a_failed;
      return spans_[a].duration() > spans_[b].duration();
    });
    for (size_t span : order) take(span, most);
  }

  void head() {
    query::TraceSummary summary = query::summarize(trace_);
    start_ = summary.start;
    out_.line(fmt::format("trace {} started {} took {}: {} spans, {} failed{}", summary.id.hex(),
                          instant_text(summary.start), nanos_text(summary.duration),
                          summary.span_count, summary.error_count,
                          summary.root_missing ? ", its root is missing" : ""));
    std::string services;
    for (const query::ServiceSummary& service : summary.services)
      services += fmt::format("{}{} ({})", services.empty() ? "" : ", ",
                              shortened(service.name, kMostNameBytes), service.span_count);
    out_.line("services (spans): " + shortened(services, 2000));
    out_.line("+start duration service: operation [kind] outcome");
  }

  /// Depth first, without recursion: a trace may be as deep as it has spans.
  void write_tree() {
    struct Pending {
      size_t span, depth;
    };
    std::vector<Pending> left;
    for (size_t i = tops_.size(); i-- > 0;) left.push_back({tops_[i], 0});
    while (!left.empty()) {
      auto [span, depth] = left.back();
      left.pop_back();
      if (!chosen_[span]) continue;  // and so is nothing below it
      write(span, depth);
      const auto& children = children_[span];
      for (size_t i = children.size(); i-- > 0;) left.push_back({children[i], depth + 1});
    }
  }

  void write(size_t index, size_t depth) {
    const otlp::Span& span = spans_[index];
    std::string indent(std::min(2 * depth, kMostIndent), ' ');
    auto left_out = std::ranges::count_if(children_[index], [&](size_t i) { return !chosen_[i]; });
    bool is_orphan = parents_[index] == query::kNoParent && !span.parent_span_id.is_zero();
    std::string outcome = query::outcome_of(span);
    out_.line(fmt::format(
        "{}+{} {} {}: {} [{}]{}{}{}{}", indent,
        nanos_text(span.start - std::min(span.start, start_)), nanos_text(span.duration()),
        shortened(trace_.resource_of(trace_.spans()[index]).service_name, kMostNameBytes),
        shortened(span.name, kMostNameBytes), name_of(span.kind),
        outcome.empty() ? "" : " " + shortened(outcome, kMostNameBytes),
        span.is_error() ? " FAILED" : "", is_orphan ? " (parent missing)" : "",
        left_out > 0 ? fmt::format(" ({} children left out)", left_out) : ""));
    if (span.is_error()) write_failure(span, indent);
  }

  void write_failure(const otlp::Span& span, const std::string& indent) {
    if (std::string text = query::failure_text(span); !text.empty())
      out_.line(indent + "  ! " + shortened(text, 2 * kMostValueBytes));
    std::string line;
    size_t count = 0;
    for (otlp::Attribute attribute : span.attributes()) {
      if (++count > kMostAttributes) break;
      line +=
          fmt::format("{}{}={}", line.empty() ? "" : " ", shortened(attribute.key, kMostNameBytes),
                      shortened(attribute.value.text(), kMostValueBytes));
    }
    if (count > kMostAttributes) line += " …";
    if (!line.empty()) out_.line(indent + "  " + line);
  }

  const otlp::Batch& trace_;
  std::vector<otlp::Span> spans_;
  std::vector<size_t> parents_, tops_;
  std::vector<std::vector<size_t>> children_;
  std::vector<bool> chosen_;
  size_t count_ = 0;
  UnixNanos start_ = 0;
  BoundedText out_;
};

}  // namespace

std::string mcp_trace_text(const otlp::Batch& trace, bool complete, size_t most_spans) {
  return Tree(trace).text(complete, most_spans);
}

}  // namespace clew::api
