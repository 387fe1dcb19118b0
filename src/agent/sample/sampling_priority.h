// The attribute `sampling.priority`, by which a span asks to be kept or dropped.
// Source: OpenTracing's semantic conventions, read as the OpenTelemetry Collector reads them.
#pragma once

#include <string_view>

#include "otlp/value.h"

namespace clew::agent {

inline constexpr std::string_view kSamplingPriorityKey = "sampling.priority";

enum class SamplingPriority : uint8_t { kNone, kDrop, kKeep };

/// A number, or a string that is one: 0 drops, more keeps. Anything else says nothing.
SamplingPriority sampling_priority_of(const otlp::Value& value);

}  // namespace clew::agent
