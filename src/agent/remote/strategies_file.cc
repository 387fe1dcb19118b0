#include "agent/remote/strategies_file.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>

namespace clew::agent {
namespace {

namespace dom = simdjson::dom;

Result<double> number_of(const dom::object& strategy, const std::string& path) {
  double number = 0;
  if (strategy["param"].get(number) != simdjson::SUCCESS || !std::isfinite(number) || number < 0)
    return fail(Code::kInvalid, "{}.param: a number, not below 0, is needed", path);
  return number;
}

Result<std::string> text_of(const dom::object& object, const char* name, const std::string& path) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS || text.empty())
    return fail(Code::kInvalid, "{}.{}: a text is needed", path, name);
  return std::string(text);
}

/// Calls `read(object, path)` with each member of the list.
template <typename Read>
Result<void> for_each_object(const dom::object& parent, const char* name, const std::string& path,
                             Read&& read) {
  dom::element list;
  if (parent[name].get(list) == simdjson::NO_SUCH_FIELD) return {};
  dom::array array;
  if (list.get(array) != simdjson::SUCCESS)
    return fail(Code::kInvalid, "{}{}: a list is needed", path, name);
  size_t number = 0;
  for (dom::element element : array) {
    std::string place = fmt::format("{}{}[{}]", path, name, number++);
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS)
      return fail(Code::kInvalid, "{}: an object is needed", place);
    if (auto done = read(object, place); !done) return done;
  }
  return {};
}

/// type and param.
Result<SamplingStrategy> read_rate(const dom::object& object, const std::string& path) {
  auto type = text_of(object, "type", path);
  if (!type) return std::unexpected(type.error());
  auto param = number_of(object, path);
  if (!param) return std::unexpected(param.error());
  if (*type == "ratelimiting")
    return SamplingStrategy{.traces_per_second = static_cast<int32_t>(std::min(*param, 1e9))};
  if (*type != "probabilistic")
    return fail(Code::kInvalid, "{}.type: \"{}\" is neither probabilistic nor ratelimiting", path,
                *type);
  if (*param > 1) return fail(Code::kInvalid, "{}.param: a probability is at most 1", path);
  return SamplingStrategy{.probability = *param};
}

Result<SamplingStrategy> read_strategy(const dom::object& object, const std::string& path) {
  auto strategy = read_rate(object, path);
  if (!strategy) return strategy;
  OperationStrategy operations{.default_probability =
                                   strategy->probability.value_or(kDefaultProbability)};
  auto read = for_each_object(
      object, "operation_strategies", path + ".",
      [&](const dom::object& item, const std::string& place) -> Result<void> {
        auto name = text_of(item, "operation", place);
        if (!name) return std::unexpected(name.error());
        auto rate = read_rate(item, place);
        if (!rate) return std::unexpected(rate.error());
        if (!rate->probability)
          return fail(Code::kInvalid, "{}.type: an operation's must be probabilistic", place);
        operations.operations.push_back({*name, *rate->probability});
        return {};
      });
  if (!read) return std::unexpected(read.error());
  if (!operations.operations.empty()) strategy->operations = std::move(operations);
  return strategy;
}

/// Operations of the default strategy hold for a service unless it names them itself.
void inherit(SamplingStrategy& service, const SamplingStrategy& fallback) {
  if (!fallback.operations) return;
  if (!service.operations) {
    service.operations = fallback.operations;
    if (service.probability) service.operations->default_probability = *service.probability;
    return;
  }
  auto& own = service.operations->operations;
  size_t own_count = own.size();
  for (const OperationRate& rate : fallback.operations->operations) {
    auto end = own.begin() + static_cast<std::ptrdiff_t>(own_count);
    if (std::find_if(own.begin(), end, [&](const OperationRate& each) {
          return each.operation == rate.operation;
        }) == end)
      own.push_back(rate);
  }
}

}  // namespace

Result<StrategiesFile> StrategiesFile::parse(std::string_view json) {
  dom::parser parser;
  simdjson::padded_string padded(json);
  dom::object root;
  dom::element element;
  if (auto error = parser.parse(padded).get(element); error != simdjson::SUCCESS)
    return fail(Code::kInvalid, "it is no JSON: {}", simdjson::error_message(error));
  if (element.get(root) != simdjson::SUCCESS)
    return fail(Code::kInvalid, "it must be a JSON object");
  StrategiesFile file;
  if (root["default_strategy"].get(element) == simdjson::SUCCESS) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS)
      return fail(Code::kInvalid, "default_strategy: an object is needed");
    auto strategy = read_strategy(object, "default_strategy");
    if (!strategy) return std::unexpected(strategy.error());
    file.fallback = *std::move(strategy);
  }
  auto read =
      for_each_object(root, "service_strategies", "",
                      [&](const dom::object& object, const std::string& path) -> Result<void> {
                        auto service = text_of(object, "service", path);
                        if (!service) return std::unexpected(service.error());
                        auto strategy = read_strategy(object, path);
                        if (!strategy) return std::unexpected(strategy.error());
                        inherit(*strategy, file.fallback);
                        file.services.insert_or_assign(*std::move(service), *std::move(strategy));
                        return {};
                      });
  if (!read) return std::unexpected(read.error());
  return file;
}

}  // namespace clew::agent
