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

/// The nearest, so that what is drawn says of a duration what its nanoseconds say.
uint64_t ticks_of(uint64_t nanoseconds, uint64_t tick_ns) {
  uint64_t whole = nanoseconds / tick_ns;
  return nanoseconds % tick_ns < (tick_ns + 1) / 2 ? whole : whole + 1;
}

}  // namespace

std::strong_ordering ColumnMaker::Span::operator<=>(const Span& other) const {
  auto fields = [](const Span& span) {
    return std::tuple(bits_of(span.id), bits_of(span.parent), span.start, span.duration,
                      span.operation, span.flags);
  };
  return fields(*this) <=> fields(other);
}

/// Spans in the order of their IDs; those of one ID by all that they have. IDs are mostly spread
/// evenly or follow each other: a table of about one entry for each says between which few places
/// to search, and sorting into it leaves little to sort.
class ColumnMaker::Ids {
 public:
  /// At least one span.
  explicit Ids(const std::vector<Span>& spans) {
    auto bits = [](const Span& span) { return bits_of(span.id); };
    auto [least, most] = std::ranges::minmax(std::views::transform(spans, bits));
    least_ = least;
    most_ = most;
    shift_ = std::max(0, static_cast<int>(std::bit_width(most - least)) -
                             static_cast<int>(std::bit_width(spans.size())));
    begins_.resize(bucket_of(most) + 2);
    for (const Span& span : spans) ++begins_[bucket_of(bits(span)) + 1];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    entries_.resize(spans.size());
    for (uint32_t i = 0; i < spans.size(); ++i) {
      // What is placed moves the beginning of its bucket on, until it is that of the next one.
      uint64_t id = bits(spans[i]);
      entries_[begins_[bucket_of(id)]++] = {id, i};
    }
    std::ranges::copy_backward(begins_.begin(), begins_.end() - 1, begins_.end());
    begins_.front() = 0;
    auto in_order = [&](const Entry& a, const Entry& b) {
      return a.id != b.id ? a.id < b.id : spans[a.span] < spans[b.span];
    };
    for (size_t bucket = 0; bucket + 1 < begins_.size(); ++bucket)
      if (begins_[bucket + 1] - begins_[bucket] > 1)
        std::sort(&entries_[begins_[bucket]], entries_.data() + begins_[bucket + 1], in_order);
  }

  size_t size() const { return entries_.size(); }
  uint64_t id(size_t place) const { return entries_[place].id; }
  /// The number of the span at a place of this order.
  uint32_t span(size_t place) const { return entries_[place].span; }
  /// True if the span at a place has the ID of the one before it.
  bool repeats_id(size_t place) const {
    return place > 0 && place < size() && entries_[place].id == entries_[place - 1].id;
  }

  /// The first place of the ID; size() if there is none.
  size_t first_of(uint64_t id) const {
    if (id < least_ || id > most_) return size();
    const uint32_t* begin = &begins_[bucket_of(id)];
    auto found = std::lower_bound(entries_.begin() + begin[0], entries_.begin() + begin[1], id,
                                  [](const Entry& entry, uint64_t id) { return entry.id < id; });
    return found != entries_.end() && found->id == id ? found - entries_.begin() : size();
  }

 private:
  struct Entry {
    uint64_t id;
    uint32_t span;
  };

  size_t bucket_of(uint64_t id) const { return (id - least_) >> shift_; }

  uint64_t least_ = 0, most_ = 0;
  int shift_ = 0;
  std::vector<uint32_t> begins_;  // of buckets of IDs
  std::vector<Entry> entries_;
};

uint32_t ColumnMaker::place_of(std::string_view text, Places& places,
                               std::deque<std::string>& texts) {
  auto found = places.find(text);
  if (found != places.end()) return found->second;
  auto place = static_cast<uint32_t>(texts.size());
  places.emplace(texts.emplace_back(text), place);
  return place;
}

uint32_t ColumnMaker::find_operation(const store::SpanOutline& span) {
  uint64_t name = place_of(span.name, name_places_, names_);
  uint64_t service = place_of(span.service, service_places_, services_);
  // At most kSpansPerTrace names and services: 20 bits each.
  uint64_t key = name << 32 | service << 8 | static_cast<uint64_t>(span.kind);
  auto [operation, is_new] =
      operation_places_.try_emplace(key, static_cast<uint32_t>(operations_.size()));
  if (is_new)
    operations_.push_back({static_cast<uint32_t>(name), static_cast<uint32_t>(service), span.kind});
  return operation->second;
}

/// Whoever reads outlines takes their texts from dictionaries, so equal ones mostly stand in one
/// place: by it an operation is found again without a hash of its texts.
uint32_t ColumnMaker::operation_of(const store::SpanOutline& span) {
  auto place = std::bit_cast<uintptr_t>(span.name.data()) * 31 +
               std::bit_cast<uintptr_t>(span.service.data()) + static_cast<size_t>(span.kind);
  KnownOperation& known = known_[(place ^ place >> 8) % known_.size()];
  if (known.name == span.name.data() && known.service == span.service.data() &&
      known.operation < operations_.size()) {
    const TraceColumns::Operation& operation = operations_[known.operation];
    if (operation.kind == span.kind && names_[operation.name] == span.name &&
        services_[operation.service] == span.service)
      return known.operation;
  }
  known = {span.name.data(), span.service.data(), find_operation(span)};
  return known.operation;
}

bool ColumnMaker::add(const store::SpanOutline& span) {
  if (spans_.size() >= limits::kSpansPerTrace) {
    metrics::count_limit_hit("spans_per_trace");
    return false;
  }
  uint8_t flags = 0;
  if (span.is_error) flags |= TraceColumns::kError;
  if (span.start == 0) flags |= TraceColumns::kStartMissing;
  spans_.push_back({span.id, span.parent, span.start, span.duration, operation_of(span), flags});
  return true;
}

/// An export that was repeated comes with every field the same. Notes which of the spans that are
/// left share an ID.
ColumnMaker::Ids ColumnMaker::drop_repeats() {
  Ids ids(spans_);
  std::vector<bool> again;
  for (size_t place = 1; place < ids.size(); ++place) {
    if (!ids.repeats_id(place) || spans_[ids.span(place)] != spans_[ids.span(place - 1)]) continue;
    again.resize(spans_.size());
    again[ids.span(place)] = true;
  }
  if (!again.empty()) {
    size_t kept = 0;
    for (size_t i = 0; i < spans_.size(); ++i)
      if (!again[i]) spans_[kept++] = spans_[i];
    spans_.resize(kept);
    ids = Ids(spans_);
  }
  for (size_t place = 1; place < ids.size(); ++place)
    if (ids.repeats_id(place))
      spans_[ids.span(place)].shares_id = spans_[ids.span(place - 1)].shares_id = true;
  return ids;
}

/// For each span the number of its parent or kNone. Both halves of a call that Zipkin's clients
/// send have one ID: then the server's is the client's child, and the parent of those that name the
/// ID.
std::vector<uint32_t> ColumnMaker::find_parents(const Ids& ids) {
  std::vector<uint32_t> parents(spans_.size(), kNone);
  for (uint32_t i = 0; i < spans_.size(); ++i) {
    Span& span = spans_[i];
    parents[i] = parent_by_id(i, ids);
    if (parents[i] == kNone && !span.parent.is_zero() && span.parent != span.id)
      span.flags |= TraceColumns::kParentMissing;
  }
  return parents;
}

uint32_t ColumnMaker::parent_by_id(uint32_t i, const Ids& ids) const {
  const Span& span = spans_[i];
  auto is_server = [&](uint32_t number) {
    return operations_[spans_[number].operation].kind == otlp::SpanKind::kServer;
  };
  // Among the spans of an ID, which begin at `first`.
  auto other = [&](size_t first, bool server) {
    size_t end = std::min(ids.size(), first + kSpansOfOneId);
    for (size_t at = first; at < end && ids.id(at) == ids.id(first); ++at)
      if (ids.span(at) != i && is_server(ids.span(at)) == server) return ids.span(at);
    return kNone;
  };
  if (span.shares_id && is_server(i))
    if (uint32_t client = other(ids.first_of(bits_of(span.id)), false); client != kNone)
      return client;
  if (span.parent.is_zero()) return kNone;
  size_t first = ids.first_of(bits_of(span.parent));
  if (first == ids.size()) return kNone;
  if (!ids.repeats_id(first + 1)) return ids.span(first) == i ? kNone : ids.span(first);
  uint32_t server = other(first, true);
  return server != kNone ? server : other(first, false);
}

/// The numbers of the spans in preorder, with their depths. No recursion: chains of a hundred
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
      const Span &one = spans_[a], &other = spans_[b];
      return one.start != other.start ? one.start < other.start : one < other;
    });
  struct Waiting {
    uint32_t span, depth;
  };
  std::vector<Waiting> stack;
  auto push_all = [&](auto range, uint32_t depth) {
    for (uint32_t child : range | std::views::reverse) stack.push_back({child, depth});
  };
  std::vector<uint32_t> order;
  order.reserve(count);
  depths.reserve(count);
  std::vector<bool> seen(count);
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
  // What is left are circles, which begin anywhere, but always there.
  if (order.size() < count) {
    std::vector<uint32_t> left;
    for (uint32_t i = 0; i < count; ++i)
      if (!seen[i]) left.push_back(i);
    std::ranges::sort(left, [&](uint32_t a, uint32_t b) { return spans_[a] < spans_[b]; });
    for (uint32_t i : left) {
      if (seen[i]) continue;
      stack.push_back({i, 0});
      follow();
    }
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
  while (ticks_of(columns.duration, columns.tick_ns) > kMaxTicks) columns.tick_ns *= 10;
}

/// The numbers of the spans in the order of their rows. Fills in times and depths.
std::vector<uint32_t> ColumnMaker::order(TraceColumns& columns) {
  CLEW_CHECK(!spans_.empty());
  Ids ids = drop_repeats();
  set_times(columns);
  return preorder(find_parents(ids), columns.depths);
}

TraceColumns ColumnMaker::finish() {
  TraceColumns columns;
  std::vector<uint32_t> order = this->order(columns);
  columns.names.assign(names_.begin(), names_.end());
  columns.services.assign(services_.begin(), services_.end());
  columns.operations = operations_;
  columns.start_steps.reserve(order.size());
  columns.durations.reserve(order.size());
  columns.operation_of.reserve(order.size());
  columns.flags.reserve(order.size());
  int64_t before = 0;
  for (uint32_t number : order) {
    const Span& span = spans_[number];
    auto start = static_cast<int64_t>(ticks_of(span.start - columns.start, columns.tick_ns));
    columns.start_steps.push_back(static_cast<int32_t>(start - before));
    before = start;
    columns.durations.push_back(static_cast<uint32_t>(ticks_of(span.duration, columns.tick_ns)));
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
  for (uint32_t number : order) {
    const Span& span = spans_[number];
    if (span.shares_id)
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
