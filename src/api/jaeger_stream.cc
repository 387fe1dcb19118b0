#include "api/jaeger_stream.h"

#include <stdexcept>

#include "api/jaeger_answer.h"
#include "api/jaeger_json.h"
#include "base/limits.h"
#include "base/metrics.h"

namespace clew::api {
namespace {

class Pieces {
 public:
  explicit Pieces(std::unique_ptr<query::TraceStream> trace)
      : trace_(std::move(trace)), writer_(answer_.data().begin_array(), trace_->id()) {}

  std::string next() {
    if (done_) return {};
    bool more = true;
    while (more && answer_.data().size() < kLeastPiece)
      more = trace_->next(
          [this](const otlp::Batch& batch, const otlp::SpanRef& ref) { writer_.add(batch, ref); });
    if (writer_.memory_bytes() > limits::kTraceAnswerBytes) {
      metrics::count_limit_hit("trace_answer_bytes");
      throw std::length_error("the resources of a trace are too large");
    }
    if (more) return answer_.data().take();
    done_ = true;
    writer_.finish();
    answer_.data().end_array();
    return answer_.finish(0, incomplete_note(trace_->complete()));
  }

 private:
  /// Smaller ones cost more than they are worth.
  static constexpr size_t kLeastPiece = 64 << 10;

  std::unique_ptr<query::TraceStream> trace_;
  JaegerAnswer answer_;
  JaegerTraceWriter writer_;
  bool done_ = false;
};

}  // namespace

std::function<std::string()> jaeger_trace_pieces(std::unique_ptr<query::TraceStream> trace) {
  return [pieces = std::make_shared<Pieces>(std::move(trace))] { return pieces->next(); };
}

}  // namespace clew::api
