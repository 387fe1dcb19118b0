// What an exporter that sends nothing would have sent, for a person to read.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "otlp/signal.h"

namespace clew::agent {

/// How much to tell: a line per request, a line per span, or all of every span. The words are the
/// OpenTelemetry Collector's for its debug exporter.
enum class Verbosity : uint8_t { kBasic, kNormal, kDetailed };

/// `request` as text, each line with its end. Of logs and metrics only the first line is told.
std::string debug_text(otlp::Signal signal, const SharedBytes& request, Verbosity verbosity);

}  // namespace clew::agent
