#include "api/otlp_stream.h"

#include <utility>

#include "otlp/writer.h"

namespace clew::api {
namespace {

class Answer : public TraceAnswer {
 public:
  explicit Answer(OtlpAnswerForm form) : form_(std::move(form)), out_(form_.head) {}

  void add(const otlp::Batch& batch, const otlp::SpanRef& ref) override { part_.add(batch, ref); }

  void end_part() override {
    if (part_.empty()) return;
    if (std::exchange(any_, true)) out_ += form_.between;
    out_ += form_.part(part_.finish());
  }

  void finish(bool complete) override { out_ += form_.tail(complete); }

  size_t size() const override { return out_.size(); }
  std::string take() override { return std::exchange(out_, {}); }

 private:
  const OtlpAnswerForm form_;
  otlp::RequestWriter part_;  // views of the part at hand
  std::string out_;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<TraceAnswer> otlp_trace_answer(OtlpAnswerForm form) {
  return std::make_unique<Answer>(std::move(form));
}

}  // namespace clew::api
