#include "query/trace_stream.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/shared_spans.h"
#include "store/trace_id.h"

namespace clew::query {
namespace {

constexpr size_t kSpansAtOnce = 4096;

/// What a span's outline says, in 16 bytes.
XXH128_hash_t hash_of(const store::SpanOutline& span) {
  struct {
    TraceId trace;
    SpanId id, parent;
    uint64_t start, duration, kind, error, texts;
  } fields{span.trace,
           span.id,
           span.parent,
           span.start,
           span.duration,
           static_cast<uint64_t>(span.kind),
           span.is_error ? 1U : 0U,
           XXH3_64bits_withSeed(span.name.data(), span.name.size(),
                                XXH3_64bits(span.service.data(), span.service.size()))};
  return XXH3_128bits(&fields, sizeof fields);
}

/// Gathers what outlines say of a whole trace.
class Outlines {
 public:
  void add(const store::SpanOutline& span) {
    XXH128_hash_t hash = hash_of(span);
    // A sum, since the parts of a store have no order.
    low_ += hash.low64;
    high_ += hash.high64;
    if (span.start != 0) {
      start_ = std::min(start_, span.start);
      end_ = std::max({end_, span.start, span.start + span.duration});
    }
    if (sent_ids_.empty() || span.trace != last_) sent_ids_.insert(last_ = span.trace);
    spans_.push_back({span.id, hash.low64});
  }

  size_t size() const { return spans_.size(); }
  TraceStream::Extent extent() const {
    if (end_ == 0) return {.spans = spans_.size()};
    return {.spans = spans_.size(), .start = start_, .duration = end_ - start_};
  }
  std::set<TraceId>& sent_ids() { return sent_ids_; }
  std::string fingerprint() const { return fmt::format("{:016x}{:016x}", high_, low_); }

  /// Notes the IDs of several spans. The value says whether two of one ID differ.
  bool find_repeated(std::unordered_set<SpanId, IdHash>& repeated) {
    std::ranges::sort(spans_);
    bool differ = false;
    for (size_t i = 1; i < spans_.size(); ++i) {
      if (spans_[i].id != spans_[i - 1].id) continue;
      repeated.insert(spans_[i].id);
      differ = differ || spans_[i].hash != spans_[i - 1].hash;
    }
    return differ;
  }

 private:
  struct Span {
    SpanId id;
    uint64_t hash;
    auto operator<=>(const Span&) const = default;
  };
  std::vector<Span> spans_;
  UnixNanos start_ = UINT64_MAX, end_ = 0;
  uint64_t low_ = 0, high_ = 0;
  std::set<TraceId> sent_ids_;
  TraceId last_;
};

}  // namespace

Result<std::unique_ptr<TraceStream>> TraceStream::open(store::Store& store, const Tenant& tenant,
                                                       const TraceId& id, bool separate) {
  std::unique_ptr<TraceStream> stream(new TraceStream);
  stream->reading_ = store.read_trace(tenant, id);
  Outlines outlines;
  stream->complete_ =
      stream->reading_->visit_outlines([&](const store::SpanOutline& span) { outlines.add(span); });
  if (outlines.size() == 0 && !stream->complete_)
    return fail(Code::kIo, "trace {} is not in what could be read; a block is damaged", id.hex());
  if (outlines.size() == 0) return fail(Code::kNotFound, "no trace {}", id.hex());
  stream->complete_ &= outlines.size() <= limits::kSpansPerTrace;
  stream->sent_ids_ = std::move(outlines.sent_ids());
  for (const TraceId& sent : stream->sent_ids_) stream->id_ = store::fuller(stream->id_, sent);
  stream->fingerprint_ = outlines.fingerprint();
  stream->extent_ = outlines.extent();
  bool differ = outlines.find_repeated(stream->repeated_);
  if (!differ || !separate) return stream;
  auto whole = store.trace(tenant, id);
  if (!whole) return std::unexpected(whole.error());
  stream->complete_ = whole->complete;
  stream->whole_ = separate_shared_spans(std::move(whole->spans));
  return stream;
}

bool TraceStream::next(const Visitor& visit) {
  if (whole_) return next_whole(visit);
  if (spans_ >= limits::kSpansPerTrace) return false;
  bool more = reading_->next([&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    if (!is_new(batch, ref)) return;
    if (spans_++ < limits::kSpansPerTrace) return visit(batch, ref);
    if (spans_ == limits::kSpansPerTrace + 1) metrics::count_limit_hit("spans_per_trace");
    complete_ = false;
  });
  complete_ &= reading_->complete();
  return more;
}

/// False if the span came before.
bool TraceStream::is_new(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  if (repeated_.empty() || !repeated_.contains(batch.decode(ref).span_id)) return true;
  // By hash, so that batches need not be kept. Who makes two spans of one hash loses one of them.
  uint64_t seed = 0;
  for (std::string_view bytes : {batch.resource_of(ref).bytes, batch.scope_of(ref).bytes})
    seed = XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
  std::string_view span = batch.bytes_of(ref);
  XXH128_hash_t hash = XXH3_128bits_withSeed(span.data(), span.size(), seed);
  return seen_.emplace(hash.low64, hash.high64).second;
}

bool TraceStream::next_whole(const Visitor& visit) {
  std::span<const otlp::SpanRef> spans = whole_->spans().subspan(spans_);
  if (spans.empty()) return false;
  for (const otlp::SpanRef& ref : spans.first(std::min(spans.size(), kSpansAtOnce)))
    visit(*whole_, ref);
  spans_ += std::min(spans.size(), kSpansAtOnce);
  return true;
}

}  // namespace clew::query
