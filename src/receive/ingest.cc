#include "receive/ingest.h"

#include <chrono>
#include <utility>

namespace clew::receive {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{1000};

constexpr char kRequests[] = "clew_receiver_requests_total";
constexpr char kRequestsHelp[] = "Requests by what became of them";

metrics::Labels with(metrics::Labels labels, const std::string& name, std::string_view value) {
  labels.emplace(name, value);
  return labels;
}

}  // namespace

std::shared_ptr<Ingest> Ingest::make(std::string_view receiver, std::string_view transport,
                                     otlp::Sink sink) {
  metrics::Labels labels = {{"receiver", std::string(receiver)},
                            {"transport", std::string(transport)}};
  return std::shared_ptr<Ingest>(new Ingest(std::move(labels), std::move(sink)));
}

Ingest::Ingest(metrics::Labels labels, otlp::Sink sink)
    : labels_(std::move(labels)),
      sink_(std::move(sink)),
      accepted_spans_(metrics::counter("clew_receiver_accepted_spans_total",
                                       "Spans the next stage took over", labels_)),
      accepted_requests_(
          metrics::counter(kRequests, kRequestsHelp, with(labels_, "outcome", "accepted"))),
      request_bytes_(metrics::counter("clew_receiver_request_bytes_total",
                                      "Bytes of request bodies as they were sent", labels_)) {}

void Ingest::take(size_t wire_bytes, const Result<Tenant>& tenant, Result<SharedBytes> request,
                  Done done) {
  request_bytes_.Increment(static_cast<double>(wire_bytes));
  if (!tenant) return refuse(tenant.error(), 0, done);
  if (!request) return refuse(std::move(request.error()), 0, done);
  auto batch = otlp::Batch::index(*std::move(request));
  if (!batch) return refuse(std::move(batch.error()), 0, done);

  Taken taken{.rejected_spans = batch->rejected_spans(), .message = {}};
  if (taken.rejected_spans > 0)
    taken.message = "spans without a trace ID or a span ID were left out";
  size_t spans = batch->spans().size();
  auto answer = [self = shared_from_this(), spans, taken = std::move(taken),
                 done = std::move(done)](Result<void> accepted) mutable {
    if (!accepted) return self->refuse(std::move(accepted.error()), spans, done);
    self->accepted_spans_.Increment(static_cast<double>(spans));
    self->accepted_requests_.Increment();
    self->count_refused(taken.rejected_spans, "no_id");
    done(std::move(taken));
  };
  if (spans == 0) return answer({});
  sink_(*tenant, *std::move(batch), std::move(answer));
}

void Ingest::refuse(Error error, size_t spans, Done& done) {
  count_refused(spans, name_of(error.code));
  metrics::counter(kRequests, kRequestsHelp, with(labels_, "outcome", name_of(error.code)))
      .Increment();
  if (error.code == Code::kUnavailable && !error.retry_after) error.retry_after = kRetryAfter;
  done(std::unexpected(std::move(error)));
}

void Ingest::count_refused(size_t spans, std::string_view reason) {
  if (spans == 0) return;
  metrics::counter("clew_receiver_refused_spans_total", "Spans that were not taken, by reason",
                   with(labels_, "reason", reason))
      .Increment(static_cast<double>(spans));
}

}  // namespace clew::receive
