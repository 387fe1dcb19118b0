#include "main/trace/found_trace.h"

#include <charconv>

namespace clew {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key) {
  auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

/// A whole number, also where it stands as text, as protobuf's JSON writes 64 bits.
uint64_t number_of(const Json& object, const char* key) {
  auto at = object.find(key);
  if (at == object.end()) return 0;
  if (at->is_number_unsigned()) return at->get<uint64_t>();
  uint64_t number = 0;
  if (at->is_string()) {
    const auto& text = at->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

}  // namespace

FoundTraceLine found_by_clew(const Json& trace) {
  if (!trace.is_object()) return {};
  return {.id = text_of(trace, "traceId"),
          .start = number_of(trace, "startUs") * 1000,
          .service = text_of(trace, "rootService"),
          .name = text_of(trace, "rootOperation"),
          .duration = number_of(trace, "durationUs") * 1000,
          .spans = number_of(trace, "spanCount"),
          .errors = number_of(trace, "errorCount"),
          .matched = {}};
}

FoundTraceLine found_by_tempo(const Json& trace) {
  if (!trace.is_object()) return {};
  FoundTraceLine line{.id = text_of(trace, "traceID"),
                      .start = number_of(trace, "startTimeUnixNano"),
                      .service = text_of(trace, "rootServiceName"),
                      .name = text_of(trace, "rootTraceName"),
                      .duration = number_of(trace, "durationMs") * 1'000'000};
  // Tempo leaves zeros at the begin of an ID out.
  if (line.id.size() < 32) line.id.insert(0, 32 - line.id.size(), '0');
  if (auto services = trace.find("serviceStats"); services != trace.end()) {
    line.spans = line.errors = 0;
    for (const Json& service : *services) {
      *line.spans += number_of(service, "spanCount");
      *line.errors += number_of(service, "errorCount");
    }
  }
  if (auto sets = trace.find("spanSets"); sets != trace.end()) {
    line.matched = 0;
    for (const Json& set : *sets) *line.matched += number_of(set, "matched");
  }
  return line;
}

}  // namespace clew
