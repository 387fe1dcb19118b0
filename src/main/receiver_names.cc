#include "main/receiver_names.h"

#include <string>
#include <utility>

namespace clew {

api::AgentAbout::Names receiver_names(const ReceiverConfig& receivers) {
  api::AgentAbout::Names names;
  auto listener = [&](std::string name, const std::optional<net::Address>& address) {
    if (address) names.emplace_back(std::move(name), address->to_string());
  };
  listener("otlp/grpc", receivers.otlp_grpc);
  listener("otlp/http", receivers.otlp_http);
  listener("zipkin/http", receivers.zipkin);
  listener("jaeger/udp_thrift_compact", receivers.jaeger_thrift_compact);
  listener("jaeger/udp_thrift_binary", receivers.jaeger_thrift_binary);
  listener("jaeger/http", receivers.jaeger_thrift_http);
  listener("jaeger/grpc", receivers.jaeger_grpc);
  if (receivers.kafka)
    for (const std::string& encoding : receivers.kafka->encodings())
      names.emplace_back("kafka/" + encoding, receivers.kafka->connection.text());
  return names;
}

}  // namespace clew
