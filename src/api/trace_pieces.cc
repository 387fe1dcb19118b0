#include "api/trace_pieces.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "api/endpoints.h"
#include "api/etag.h"
#include "base/limits.h"
#include "base/metrics.h"

namespace clew::api {
namespace {

/// Smaller pieces cost more than they are worth.
constexpr size_t kLeastPiece = 64 << 10;

class Pieces {
 public:
  Pieces(std::unique_ptr<query::TraceStream> trace, std::unique_ptr<TraceAnswer> answer)
      : trace_(std::move(trace)), answer_(std::move(answer)), said_complete_(trace_->complete()) {}

  std::string next() {
    if (done_) return {};
    bool more = true;
    while (more && answer_->size() < kLeastPiece) {
      more = trace_->next(
          [this](const otlp::Batch& batch, const otlp::SpanRef& ref) { add(batch, ref); });
      answer_->end_part();
      part_.clear();
    }
    if (answer_->memory_bytes() > limits::kTraceAnswerBytes) {
      metrics::count_limit_hit("trace_answer_bytes");
      throw std::length_error("what stands behind the spans of a trace is too large");
    }
    if (!more) finish();
    return answer_->take();
  }

 private:
  void add(const otlp::Batch& batch, const otlp::SpanRef& ref) {
    if (part_.empty() || part_.back().spans().data() != batch.spans().data())
      part_.push_back(batch);
    answer_->add(part_.back(), ref);
  }

  void finish() {
    done_ = true;
    if (said_complete_ && !trace_->complete())
      throw std::runtime_error("a part of the trace could not be read");
    answer_->finish(trace_->complete());
  }

  std::unique_ptr<query::TraceStream> trace_;
  std::unique_ptr<TraceAnswer> answer_;
  std::vector<otlp::Batch> part_;  // which the answer has views of; copies share their bytes
  const bool said_complete_;       // in the head of the answer
  bool done_ = false;
};

}  // namespace

std::function<std::string()> trace_pieces(std::unique_ptr<query::TraceStream> trace,
                                          std::unique_ptr<TraceAnswer> answer) {
  return [pieces = std::make_shared<Pieces>(std::move(trace), std::move(answer))] {
    return pieces->next();
  };
}

net::HttpResponse trace_response(const net::HttpRequest& request,
                                 std::unique_ptr<query::TraceStream> trace,
                                 std::unique_ptr<TraceAnswer> answer, TraceForm form) {
  bool complete = trace->complete();
  std::string content = trace->fingerprint();
  if (form == TraceForm::kProtobuf) content += 'b';
  net::HttpResponse response{
      .content_type = form == TraceForm::kProtobuf ? "application/protobuf" : "application/json",
      .pieces = trace_pieces(std::move(trace), std::move(answer))};
  if (complete) set_weak_etag(request, response, content);
  return response;
}

}  // namespace clew::api
