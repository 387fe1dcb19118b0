#include "api/jaeger_stream.h"

#include <utility>

#include "api/jaeger_answer.h"
#include "api/jaeger_json.h"

namespace clew::api {
namespace {

class Answer : public TraceAnswer {
 public:
  explicit Answer(const TraceId& id) : json_(answer_.data()), writer_(json_.begin_array(), id) {}

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref) override { writer_.add(batch, ref); }

  void finish(bool complete) override {
    writer_.finish();
    json_.end_array();
    end_ = answer_.finish(0, incomplete_note(complete));
  }

  size_t size() const override { return json_.size() + end_.size(); }
  std::string take() override { return end_.empty() ? json_.take() : std::exchange(end_, {}); }
  size_t memory_bytes() const override { return writer_.memory_bytes(); }

 private:
  JaegerAnswer answer_;
  JsonWriter& json_;
  JaegerTraceWriter writer_;
  std::string end_;  // what finish() left
};

}  // namespace

std::unique_ptr<TraceAnswer> jaeger_trace_answer(const TraceId& id) {
  return std::make_unique<Answer>(id);
}

}  // namespace clew::api
