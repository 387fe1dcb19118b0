#include "query/trace_columns.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <ranges>
#include <span>
#include <tuple>

#include "base/check.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "query/shared_spans.h"
#include "store/start_time.h"

namespace clew::query {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
/// So that a step between any two spans fits an int32.
constexpr uint64_t kMaxTicks = std::numeric_limits<int32_t>::max();
/// Where parents are looked for among spans of one ID; two is what is meant to be. A client that
/// gives all its spans one ID must not cost the square of their number.
constexpr size_t kSpansOfOneId = 8;

/// The ID as a number in whose order IDs are.
uint64_t bits_of(const SpanId& id) {
  uint64_t bits;
  std::memcpy(&bits, id.bytes.data(), sizeof bits);
  return std::byteswap(bits);
}

/// Where an ID's spans begin among spans sorted by ID. IDs are mostly spread evenly or follow each
/// other: a table of about one entry for each says between which few places to search.
class IdPlaces {
 public:
  /// `ids` in order; at least one.
  explicit IdPlaces(std::vector<uint64_t> ids) : ids_(std::move(ids)) {
    int bits = std::bit_width(ids_.back() - ids_.front()) - std::bit_width(ids_.size());
    shift_ = std::max(0, bits);
    begins_.resize(bucket_of(ids_.back()) + 2);
    for (uint64_t id : ids_) ++begins_[bucket_of(id) + 1];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  }

  uint64_t operator[](size_t place) const { return ids_[place]; }
  size_t size() const { return ids_.size(); }

  /// The first place of the ID; size() if there is none.
  size_t first_of(uint64_t id) const {
    if (id < ids_.front() || id > ids_.back()) return size();
    const uint32_t* begin = &begins_[bucket_of(id)];
    auto found = std::lower_bound(ids_.begin() + begin[0], ids_.begin() + begin[1], id);
    return found != ids_.end() && *found == id ? found - ids_.begin() : size();
  }

 private:
  size_t bucket_of(uint64_t id) const { return (id - ids_.front()) >> shift_; }

  std::vector<uint64_t> ids_;
  int shift_ = 0;
  std::vector<uint32_t> begins_;  // of buckets of IDs
};

uint64_t hash_of(std::string_view name, std::string_view service, otlp::SpanKind kind) {
  uint64_t seed = XXH3_64bits_withSeed(name.data(), name.size(), static_cast<uint64_t>(kind));
  return XXH3_64bits_withSeed(service.data(), service.size(), seed);
}

uint64_t hash_of(const SpanId& parent, UnixNanos start, uint64_t duration, uint64_t operation,
                 bool is_error) {
  uint64_t parent_bits;
  std::memcpy(&parent_bits, parent.bytes.data(), sizeof parent_bits);
  std::array<uint64_t, 4> fields{parent_bits, start, duration, operation};
  return XXH3_64bits_withSeed(fields.data(), sizeof fields, is_error ? 1 : 0);
}

}  // namespace

std::strong_ordering ColumnMaker::Span::operator<=>(const Span& other) const {
  auto fields = [](const Span& span) {
    return std::tuple(bits_of(span.id), bits_of(span.parent), span.start, span.duration,
                      span.operation, span.flags);
  };
  return fields(*this) <=> fields(other);
}

uint32_t ColumnMaker::place_of(std::string_view text, Places& places,
                               std::deque<std::string>& texts) {
  auto found = places.find(text);
  if (found != places.end()) return found->second;
  auto place = static_cast<uint32_t>(texts.size());
  places.emplace(texts.emplace_back(text), place);
  return place;
}

bool ColumnMaker::add(const store::SpanOutline& span) {
  if (spans_.size() >= limits::kSpansPerTrace) {
    metrics::count_limit_hit("spans_per_trace");
    return false;
  }
  uint64_t name = place_of(span.name, name_places_, names_);
  uint64_t service = place_of(span.service, service_places_, services_);
  // At most kSpansPerTrace names and services: 20 bits each.
  uint64_t key = name << 32 | service << 8 | static_cast<uint64_t>(span.kind);
  auto [operation, is_new] =
      operation_places_.try_emplace(key, static_cast<uint32_t>(operations_.size()));
  if (is_new)
    operations_.push_back({static_cast<uint32_t>(name), static_cast<uint32_t>(service), span.kind});
  uint8_t flags = 0;
  if (span.is_error) flags |= TraceColumns::kError;
  if (span.start == 0) flags |= TraceColumns::kStartMissing;
  spans_.push_back({span.id, span.parent, span.start, span.duration, operation->second, flags});
  return true;
}

/// An export that was repeated comes with every field the same.
void ColumnMaker::drop_repeats() {
  std::ranges::sort(spans_);
  spans_.erase(std::ranges::unique(spans_).begin(), spans_.end());
}

/// For each span, which are sorted by ID, the place of its parent or kNone. Both halves of a call
/// that Zipkin's clients send have one ID: then the server's is the client's child, and the parent
/// of those that name the ID.
std::vector<uint32_t> ColumnMaker::find_parents() {
  auto is_server = [&](const Span& span) {
    return operations_[span.operation].kind == otlp::SpanKind::kServer;
  };
  std::vector<uint64_t> sorted(spans_.size());
  std::ranges::transform(spans_, sorted.begin(), bits_of, &Span::id);
  IdPlaces ids(std::move(sorted));
  std::vector<uint32_t> parents(spans_.size(), kNone);
  for (size_t i = 0; i < spans_.size(); ++i) {
    Span& span = spans_[i];
    // Among the spans of an ID, which begin at `first`.
    auto other = [&](size_t first, bool server) {
      size_t end = std::min(ids.size(), first + kSpansOfOneId);
      for (size_t at = first; at < end && ids[at] == ids[first]; ++at)
        if (at != i && is_server(spans_[at]) == server) return static_cast<uint32_t>(at);
      return kNone;
    };
    bool shares_id =
        (i > 0 && ids[i - 1] == ids[i]) || (i + 1 < ids.size() && ids[i + 1] == ids[i]);
    if (shares_id && is_server(span)) parents[i] = other(ids.first_of(ids[i]), false);
    if (parents[i] != kNone || span.parent.is_zero()) continue;
    if (size_t first = ids.first_of(bits_of(span.parent)); first != ids.size()) {
      parents[i] = other(first, true);
      if (parents[i] == kNone) parents[i] = other(first, false);
    }
    if (parents[i] == kNone && span.parent != span.id) span.flags |= TraceColumns::kParentMissing;
  }
  return parents;
}

/// The places of the spans in preorder, with their depths. No recursion: chains of a hundred
/// thousand spans exist.
std::vector<uint32_t> ColumnMaker::preorder(const std::vector<uint32_t>& parents,
                                            std::vector<uint32_t>& depths) const {
  // Children of each parent, those of kNone last, by start.
  size_t count = spans_.size();
  auto parent_of = [&](uint32_t i) { return std::min<size_t>(parents[i], count); };
  std::vector<uint32_t> begins(count + 2);
  for (uint32_t i = 0; i < count; ++i) ++begins[parent_of(i) + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<uint32_t> children(count);
  std::vector<uint32_t> ends(begins.begin(), begins.end() - 1);
  for (uint32_t i = 0; i < count; ++i) children[ends[parent_of(i)]++] = i;
  auto children_of = [&](uint32_t parent) {
    size_t place = std::min<size_t>(parent, count);
    return std::span(children).subspan(begins[place], begins[place + 1] - begins[place]);
  };
  for (uint32_t parent = 0; parent <= count; ++parent)
    std::ranges::sort(children_of(parent), [&](uint32_t a, uint32_t b) {
      return std::tie(spans_[a].start, a) < std::tie(spans_[b].start, b);
    });
  struct Waiting {
    uint32_t span, depth;
  };
  std::vector<Waiting> stack;
  auto push_all = [&](auto range, uint32_t depth) {
    for (uint32_t child : range | std::views::reverse) stack.push_back({child, depth});
  };
  std::vector<uint32_t> order;
  std::vector<bool> seen(spans_.size());
  auto follow = [&] {
    while (!stack.empty()) {
      Waiting next = stack.back();
      stack.pop_back();
      if (seen[next.span]) continue;
      seen[next.span] = true;
      order.push_back(next.span);
      depths.push_back(next.depth);
      push_all(children_of(next.span), next.depth + 1);
    }
  };
  push_all(children_of(kNone), 0);
  follow();
  // What is left are circles, which begin anywhere.
  for (uint32_t i = 0; i < spans_.size(); ++i) {
    if (seen[i]) continue;
    stack.push_back({i, 0});
    follow();
  }
  return order;
}

/// Start, duration and tick; spans without a start get that of the trace.
void ColumnMaker::set_times(TraceColumns& columns) {
  for (const Span& span : spans_) columns.start = store::earlier(columns.start, span.start);
  for (Span& span : spans_) {
    if (span.start == 0) {
      span.start = columns.start;
      span.duration = 0;  // from 1970 until its end says nothing
    }
    uint64_t end = span.start - columns.start + span.duration;
    columns.duration = std::max(columns.duration, end);
  }
  while (columns.duration / columns.tick_ns > kMaxTicks) columns.tick_ns *= 10;
}

/// The places of the spans in the order of their rows. Fills in times and depths.
std::vector<uint32_t> ColumnMaker::order(TraceColumns& columns) {
  CLEW_CHECK(!spans_.empty());
  drop_repeats();
  set_times(columns);
  return preorder(find_parents(), columns.depths);
}

TraceColumns ColumnMaker::finish() {
  TraceColumns columns;
  std::vector<uint32_t> order = this->order(columns);
  columns.names.assign(names_.begin(), names_.end());
  columns.services.assign(services_.begin(), services_.end());
  columns.operations = operations_;
  int64_t before = 0;
  for (uint32_t place : order) {
    const Span& span = spans_[place];
    auto start = static_cast<int64_t>((span.start - columns.start) / columns.tick_ns);
    columns.start_steps.push_back(static_cast<int32_t>(start - before));
    before = start;
    columns.durations.push_back(static_cast<uint32_t>(span.duration / columns.tick_ns));
    columns.operation_of.push_back(span.operation);
    columns.flags.push_back(span.flags);
  }
  return columns;
}

TraceRows ColumnMaker::finish_rows() {
  TraceColumns columns;
  std::vector<uint32_t> order = this->order(columns);
  TraceRows rows{.start = columns.start, .duration = columns.duration, .keys = {}, .halves = {}};
  std::vector<uint64_t> operations;
  for (const TraceColumns::Operation& operation : operations_)
    operations.push_back(
        hash_of(names_[operation.name], services_[operation.service], operation.kind));
  rows.keys.reserve(order.size());
  for (uint32_t place : order) {
    const Span& span = spans_[place];
    // Spans are sorted by ID.
    bool is_half = (place > 0 && spans_[place - 1].id == span.id) ||
                   (place + 1 < spans_.size() && spans_[place + 1].id == span.id);
    if (is_half)
      rows.halves.push_back({static_cast<uint32_t>(rows.keys.size()),
                             separate_id(span.id, services_[operations_[span.operation].service])});
    rows.keys.push_back(
        {span.id, hash_of(span.parent, span.start, span.duration, operations[span.operation],
                          (span.flags & TraceColumns::kError) != 0)});
  }
  return rows;
}

SpanKey key_of(const store::SpanOutline& span, UnixNanos trace_start) {
  bool has_start = span.start != 0;
  return {span.id,
          hash_of(span.parent, has_start ? span.start : trace_start, has_start ? span.duration : 0,
                  hash_of(span.name, span.service, span.kind), span.is_error)};
}

}  // namespace clew::query
