#include "query/population_tree.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/start_time.h"

namespace clew::query {
namespace {

uint64_t number_of(const uint8_t* bytes) {
  uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

/// Source: the last steps of splitmix64.
uint64_t mixed(uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

/// The same for a span in whatever order traces come, and spread evenly whatever IDs are like.
uint64_t hash_of(const TraceId& trace, const SpanId& span) {
  return mixed(mixed(number_of(trace.bytes.data() + 8)) ^ number_of(span.bytes.data()));
}

/// The longer of two; of equal ones the same whichever comes first.
bool is_better(const SpanExample& a, const SpanExample& b) {
  return a.duration != b.duration ? a.duration > b.duration : a < b;
}

}  // namespace

bool CallTree::add(const store::SpanOutline& span) {
  return timer_.add(span, place_of({span.service, span.name, span.kind}));
}

/// The operation's number; kNone if there is no room for its texts.
uint32_t CallTree::place_of(const Operation& operation) {
  auto found = operation_places_.find(operation);
  if (found != operation_places_.end()) return found->second;
  text_bytes_ += operation.service.size() + operation.name.size();
  if (text_bytes_ > limits::kPopulationTextBytes) {
    text_bytes_ -= operation.service.size() + operation.name.size();
    return kNone;
  }
  auto place = static_cast<uint32_t>(operations_.size());
  std::string_view service = texts_.emplace_back(operation.service);
  std::string_view name = texts_.emplace_back(operation.name);
  operations_.push_back({service, name, operation.kind});
  operation_places_.emplace(operations_.back(), place);
  return place;
}

/// The node of an operation below another, or a root's for kNone; kNone if there is no room for it.
uint32_t CallTree::node_below(uint32_t parent, uint32_t operation) {
  if (operation == kNone) return kNone;
  auto found = places_.find({parent, operation});
  if (found != places_.end()) return found->second;
  if (nodes_.size() >= limits::kPopulationNodes) return kNone;
  auto place = static_cast<uint32_t>(nodes_.size());
  Node& node = nodes_.emplace_back();
  node.parent = parent;
  node.operation = operation;
  node.depth = parent == kNone ? 0 : nodes_[parent].depth + 1;
  places_.emplace(std::pair(parent, operation), place);
  return place;
}

/// The node of a span whose parent has been placed; kNone or kTooDeep if it was cut, for the reason
/// of what was cut above it.
uint32_t CallTree::node_of(const TimedSpan& span) {
  if (span.parent == TimedSpan::kNoParent) return node_below(kNone, span.operation);
  uint32_t above = node_places_[span.parent];
  if (is_cut(above)) return above;
  if (nodes_[above].depth + 1 >= limits::kPopulationDepth) return kTooDeep;
  return node_below(above, span.operation);
}

void CallTree::end_trace(const TraceId& id) {
  if (timer_.is_empty()) return;
  std::span<const TimedSpan> spans = timer_.finish();
  ++traces_;
  spans_ += spans.size();
  oldest_ = store::earlier(oldest_, timer_.start());
  newest_ = std::max(newest_, timer_.start());
  node_places_.clear();
  kept_above_.clear();
  for (const TimedSpan& span : spans) {
    uint32_t place = node_of(span);
    uint32_t above = span.parent == TimedSpan::kNoParent ? kNone : kept_above_[span.parent];
    node_places_.push_back(place);
    kept_above_.push_back(is_cut(place) ? above : place);
    if (!is_cut(place)) {
      count(nodes_[place], span, id);
      continue;
    }
    ++(place == kTooDeep ? cut_by_depth_ : cut_by_nodes_);
    if (above != kNone) nodes_[above].critical += span.critical;
  }
}

void CallTree::count(Node& node, const TimedSpan& span, const TraceId& id) {
  if (node.last_trace != traces_) ++node.traces;
  node.last_trace = traces_;
  node.errors += span.is_error ? 1 : 0;
  node.orphans += span.is_orphan ? 1 : 0;
  node.offset += span.offset;
  node.total += span.duration;
  node.self += span.self;
  node.critical += span.critical;
  node.durations.add(span.duration);
  SpanExample example{id, span.id, span.duration};
  if (node.durations.count() == 1 || is_better(example, node.slowest)) node.slowest = example;
  if (span.is_error && (!node.failed || is_better(example, *node.failed))) node.failed = example;
  sample(node, {hash_of(id, span.id), example});
}

void CallTree::sample(Node& node, const Sampled& sampled) {
  if (sampled >= node.sampled.back()) return;
  size_t place = kSampled - 1;
  for (; place > 0 && node.sampled[place - 1] > sampled; --place)
    node.sampled[place] = node.sampled[place - 1];
  node.sampled[place] = sampled;
}

void CallTree::add(Node& node, const Node& other) {
  bool had_none = node.durations.count() == 0;
  node.traces += other.traces;
  node.errors += other.errors;
  node.orphans += other.orphans;
  node.offset += other.offset;
  node.total += other.total;
  node.self += other.self;
  node.critical += other.critical;
  node.durations.add(other.durations);
  if (had_none || is_better(other.slowest, node.slowest)) node.slowest = other.slowest;
  if (other.failed && (!node.failed || is_better(*other.failed, *node.failed)))
    node.failed = other.failed;
  for (const Sampled& sampled : other.sampled) sample(node, sampled);
}

void CallTree::add(const CallTree& other) {
  traces_ += other.traces_;
  spans_ += other.spans_;
  oldest_ = store::earlier(oldest_, other.oldest_);
  newest_ = std::max(newest_, other.newest_);
  cut_by_nodes_ += other.cut_by_nodes_;
  cut_by_depth_ += other.cut_by_depth_;
  std::vector<uint32_t> places, kept_above;  // by node of the other, as by span in end_trace()
  for (const Node& node : other.nodes_) {
    bool is_root = node.parent == kNone;
    bool is_cut_off = !is_root && is_cut(places[node.parent]);
    uint32_t above = is_root ? kNone : kept_above[node.parent];
    uint32_t place =
        is_cut_off ? kNone : node_below(above, place_of(other.operations_[node.operation]));
    places.push_back(place);
    kept_above.push_back(is_cut(place) ? above : place);
    if (!is_cut(place)) {
      add(nodes_[place], node);
      continue;
    }
    cut_by_nodes_ += node.durations.count();
    if (above != kNone) nodes_[above].critical += node.critical;
  }
}

PopulationNode CallTree::described(const Node& node) {
  PopulationNode described{.depth = node.depth,
                           .operation = node.operation,
                           .traces = node.traces,
                           .spans = node.durations.count(),
                           .errors = node.errors,
                           .orphans = node.orphans,
                           .offset = node.offset,
                           .total = node.total,
                           .self = node.self,
                           .critical = node.critical,
                           .shortest = node.durations.shortest(),
                           .longest = node.durations.longest(),
                           .p50 = node.durations.quantile(0.5),
                           .p95 = node.durations.quantile(0.95),
                           .p99 = node.durations.quantile(0.99),
                           .slowest = node.slowest,
                           .typical = node.slowest,
                           .failed = node.failed};
  auto distance = [&](const SpanExample& span) {
    return span.duration > described.p50 ? span.duration - described.p50
                                         : described.p50 - span.duration;
  };
  for (const Sampled& sampled : node.sampled)
    if (sampled.hash != UINT64_MAX && distance(sampled.span) < distance(described.typical))
      described.typical = sampled.span;
  return described;
}

/// By node: 1 if an answer has it. Of too many those with the most spans, themselves and below
/// them: so none is there without those above it.
std::vector<uint8_t> CallTree::largest() const {
  std::vector<uint8_t> kept(nodes_.size(), nodes_.size() <= limits::kPopulationAnswerNodes ? 1 : 0);
  if (nodes_.size() <= limits::kPopulationAnswerNodes) return kept;
  std::vector<uint64_t> spans(nodes_.size());
  for (size_t i = nodes_.size(); i-- > 0;) {
    spans[i] += nodes_[i].durations.count();
    if (nodes_[i].parent != kNone) spans[nodes_[i].parent] += spans[i];
  }
  std::vector<uint32_t> order(nodes_.size());
  std::iota(order.begin(), order.end(), 0);
  auto end = order.begin() + static_cast<ptrdiff_t>(limits::kPopulationAnswerNodes);
  std::ranges::nth_element(order, end, [&](uint32_t a, uint32_t b) {
    return spans[a] != spans[b] ? spans[a] > spans[b] : a < b;
  });
  for (uint32_t node : std::span(order.begin(), end)) kept[node] = 1;
  return kept;
}

/// By node: what it adds to critical paths, with that of what is not kept below it.
std::vector<uint64_t> CallTree::critical_of(const std::vector<uint8_t>& kept) const {
  std::vector<uint64_t> critical(nodes_.size());
  for (size_t i = nodes_.size(); i-- > 0;) {
    critical[i] += nodes_[i].critical;
    if (kept[i] == 0 && nodes_[i].parent != kNone) critical[nodes_[i].parent] += critical[i];
  }
  return critical;
}

/// The nodes that are kept, siblings in the order in which they start.
std::vector<uint32_t> CallTree::preorder(const std::vector<uint8_t>& kept) const {
  auto starts_at = [&](uint32_t i) {
    return static_cast<double>(nodes_[i].offset) / static_cast<double>(nodes_[i].durations.count());
  };
  // By parent, those that start last first, so that they come off the stack in order.
  std::vector<uint32_t> children;
  for (uint32_t i = 0; i < nodes_.size(); ++i)
    if (kept[i] != 0) children.push_back(i);
  std::ranges::sort(children, [&](uint32_t a, uint32_t b) {
    if (nodes_[a].parent != nodes_[b].parent) return nodes_[a].parent < nodes_[b].parent;
    double at_a = starts_at(a), at_b = starts_at(b);
    return at_a != at_b ? at_a > at_b : nodes_[a].operation > nodes_[b].operation;
  });
  std::vector<uint32_t> stack, order;
  auto push_below = [&](uint32_t parent) {
    auto found = std::ranges::equal_range(children, parent, {},
                                          [&](uint32_t node) { return nodes_[node].parent; });
    stack.insert(stack.end(), found.begin(), found.end());
  };
  push_below(kNone);
  while (!stack.empty()) {
    order.push_back(stack.back());
    stack.pop_back();
    push_below(order.back());
  }
  return order;
}

Population CallTree::finish() const {
  Population population{.traces = traces_,
                        .spans = spans_,
                        .oldest = oldest_,
                        .newest = newest_,
                        .operations = {},
                        .nodes = {},
                        .cut_by_nodes = cut_by_nodes_,
                        .cut_by_depth = cut_by_depth_};
  for (const Operation& operation : operations_)
    population.operations.push_back(
        {std::string(operation.service), std::string(operation.name), operation.kind});
  std::vector<uint8_t> kept = largest();
  for (size_t i = 0; i < kept.size(); ++i)
    if (kept[i] == 0) population.cut_by_nodes += nodes_[i].durations.count();
  std::vector<uint64_t> critical = critical_of(kept);
  for (uint32_t node : preorder(kept)) {
    population.nodes.push_back(described(nodes_[node]));
    population.nodes.back().critical = critical[node];
  }
  if (population.cut_by_nodes > 0) metrics::count_limit_hit("population_nodes");
  if (population.cut_by_depth > 0) metrics::count_limit_hit("population_depth");
  return population;
}

}  // namespace clew::query
