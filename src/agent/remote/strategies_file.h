// Jaeger's file of sampling strategies.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/remote/strategy.h"
#include "base/result.h"

namespace clew::agent {

/// Jaeger's own default, where a file does not say another.
inline constexpr double kDefaultProbability = 0.001;

/// What a file says, with its default operation strategies merged into each service's.
struct StrategiesFile {
  SamplingStrategy fallback{.probability = kDefaultProbability};
  std::map<std::string, SamplingStrategy, std::less<>> services;

  /// Reads {"default_strategy": …, "service_strategies": […]}. kInvalid says what is wrong where;
  /// members it does not know are ignored, as Jaeger does.
  /// Source: Jaeger's documentation of file-based sampling.
  static Result<StrategiesFile> parse(std::string_view json);
};

}  // namespace clew::agent
