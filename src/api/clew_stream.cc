#include "api/clew_stream.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/clew_json.h"
#include "base/bytes.h"
#include "base/json.h"

namespace clew::api {
namespace {

/// Up to so many spans and so much text of them wait to be sorted.
constexpr uint64_t kSortedSpans = 4096;
constexpr size_t kSortedBytes = 16 << 20;

/// What spans name by number: resources, or scopes. Those that say the same are one.
class Table {
 public:
  Table() { json_.begin_array(); }

  /// Numbers are of another batch from now on.
  void begin_batch(size_t size) { in_batch_.assign(size, kUnknown); }

  /// The number of what is `number` in its batch. What `key` gives tells it from others, and
  /// `write` writes it.
  template <typename Key, typename Write>
  uint32_t place_of(uint32_t number, Key&& key, Write&& write) {
    uint32_t& place = in_batch_[number];
    if (place != kUnknown) return place;
    auto [at, is_new] = places_.try_emplace(key(), static_cast<uint32_t>(places_.size()));
    if (is_new) {
      write(json_);
      key_bytes_ += at->first.size() + sizeof *at;
    }
    return place = at->second;
  }

  size_t memory_bytes() const { return key_bytes_ + json_.size(); }
  std::string finish() { return json_.end_array().take(); }

 private:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  std::unordered_map<std::string, uint32_t> places_;
  std::vector<uint32_t> in_batch_;  // by number in the batch
  JsonWriter json_;
  size_t key_bytes_ = 0;
};

class Answer : public TraceAnswer {
 public:
  explicit Answer(const ClewTraceHead& head)
      : start_(head.start), sorts_(head.spans <= kSortedSpans) {
    json_.begin_object().member("traceId", head.id.hex());
    json_.member("startNs", std::to_string(head.start)).member("durationNs", head.duration);
    json_.key("spans").begin_array();
  }

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref) override {
    if (batch_.view().data() != batch.bytes().view().data()) {
      batch_ = batch.bytes();
      resources_.begin_batch(batch.resources().size());
      scopes_.begin_batch(batch.scopes().size());
    }
    ClewSpan span{batch.decode(ref), resource_of(batch, ref), scope_of(batch, ref), start_};
    if (!sorts_) return write_clew_span(json_, span);
    JsonWriter one;
    write_clew_span(one, span);
    waiting_bytes_ += one.size();
    waiting_.push_back({span.span.start == 0 ? start_ : span.span.start, one.take()});
    if (waiting_bytes_ > kSortedBytes) {
      write_waiting();
      sorts_ = false;
    }
  }

  void finish(bool complete) override {
    write_waiting();
    json_.end_array().key("resources").raw(resources_.finish());
    json_.key("scopes").raw(scopes_.finish()).member("complete", complete).end_object();
  }

  size_t size() const override { return json_.size(); }
  std::string take() override { return json_.take(); }
  size_t memory_bytes() const override {
    return resources_.memory_bytes() + scopes_.memory_bytes();
  }

 private:
  struct Waiting {
    UnixNanos start;
    std::string json;
  };

  uint32_t resource_of(const otlp::Batch& batch, const otlp::SpanRef& ref) {
    const otlp::ResourceRef& resource = batch.resources()[ref.resource];
    return resources_.place_of(
        ref.resource, [&] { return std::string(resource.bytes); },
        [&](JsonWriter& json) { write_clew_resource(json, resource); });
  }

  uint32_t scope_of(const otlp::Batch& batch, const otlp::SpanRef& ref) {
    const otlp::ScopeRef& scope = batch.scopes()[ref.scope];
    return scopes_.place_of(
        ref.scope, [&] { return std::string(scope.bytes); },
        [&](JsonWriter& json) { write_clew_scope(json, scope); });
  }

  void write_waiting() {
    std::ranges::stable_sort(waiting_, {}, &Waiting::start);
    for (const Waiting& span : std::exchange(waiting_, {})) json_.raw(span.json);
  }

  const UnixNanos start_;
  bool sorts_;
  JsonWriter json_;
  Table resources_, scopes_;
  SharedBytes batch_;  // that numbers are of
  std::vector<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
};

}  // namespace

std::unique_ptr<TraceAnswer> clew_trace_answer(const ClewTraceHead& head) {
  return std::make_unique<Answer>(head);
}

}  // namespace clew::api
