#include "main/otlp_client.h"

#include "base/log.h"
#include "base/metrics.h"
#include "otlp/writer.h"

namespace clew {
namespace {

/// The three services' responses have the same fields under the same numbers.
void note_rejections(otlp::Signal signal, const std::string& response) {
  auto partial = otlp::parse_export_response(response);
  if (partial.rejected_spans == 0 && partial.message.empty()) return;
  metrics::counter(fmt::format("clew_exporter_rejected_{}_total", otlp::items_of(signal)),
                   "What the other side rejected inside an accepted request")
      .Increment(static_cast<double>(partial.rejected_spans));
  log::warn("export: {} {} rejected: {}", partial.rejected_spans, otlp::items_of(signal),
            partial.message);
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
  return [&client, timeout](otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                            auto done) {
    // The client wants a callback it can copy.
    auto shared = std::make_shared<decltype(done)>(std::move(done));
    client.call(std::string(otlp::grpc_method_of(signal)), std::move(request), timeout,
                [shared, signal](Result<std::string> answer) {
                  if (!answer) return (*shared)(std::unexpected(answer.error()));
                  note_rejections(signal, *answer);
                  (*shared)({});
                },
                {{"x-scope-orgid", tenant.name()}});
  };
}

}  // namespace clew
