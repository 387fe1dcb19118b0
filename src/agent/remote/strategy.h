// What a Jaeger client is told about sampling, and how it reads on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clew::agent {

struct OperationRate {
  std::string operation;
  double probability = 0;
};

/// Rates by operation of one service.
struct OperationStrategy {
  double default_probability = 0;  // of operations that are not listed
  double least_traces_per_second = 0;
  std::vector<OperationRate> operations;
};

/// jaeger.api_v2.SamplingStrategyResponse. Source: jaeger-idl, proto/api_v2/sampling.proto.
struct SamplingStrategy {
  std::optional<double> probability;         // of each trace; or …
  std::optional<int32_t> traces_per_second;  // … at most so many
  std::optional<OperationStrategy> operations;
};

/// The answer to GET /sampling, member by member as Jaeger writes it.
std::string strategy_json(const SamplingStrategy& strategy);

/// The serialized SamplingStrategyResponse.
std::string strategy_proto(const SamplingStrategy& strategy);

/// The service that a serialized SamplingStrategyParameters asks for; foreign bytes: what cannot be
/// read of it is ignored.
std::string service_of_request(std::string_view bytes);

}  // namespace clew::agent
