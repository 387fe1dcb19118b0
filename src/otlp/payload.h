// Logs and metrics on their way through: bytes that were checked, and how much is in them.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "otlp/signal.h"

namespace clew::otlp {

/// One accepted ExportLogsServiceRequest or ExportMetricsServiceRequest, its bytes as received.
/// Nothing here looks at single records, so unlike a Batch it has no index.
class Payload {
 public:
  /// Checks the framing and wire type of every field it knows down to the last nested value, as
  /// Batch::index does. Fails with kMalformed and the byte of the first bad field; with kTooLarge
  /// past limits::kValueDepth. Source: opentelemetry-proto v1, {logs,metrics}_service.proto.
  static Result<Payload> check(Signal signal, SharedBytes bytes);

  Signal signal() const { return signal_; }
  const SharedBytes& bytes() const { return bytes_; }
  /// Log records or data points.
  size_t items() const { return items_; }

 private:
  Payload(Signal signal, SharedBytes bytes, size_t items)
      : signal_(signal), bytes_(std::move(bytes)), items_(items) {}

  Signal signal_;
  SharedBytes bytes_;
  size_t items_;
};

}  // namespace clew::otlp
