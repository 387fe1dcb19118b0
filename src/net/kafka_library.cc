#include <fmt/ranges.h>

#include "base/log.h"
#include "base/repeat_gate.h"
#include "net/internal/kafka_library.h"

namespace clew::net {

std::string KafkaConnection::text() const {
  return fmt::format("{}", fmt::join(brokers, ","));
}

namespace internal {
namespace {

/// librdkafka repeats itself while brokers are away, a line for each of its threads.
void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kWarning = 4;  // as syslog counts
  static auto& gate = *new RepeatGate(std::chrono::seconds(10));
  if (level > kWarning || !gate.pass(facility, std::chrono::steady_clock::now())) return;
  log::warn("kafka: {}: {}", facility, text);
}

}  // namespace

void KafkaConf::set(const std::string& name, const std::string& value) {
  if (!result_) return;
  char error[512];
  if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), error, sizeof(error)) !=
      RD_KAFKA_CONF_OK)
    result_ = fail(Code::kInvalid, "kafka: {}", error);
}

void KafkaConf::connect(const KafkaConnection& connection) {
  rd_kafka_conf_set_log_cb(conf_.get(), log_line);
  set("bootstrap.servers", connection.text());
  set("client.id", connection.client_id);
  const auto& sasl = connection.sasl;
  set("security.protocol", sasl ? connection.uses_tls ? "sasl_ssl" : "sasl_plaintext"
                           : connection.uses_tls ? "ssl"
                                                 : "plaintext");
  const TlsFiles& files = connection.tls.files;
  if (connection.uses_tls) {
    std::string ca = files.ca_file.empty() ? system_trust_file() : files.ca_file;
    if (!ca.empty()) set("ssl.ca.location", ca);
    if (!files.cert_file.empty()) set("ssl.certificate.location", files.cert_file);
    if (!files.key_file.empty()) set("ssl.key.location", files.key_file);
    if (connection.tls.skip_verify) set("enable.ssl.certificate.verification", "false");
  }
  if (!sasl) return;
  auto password = sasl->password.text();
  if (!password && result_) result_ = std::unexpected(password.error());
  if (!password) return;
  set("sasl.mechanism", sasl->mechanism);
  set("sasl.username", sasl->username);
  set("sasl.password", *password);
}

Result<KafkaPtr<rd_kafka_t>> KafkaConf::client(rd_kafka_type_t type) {
  if (!result_) return std::unexpected(result_.error());
  char error[512];
  rd_kafka_t* client = rd_kafka_new(type, conf_.get(), error, sizeof(error));
  if (client == nullptr) return fail(Code::kInvalid, "kafka: {}", error);
  static_cast<void>(conf_.release());  // it is the client's now
  return KafkaPtr<rd_kafka_t>(client);
}

}  // namespace internal
}  // namespace clew::net
