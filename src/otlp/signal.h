// The kinds of telemetry OTLP knows. Each has a request and a service of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace clew::otlp {

/// What a request carries: an ExportTraceServiceRequest, ExportLogsServiceRequest or
/// ExportMetricsServiceRequest. The numbers stand on disk: never change them.
enum class Signal : uint8_t { kTraces = 0, kLogs = 1, kMetrics = 2 };

inline constexpr std::array kSignals = {Signal::kTraces, Signal::kLogs, Signal::kMetrics};

/// "traces", "logs", "metrics".
constexpr std::string_view name_of(Signal signal) {
  constexpr std::array<std::string_view, kSignals.size()> kNames = {"traces", "logs", "metrics"};
  return kNames[static_cast<size_t>(signal)];
}

/// What is counted of it, as in the names of the collector's own metrics: "spans", "log_records",
/// "metric_points".
constexpr std::string_view items_of(Signal signal) {
  constexpr std::array<std::string_view, kSignals.size()> kItems = {"spans", "log_records",
                                                                    "metric_points"};
  return kItems[static_cast<size_t>(signal)];
}

/// The gRPC method that takes its requests.
constexpr std::string_view grpc_method_of(Signal signal) {
  constexpr std::array<std::string_view, kSignals.size()> kMethods = {
      "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
      "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"};
  return kMethods[static_cast<size_t>(signal)];
}

}  // namespace clew::otlp
