// What every receiver does once it has OTLP bytes: index them, hand them to the sink, count.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/sink.h"

namespace clew::receive {

/// One way in, e.g. OTLP over gRPC, for one signal. Any thread may call it. Its counters, all with
/// the labels `receiver` and `transport`: clew_receiver_accepted_spans_total,
/// clew_receiver_refused_spans_total{reason}, clew_receiver_requests_total{outcome},
/// clew_receiver_request_bytes_total. Those of logs and metrics end in log_records and
/// metric_points instead of spans; requests and bytes have the label `signal`.
class Ingest : public std::enable_shared_from_this<Ingest> {
 public:
  /// What to tell the client of a request that was taken.
  struct Taken {
    size_t rejected_spans = 0;  // only of spans is a part taken
    std::string message;        // why, if any were
  };
  /// Called exactly once, on any thread.
  using Done = std::move_only_function<void(Result<Taken>)>;

  static std::shared_ptr<Ingest> make(std::string_view receiver, std::string_view transport,
                                      otlp::Sink sink);
  /// For logs or metrics.
  static std::shared_ptr<Ingest> make(std::string_view receiver, std::string_view transport,
                                      otlp::Signal signal, otlp::PayloadSink sink);

  /// Indexes `request` and gives it to the sink; `done` runs once the sink has answered. A failed
  /// `tenant` or `request` is counted and passed on, so that receivers count nothing themselves.
  /// An empty request never reaches the sink. `wire_bytes` is its size as it was sent.
  /// Every kUnavailable leaves with a retry_after.
  void take(size_t wire_bytes, const Result<Tenant>& tenant, Result<SharedBytes> request,
            Done done);

 private:
  Ingest(metrics::Labels labels, otlp::Signal signal, otlp::Sink sink, otlp::PayloadSink others);

  void take_spans(const Tenant& tenant, SharedBytes request, Done done);
  void take_payload(const Tenant& tenant, SharedBytes request, Done done);
  otlp::Accepted answer(size_t items, Taken taken, Done done);
  void refuse(Error error, size_t items, Done& done);
  void count_refused(size_t items, std::string_view reason);

  metrics::Labels labels_;  // of what is counted by items
  metrics::Labels request_labels_;
  otlp::Signal signal_;
  otlp::Sink sink_;           // of spans
  otlp::PayloadSink others_;  // of logs or metrics
  prometheus::Counter& accepted_items_;
  prometheus::Counter& accepted_requests_;
  prometheus::Counter& request_bytes_;
};

}  // namespace clew::receive
