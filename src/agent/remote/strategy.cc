#include "agent/remote/strategy.h"

#include <fmt/format.h>

#include <protozero/pbf_writer.hpp>

#include "base/json.h"
#include "otlp/reader.h"

namespace clew::agent {
namespace {

// Field numbers of proto/api_v2/sampling.proto.
namespace parameters {
constexpr protozero::pbf_tag_type kServiceName = 1;
}
namespace response {
constexpr protozero::pbf_tag_type kStrategyType = 1, kProbabilistic = 2, kRateLimiting = 3,
                                  kOperation = 4;
constexpr int32_t kRateLimitingType = 1;
}  // namespace response
namespace probabilistic {
constexpr protozero::pbf_tag_type kSamplingRate = 1;
}
namespace rate_limiting {
constexpr protozero::pbf_tag_type kMaxTracesPerSecond = 1;
}
namespace per_operation {
constexpr protozero::pbf_tag_type kDefaultProbability = 1, kDefaultLowerBound = 2, kStrategies = 3;
}
namespace operation {
constexpr protozero::pbf_tag_type kOperation = 1, kProbabilistic = 2;
}

JsonWriter& number(JsonWriter& json, std::string_view name, double value) {
  return json.key(name).raw(fmt::format("{}", value));
}

void write_rate(JsonWriter& json, double probability) {
  json.key("probabilisticSampling").begin_object();
  number(json, "samplingRate", probability).end_object();
}

void write_operations(JsonWriter& json, const OperationStrategy& operations) {
  json.key("operationSampling").begin_object();
  number(json, "defaultSamplingProbability", operations.default_probability);
  number(json, "defaultLowerBoundTracesPerSecond", operations.least_traces_per_second);
  json.key("perOperationStrategies").begin_array();
  for (const OperationRate& rate : operations.operations) {
    json.begin_object().member("operation", rate.operation);
    write_rate(json, rate.probability);
    json.end_object();
  }
  json.end_array();
  number(json, "defaultUpperBoundTracesPerSecond", 0).end_object();
}

void write_rate(protozero::pbf_writer& parent, protozero::pbf_tag_type tag, double probability) {
  protozero::pbf_writer rate(parent, tag);
  rate.add_double(probabilistic::kSamplingRate, probability);
}

}  // namespace

std::string strategy_json(const SamplingStrategy& strategy) {
  JsonWriter json;
  json.begin_object();
  json.member("strategyType", strategy.traces_per_second ? "RATE_LIMITING" : "PROBABILISTIC");
  if (strategy.probability) write_rate(json, *strategy.probability);
  if (strategy.traces_per_second)
    json.key("rateLimitingSampling")
        .begin_object()
        .member("maxTracesPerSecond", *strategy.traces_per_second)
        .end_object();
  if (strategy.operations) write_operations(json, *strategy.operations);
  json.end_object();
  return json.take();
}

std::string strategy_proto(const SamplingStrategy& strategy) {
  std::string out;
  protozero::pbf_writer writer(out);
  if (strategy.traces_per_second)
    writer.add_enum(response::kStrategyType, response::kRateLimitingType);
  if (strategy.probability) write_rate(writer, response::kProbabilistic, *strategy.probability);
  if (strategy.traces_per_second) {
    protozero::pbf_writer limit(writer, response::kRateLimiting);
    limit.add_int32(rate_limiting::kMaxTracesPerSecond, *strategy.traces_per_second);
  }
  if (strategy.operations) {
    protozero::pbf_writer operations(writer, response::kOperation);
    operations.add_double(per_operation::kDefaultProbability,
                          strategy.operations->default_probability);
    operations.add_double(per_operation::kDefaultLowerBound,
                          strategy.operations->least_traces_per_second);
    for (const OperationRate& rate : strategy.operations->operations) {
      protozero::pbf_writer one(operations, per_operation::kStrategies);
      one.add_string(operation::kOperation, rate.operation);
      write_rate(one, operation::kProbabilistic, rate.probability);
    }
  }
  return out;
}

std::string service_of_request(std::string_view bytes) {
  std::string service;
  otlp::for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    if (reader.tag() == parameters::kServiceName)
      service = otlp::view_of(reader);
    else
      reader.skip();
  });
  return service;
}

}  // namespace clew::agent
