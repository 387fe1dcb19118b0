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

metrics::Labels labels_of(std::string_view receiver, std::string_view transport) {
  return {{"receiver", std::string(receiver)}, {"transport", std::string(transport)}};
}

}  // namespace

std::shared_ptr<Ingest> Ingest::make(std::string_view receiver, std::string_view transport,
                                     otlp::Sink sink) {
  return std::shared_ptr<Ingest>(
      new Ingest(labels_of(receiver, transport), otlp::Signal::kTraces, std::move(sink), {}));
}

std::shared_ptr<Ingest> Ingest::make(std::string_view receiver, std::string_view transport,
                                     otlp::Signal signal, otlp::PayloadSink sink) {
  return std::shared_ptr<Ingest>(
      new Ingest(labels_of(receiver, transport), signal, {}, std::move(sink)));
}

Ingest::Ingest(metrics::Labels labels, otlp::Signal signal, otlp::Sink sink,
               otlp::PayloadSink others)
    : labels_(std::move(labels)),
      request_labels_(signal == otlp::Signal::kTraces
                          ? labels_
                          : with(labels_, "signal", otlp::name_of(signal))),
      signal_(signal),
      sink_(std::move(sink)),
      others_(std::move(others)),
      accepted_items_(
          metrics::counter(fmt::format("clew_receiver_accepted_{}_total", otlp::items_of(signal)),
                           "What the next stage took over", labels_)),
      accepted_requests_(
          metrics::counter(kRequests, kRequestsHelp, with(request_labels_, "outcome", "accepted"))),
      request_bytes_(metrics::counter("clew_receiver_request_bytes_total",
                                      "Bytes of request bodies as they were sent",
                                      request_labels_)) {}

void Ingest::take(size_t wire_bytes, const Result<Tenant>& tenant, Result<SharedBytes> request,
                  Done done) {
  request_bytes_.Increment(static_cast<double>(wire_bytes));
  if (!tenant) return refuse(tenant.error(), 0, done);
  if (!request) return refuse(std::move(request.error()), 0, done);
  if (signal_ == otlp::Signal::kTraces)
    take_spans(*tenant, *std::move(request), std::move(done));
  else
    take_payload(*tenant, *std::move(request), std::move(done));
}

void Ingest::take_spans(const Tenant& tenant, SharedBytes request, Done done) {
  auto batch = otlp::Batch::index(std::move(request));
  if (!batch) return refuse(std::move(batch.error()), 0, done);
  Taken taken{.rejected_spans = batch->rejected_spans(), .message = {}};
  if (taken.rejected_spans > 0)
    taken.message = "spans without a trace ID or a span ID were left out";
  size_t spans = batch->spans().size();
  auto accepted = answer(spans, std::move(taken), std::move(done));
  if (spans == 0) return accepted({});
  sink_(tenant, *std::move(batch), std::move(accepted));
}

void Ingest::take_payload(const Tenant& tenant, SharedBytes request, Done done) {
  auto payload = otlp::Payload::check(signal_, std::move(request));
  if (!payload) return refuse(std::move(payload.error()), 0, done);
  auto accepted = answer(payload->items(), {}, std::move(done));
  if (payload->items() == 0) return accepted({});
  others_(tenant, *std::move(payload), std::move(accepted));
}

otlp::Accepted Ingest::answer(size_t items, Taken taken, Done done) {
  return [self = shared_from_this(), items, taken = std::move(taken),
          done = std::move(done)](Result<void> accepted) mutable {
    if (!accepted) return self->refuse(std::move(accepted.error()), items, done);
    self->accepted_items_.Increment(static_cast<double>(items));
    self->accepted_requests_.Increment();
    self->count_refused(taken.rejected_spans, "no_id");
    done(std::move(taken));
  };
}

void Ingest::refuse(Error error, size_t items, Done& done) {
  count_refused(items, name_of(error.code));
  metrics::counter(kRequests, kRequestsHelp, with(request_labels_, "outcome", name_of(error.code)))
      .Increment();
  if (error.code == Code::kUnavailable && !error.retry_after) error.retry_after = kRetryAfter;
  done(std::unexpected(std::move(error)));
}

void Ingest::count_refused(size_t items, std::string_view reason) {
  if (items == 0) return;
  metrics::counter(fmt::format("clew_receiver_refused_{}_total", otlp::items_of(signal_)),
                   "What was not taken, by reason", with(labels_, "reason", reason))
      .Increment(static_cast<double>(items));
}

}  // namespace clew::receive
