#include "query/clock_skew.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <unordered_map>

#include "base/check.h"
#include "otlp/jaeger_proto.h"
#include "otlp/writer.h"

namespace clew::query {
namespace {

constexpr size_t kNone = SIZE_MAX;

/// How one host is told from another; empty if that is not known.
std::string host_of(const otlp::ResourceRef& resource) {
  for (std::string_view key : {"host.id", "host.ip", "host.name"}) {
    auto value = resource.attributes().find(key);
    if (!value) continue;
    if (value->type() != otlp::ValueType::kArray) return value->text();
    for (const otlp::Value& first : value->elements()) return first.text();
  }
  return {};
}

struct Node {
  UnixNanos start, end;
  const std::string* host;
  size_t parent = kNone;
  size_t first_child = kNone, next_sibling = kNone;
  int64_t skew = 0;  // what its clock is behind; its children of the same host inherit it
};

/// Who has a span ID in a trace. Two when a client and a server share it, as in Zipkin.
struct Holder {
  size_t client = kNone, other = kNone;
};

int64_t difference(UnixNanos to, UnixNanos from) {
  constexpr uint64_t kMost = INT64_MAX;
  return to >= from ? static_cast<int64_t>(std::min(to - from, kMost))
                    : -static_cast<int64_t>(std::min(from - to, kMost));
}

UnixNanos moved(UnixNanos time, int64_t shift) {
  if (shift < 0) {
    uint64_t back = static_cast<uint64_t>(-(shift + 1)) + 1;
    return time > back ? time - back : 0;
  }
  uint64_t ahead = static_cast<uint64_t>(shift);
  return time > UINT64_MAX - ahead ? UINT64_MAX : time + ahead;
}

/// What must be added to the child's times so that they make sense beside its parent's.
int64_t skew_of(const Node& child, const Node& parent) {
  // Zipkin allows spans without a start; nothing can be said of them.
  if (child.start == 0 || parent.start == 0) return 0;
  uint64_t child_lasts = child.end > child.start ? child.end - child.start : 0;
  uint64_t parent_lasts = parent.end > parent.start ? parent.end - parent.start : 0;
  if (child_lasts > parent_lasts) {
    // Either it was not waited for or the parent gave up: all that is sure is the order.
    return child.start < parent.start ? difference(parent.start, child.start) : 0;
  }
  if (child.start >= parent.start && child.end <= parent.end) return 0;
  // As long on the way there as on the way back.
  return difference(parent.start + (parent_lasts - child_lasts) / 2, child.start);
}

std::string text_of(int64_t nanos) {
  return fmt::format("{:.6g}ms", static_cast<double>(nanos) / 1e6);
}

class SkewFinder {
 public:
  SkewFinder(const otlp::Batch& trace, std::chrono::nanoseconds most)
      : trace_(trace), most_(most.count()), corrections_(trace.spans().size()) {}

  std::vector<SkewCorrection> find() {
    read_spans();
    link_spans();
    // Parents before their children. Spans that are their own ancestors are never reached.
    for (size_t root : roots_) {
      std::vector<size_t> left = {root};
      while (!left.empty()) {
        size_t at = left.back();
        left.pop_back();
        correct(at);
        for (size_t child = nodes_[at].first_child; child != kNone;
             child = nodes_[child].next_sibling)
          left.push_back(child);
      }
    }
    return std::move(corrections_);
  }

 private:
  void read_spans() {
    for (const otlp::ResourceRef& resource : trace_.resources())
      hosts_.push_back(host_of(resource));
    nodes_.reserve(trace_.spans().size());
    for (size_t i = 0; i < trace_.spans().size(); ++i) {
      const otlp::SpanRef& ref = trace_.spans()[i];
      otlp::Span span = trace_.decode(ref);
      nodes_.push_back({.start = span.start, .end = span.end, .host = &hosts_[ref.resource]});
      Holder& holder = holders_[span.span_id];
      size_t& place = span.kind == otlp::SpanKind::kClient ? holder.client : holder.other;
      if (place == kNone)
        place = i;
      else
        corrections_[i].warning = "another span has the same ID: times not compared";
    }
  }

  void link_spans() {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      otlp::Span span = trace_.decode(trace_.spans()[i]);
      const Holder& same = holders_.at(span.span_id);
      if (same.client != i && same.other != i) continue;  // a repeated ID
      size_t parent = kNone;
      if (span.kind == otlp::SpanKind::kServer && same.client != kNone)
        parent = same.client;
      else if (auto at = holders_.find(span.parent_span_id); at != holders_.end())
        parent = at->second.other != kNone ? at->second.other : at->second.client;
      else if (!span.parent_span_id.is_zero())
        corrections_[i].warning = fmt::format(
            "its parent {} is not in the trace: times not compared", span.parent_span_id.hex());
      if (parent == kNone) {
        roots_.push_back(i);
        continue;
      }
      nodes_[i].parent = parent;
      nodes_[i].next_sibling = std::exchange(nodes_[parent].first_child, i);
    }
  }

  void correct(size_t i) {
    Node& node = nodes_[i];
    if (node.parent == kNone) return;
    const Node& parent = nodes_[node.parent];
    bool same_host = !node.host->empty() && *node.host == *parent.host;
    node.skew = same_host ? parent.skew : skew_of(node, parent);
    if (node.skew == 0 || node.start == 0) return;
    SkewCorrection& correction = corrections_[i];
    if (node.skew > most_ || node.skew < -most_) {
      correction.warning = fmt::format(
          "the clock of its host seems to be off by {}, more than the {} that may be corrected: "
          "times as they came",
          text_of(node.skew), text_of(most_));
      return;
    }
    correction.shift = node.skew;
    correction.warning = fmt::format(
        "moved by {} to fit into its parent: the clocks of their "
        "hosts differ",
        text_of(node.skew));
    node.start = moved(node.start, node.skew);
    node.end = moved(node.end, node.skew);
  }

  const otlp::Batch& trace_;
  const int64_t most_;
  std::vector<SkewCorrection> corrections_;
  std::vector<std::string> hosts_;  // by resource
  std::vector<Node> nodes_;         // by position in the trace
  std::unordered_map<SpanId, Holder, IdHash> holders_;
  std::vector<size_t> roots_;
};

/// Moves the time in the 8 bytes at `at`.
void move_time(char* at, int64_t shift) {
  static_assert(std::endian::native == std::endian::little);  // as protobuf's fixed64
  uint64_t time = 0;
  std::memcpy(&time, at, sizeof(time));
  if (time == 0) return;  // not known
  time = moved(time, shift);
  std::memcpy(at, &time, sizeof(time));
}

/// Moves the fixed64 fields `a` and `b` of a message that lies at `base` of `out`.
template <typename OnOther>
void move_times(std::string& out, std::string_view message, const char* base, otlp::fields::Tag a,
                otlp::fields::Tag b, int64_t shift, OnOther&& other) {
  for (protozero::pbf_reader in(message.data(), message.size()); in.next();) {
    bool time =
        in.wire_type() == protozero::pbf_wire_type::fixed64 && (in.tag() == a || in.tag() == b);
    if (time) move_time(out.data() + (in.data().data() - base), shift);
    if (time || !other(in)) in.skip();
  }
}

/// The Span message with what is to be corrected. Times keep their size, so they are changed where
/// they are; the warning comes behind everything else.
std::string corrected(std::string_view span, const SkewCorrection& correction) {
  using namespace otlp;
  std::string out(span);
  auto events = [&](protozero::pbf_reader& in) {
    if (in.tag() != fields::span::kEvents ||
        in.wire_type() != protozero::pbf_wire_type::length_delimited)
      return false;
    auto event = in.get_view();
    move_times(out, {event.data(), event.size()}, span.data(), fields::event::kTime,
               fields::event::kTime, correction.shift,
               [](protozero::pbf_reader&) { return false; });
    return true;
  };
  if (correction.shift != 0)
    move_times(out, span, span.data(), fields::span::kStart, fields::span::kEnd, correction.shift,
               events);
  protozero::pbf_writer writer(out);
  protozero::pbf_writer attribute(writer, fields::span::kAttributes);
  attribute.add_string(fields::key_value::kKey, otlp::kJaegerWarnings.data(),
                       otlp::kJaegerWarnings.size());
  protozero::pbf_writer value(attribute, fields::key_value::kValue);
  protozero::pbf_writer array(value, fields::any_value::kArray);
  protozero::pbf_writer(array, fields::values::kMember)
      .add_string(fields::any_value::kString, correction.warning);
  array.commit();
  value.commit();
  attribute.commit();
  return out;
}

}  // namespace

std::vector<SkewCorrection> find_clock_skew(const otlp::Batch& trace,
                                            std::chrono::nanoseconds most) {
  return SkewFinder(trace, most).find();
}

otlp::Batch correct_clock_skew(const otlp::Batch& trace, std::chrono::nanoseconds most) {
  if (most.count() == 0) return trace;
  std::vector<SkewCorrection> corrections = find_clock_skew(trace, most);
  if (std::ranges::all_of(corrections, [](const auto& one) { return one.warning.empty(); }))
    return trace;
  std::vector<std::string> rewritten;
  rewritten.reserve(corrections.size());  // the writer holds views of them
  otlp::RequestWriter writer;
  for (size_t i = 0; i < corrections.size(); ++i) {
    const otlp::SpanRef& ref = trace.spans()[i];
    if (corrections[i].warning.empty()) {
      writer.add(trace, ref);
      continue;
    }
    writer.add(trace.resource_of(ref), trace.scope_of(ref),
               rewritten.emplace_back(corrected(trace.bytes_of(ref), corrections[i])));
  }
  auto result = otlp::Batch::index(SharedBytes::take(writer.finish()));
  CLEW_CHECK(result.has_value());  // whole spans, with a whole attribute
  return *std::move(result);
}

}  // namespace clew::query
