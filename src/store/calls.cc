#include "store/calls.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

#include "base/limits.h"

namespace clew::store {

namespace duration_buckets {
namespace {
constexpr int kSubBits = 3;           // buckets to a doubling, as bits
constexpr uint64_t kLeast = 1 << 10;  // nanoseconds; where buckets begin
constexpr uint32_t kFirst = (10 - kSubBits) * 8 + 8;
}  // namespace

uint32_t of(uint64_t nanos) {
  if (nanos < kLeast) return 0;
  int shift = std::bit_width(nanos) - 1 - kSubBits;
  uint32_t number = static_cast<uint32_t>(shift) * 8 + static_cast<uint32_t>(nanos >> shift);
  return std::min(number - kFirst + 1, kCount - 1);
}

uint64_t middle(uint32_t bucket) {
  if (bucket == 0) return kLeast / 2;
  uint32_t number = bucket - 1 + kFirst;
  uint32_t shift = number / 8 - 1;
  uint64_t low = static_cast<uint64_t>(number - shift * 8) << shift;
  return low + (uint64_t{1} << shift) / 2;
}

}  // namespace duration_buckets

uint32_t CallEdges::service(std::string_view name) {
  auto found = service_numbers_.find(absl::string_view(name.data(), name.size()));
  if (found != service_numbers_.end()) return found->second;
  auto number = static_cast<uint32_t>(services_.size());
  services_.emplace_back(name);
  service_numbers_.emplace(name, number);
  return number;
}

uint32_t CallEdges::edge(uint32_t parent, uint32_t child) {
  uint64_t key = static_cast<uint64_t>(parent) << 32 | child;
  auto [at, is_new] = edge_numbers_.try_emplace(key, static_cast<uint32_t>(pairs_.size()));
  if (is_new) pairs_.push_back({parent, child});
  return at->second;
}

size_t CallEdges::memory_bytes() const {
  size_t bytes = pairs_.size() * (sizeof(Pair) + 2 * sizeof(uint64_t));
  for (const std::string& name : services_) bytes += 2 * (sizeof(std::string) + name.size());
  return bytes;
}

size_t CallSums::memory_bytes() const {
  size_t bytes = edges.memory_bytes() + sums.size() * sizeof(Edge);
  for (const Edge& edge : sums) bytes += edge.cells.capacity() * sizeof(Cell);
  return bytes;
}

uint64_t CallTable::Edge::quantile(double quantile) const {
  if (calls <= 0) return 0;
  double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(calls));
  int64_t left = std::max<int64_t>(static_cast<int64_t>(rank), 1);
  for (uint32_t bucket = 0; bucket < buckets.size(); ++bucket)
    if ((left -= buckets[bucket]) <= 0) return duration_buckets::middle(bucket);
  return 0;
}

CallTable::Edge* CallTable::at(uint32_t edge) {
  if (edge >= limits::kCallEdges) {
    is_cut_ = true;
    return nullptr;
  }
  if (sums_.size() <= edge) sums_.resize(edge + 1);
  return &sums_[edge];
}

void CallTable::add(const Call& call, int64_t times) {
  Edge* edge = at(call.edge);
  if (!edge) return;
  edge->calls += times;
  edge->errors += call.is_error ? times : 0;
  if (edge->buckets.size() <= call.bucket) edge->buckets.resize(call.bucket + 1);
  edge->buckets[call.bucket] += times;
}

std::vector<uint32_t> CallTable::edges_of(const CallEdges& other) {
  std::vector<uint32_t> services, numbers;
  for (const std::string& name : other.services()) services.push_back(edges_.service(name));
  for (const CallEdges::Pair& pair : other.pairs())
    numbers.push_back(edges_.edge(services[pair.parent], services[pair.child]));
  return numbers;
}

void CallTable::add(const CallList& list, const StartRange& range) {
  std::vector<uint32_t> numbers = edges_of(list.edges);
  for (Call call : list.calls) {
    if (!range.has(call.start)) continue;
    call.edge = numbers[call.edge];
    add(call);
  }
}

void CallTable::add(const CallSums& sums) {
  std::vector<uint32_t> numbers = edges_of(sums.edges);
  is_cut_ |= sums.is_cut;
  for (size_t i = 0; i < sums.sums.size(); ++i) {
    const CallSums::Edge& from = sums.sums[i];
    Edge* edge = at(numbers[i]);
    if (!edge) continue;
    edge->calls += static_cast<int64_t>(from.calls);
    edge->errors += static_cast<int64_t>(from.errors);
    if (!from.cells.empty() && edge->buckets.size() <= from.cells.back().bucket)
      edge->buckets.resize(from.cells.back().bucket + 1);
    for (const CallSums::Cell& cell : from.cells) edge->buckets[cell.bucket] += cell.calls;
  }
}

void CallTable::add(const CallTable& other) {
  std::vector<uint32_t> numbers = edges_of(other.edges_);
  is_cut_ |= other.is_cut_;
  for (size_t i = 0; i < other.sums_.size(); ++i) {
    const Edge& from = other.sums_[i];
    Edge* edge = at(numbers[i]);
    if (!edge) continue;
    edge->calls += from.calls;
    edge->errors += from.errors;
    if (edge->buckets.size() < from.buckets.size()) edge->buckets.resize(from.buckets.size());
    for (size_t j = 0; j < from.buckets.size(); ++j) edge->buckets[j] += from.buckets[j];
  }
}

CallSums CallTable::packed() const {
  CallSums packed{.edges = edges_, .sums = {}, .is_cut = is_cut_};
  for (const Edge& edge : sums_) {
    CallSums::Edge& to = packed.sums.emplace_back();
    to.calls = static_cast<uint64_t>(edge.calls);
    to.errors = static_cast<uint64_t>(edge.errors);
    for (uint32_t bucket = 0; bucket < edge.buckets.size(); ++bucket)
      if (edge.buckets[bucket] != 0)
        to.cells.push_back({bucket, static_cast<uint32_t>(edge.buckets[bucket])});
    to.cells.shrink_to_fit();
  }
  return packed;
}

void CallFinder::order(std::span<const CallSpan> spans) {
  held_.clear();
  for (uint32_t row = 0; row < spans.size(); ++row) held_.push_back({spans[row].id, row});
  auto by_id = [](const Held& a, const Held& b) {
    return std::tie(a.id, a.row) < std::tie(b.id, b.row);
  };
  std::ranges::sort(held_, by_id);
  auto same_id = [](const Held& a, const Held& b) { return a.id == b.id; };
  if (std::ranges::adjacent_find(held_, same_id) == held_.end()) return;
  // By all that they have: a client that gives all its spans one ID shall not make it quadratic.
  auto content = [&](const Held& held) {
    const CallSpan& span = spans[held.row];
    return std::tuple(span.id, span.start, span.duration, span.parent, span.operation,
                      span.is_error, held.row);
  };
  std::ranges::sort(held_, {}, content);
  auto again = std::ranges::unique(
      held_, [&](const Held& a, const Held& b) { return spans[a.row] == spans[b.row]; });
  held_.erase(again.begin(), again.end());
  std::ranges::sort(held_, by_id);
}

const CallSpan* CallFinder::holder(uint64_t id, bool client,
                                   std::span<const CallSpan> spans) const {
  auto at = std::ranges::lower_bound(held_, id, {}, &Held::id);
  for (; at != held_.end() && at->id == id; ++at)
    if ((spans[at->row].kind == otlp::SpanKind::kClient) == client) return &spans[at->row];
  return nullptr;
}

const CallSpan* CallFinder::parent_of(const CallSpan& span, std::span<const CallSpan> spans) const {
  if (span.kind == otlp::SpanKind::kServer)
    if (const CallSpan* client = holder(span.id, true, spans)) return client;
  if (span.parent == 0) return nullptr;
  const CallSpan* other = holder(span.parent, false, spans);
  return other ? other : holder(span.parent, true, spans);
}

}  // namespace clew::store
