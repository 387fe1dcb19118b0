#include "main/otlp_client.h"

#include "base/log.h"
#include "base/metrics.h"
#include "otlp/writer.h"

namespace clew {
namespace {

constexpr char kExport[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

void note_rejections(const std::string& response) {
  auto partial = otlp::parse_export_response(response);
  if (partial.rejected_spans == 0 && partial.message.empty()) return;
  metrics::counter("clew_exporter_rejected_spans_total",
                   "Spans the other side rejected inside an accepted request")
      .Increment(static_cast<double>(partial.rejected_spans));
  log::warn("export: {} spans rejected: {}", partial.rejected_spans, partial.message);
}

}  // namespace

Result<std::unique_ptr<net::GrpcClient>> make_otlp_client(const AgentConfig& config) {
  net::GrpcClientOptions options{.target = config.endpoint};
  if (config.compression == "gzip") options.compression = net::GrpcCompression::kGzip;
  const net::TlsFiles& tls = config.tls;
  if (config.tls_enabled == "true" || !tls.ca_file.empty() || !tls.cert_file.empty() ||
      !tls.key_file.empty())
    options.tls = tls;
  return net::GrpcClient::create(std::move(options));
}

agent::Send otlp_send(net::GrpcClient& client, std::chrono::milliseconds timeout) {
  return [&client, timeout](const Tenant& tenant, SharedBytes request, auto done) {
    // The client wants a callback it can copy.
    auto shared = std::make_shared<decltype(done)>(std::move(done));
    client.call(kExport, std::move(request), timeout,
                [shared](Result<std::string> answer) {
                  if (!answer) return (*shared)(std::unexpected(answer.error()));
                  note_rejections(*answer);
                  (*shared)({});
                },
                {{"x-scope-orgid", tenant.name()}});
  };
}

}  // namespace clew
