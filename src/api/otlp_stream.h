// One trace in OTLP's own messages, written while it is read.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/trace_pieces.h"

namespace clew::api {

/// What an API puts around the spans.
struct OtlpAnswerForm {
  std::string head = {};  // before them
  /// Some spans, a serialized request, as the answer has them.
  std::function<std::string(std::string request)> part;
  std::string between = {};                        // two parts
  std::function<std::string(bool complete)> tail;  // behind the last
};

/// The spans of each part stand together by resource and scope; in the next the same may come
/// again.
std::unique_ptr<TraceAnswer> otlp_trace_answer(OtlpAnswerForm form);

}  // namespace clew::api
