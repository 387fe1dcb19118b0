#include "api/clew_stream.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/clew_json.h"
#include "api/numbering.h"
#include "base/json.h"

namespace clew::api {
namespace {

/// Up to so many spans and so much text of them wait to be sorted.
constexpr uint64_t kSortedSpans = 4096;
constexpr size_t kSortedBytes = 16 << 20;

class Answer : public TraceAnswer {
 public:
  Answer(const TraceId& id, const query::TraceStream::Extent& extent)
      : start_(extent.start), sorts_(extent.spans <= kSortedSpans) {
    json_.begin_object().member("traceId", id.hex());
    json_.member("startNs", std::to_string(extent.start)).member("durationNs", extent.duration);
    json_.key("spans").begin_array();
    resources_.begin_array();
    scopes_.begin_array();
  }

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref) override {
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
    json_.end_array().key("resources").raw(resources_.end_array().take());
    json_.key("scopes").raw(scopes_.end_array().take()).member("complete", complete).end_object();
  }

  size_t size() const override { return json_.size(); }
  std::string take() override { return json_.take(); }
  size_t memory_bytes() const override {
    return resource_numbers_.memory_bytes() + resources_.size() + scope_numbers_.memory_bytes() +
           scopes_.size();
  }

 private:
  struct Waiting {
    UnixNanos start;
    std::string json;
  };

  uint32_t resource_of(const otlp::Batch& batch, const otlp::SpanRef& ref) {
    const otlp::ResourceRef& resource = batch.resources()[ref.resource];
    Numbering::Place place =
        resource_numbers_.place_of(batch, ref.resource, batch.resources().size(), resource.bytes);
    if (place.is_new) write_clew_resource(resources_, resource);
    return place.number;
  }

  uint32_t scope_of(const otlp::Batch& batch, const otlp::SpanRef& ref) {
    const otlp::ScopeRef& scope = batch.scopes()[ref.scope];
    Numbering::Place place =
        scope_numbers_.place_of(batch, ref.scope, batch.scopes().size(), scope.bytes);
    if (place.is_new) write_clew_scope(scopes_, scope);
    return place.number;
  }

  void write_waiting() {
    std::ranges::stable_sort(waiting_, {}, &Waiting::start);
    for (const Waiting& span : std::exchange(waiting_, {})) json_.raw(span.json);
  }

  const UnixNanos start_;
  bool sorts_;
  JsonWriter json_;
  Numbering resource_numbers_, scope_numbers_;
  JsonWriter resources_, scopes_;  // which stand behind the spans
  std::vector<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
};

}  // namespace

std::unique_ptr<TraceAnswer> clew_trace_answer(const TraceId& id,
                                               const query::TraceStream::Extent& extent) {
  return std::make_unique<Answer>(id, extent);
}

}  // namespace clew::api
