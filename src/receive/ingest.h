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

/// One way in, e.g. OTLP over gRPC. Any thread may call it. Its counters, all with the labels
/// `receiver` and `transport`: clew_receiver_accepted_spans_total,
/// clew_receiver_refused_spans_total{reason}, clew_receiver_requests_total{outcome},
/// clew_receiver_request_bytes_total.
class Ingest : public std::enable_shared_from_this<Ingest> {
 public:
  /// What to tell the client of a request that was taken.
  struct Taken {
    size_t rejected_spans = 0;
    std::string message;  // why, if any were
  };
  /// Called exactly once, on any thread.
  using Done = std::move_only_function<void(Result<Taken>)>;

  static std::shared_ptr<Ingest> make(std::string_view receiver, std::string_view transport,
                                      otlp::Sink sink);

  /// Indexes `request` and gives it to the sink; `done` runs once the sink has answered. A failed
  /// `tenant` or `request` is counted and passed on, so that receivers count nothing themselves.
  /// A request without spans never reaches the sink. `wire_bytes` is its size as it was sent.
  /// Every kUnavailable leaves with a retry_after.
  void take(size_t wire_bytes, const Result<Tenant>& tenant, Result<SharedBytes> request,
            Done done);

 private:
  Ingest(metrics::Labels labels, otlp::Sink sink);

  void refuse(Error error, size_t spans, Done& done);
  void count_refused(size_t spans, std::string_view reason);

  metrics::Labels labels_;
  otlp::Sink sink_;
  prometheus::Counter& accepted_spans_;
  prometheus::Counter& accepted_requests_;
  prometheus::Counter& request_bytes_;
};

}  // namespace clew::receive
