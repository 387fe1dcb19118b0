// The agent's edits on any request that passed the check at the door: what comes out passes it too.
#include <cstdint>
#include <string_view>

#include "agent/edit/editor.h"
#include "base/check.h"
#include "otlp/batch.h"
#include "otlp/payload.h"

namespace {

using namespace clew;

agent::AttributeAction action(const agent::ActionOptions& options) {
  auto made = agent::AttributeAction::make(options);
  CLEW_CHECK(made.has_value());
  return *made;
}

const agent::Editor& editor() {
  using Action = agent::ActionOptions::Action;
  static const agent::Editor editor(
      {.place = {.datacenter = "fra1", .overwrite = true},
       .actions = {action({.action = Action::kHash, .pattern = "e"}),
                   action({.action = Action::kDelete, .pattern = "^h"}),
                   action({.action = Action::kUpsert, .key = "a", .from_attribute = "component"}),
                   action({.action = Action::kRedact,
                           .scope = agent::AttributeScope::kEvent,
                           .blocked_values = {"[0-9]+"}}),
                   action({.action = Action::kDelete,
                           .scope = agent::AttributeScope::kLog,
                           .pattern = "."})}});
  return editor;
}

void edit(otlp::Signal signal, const SharedBytes& request) {
  SharedBytes edited = editor().edit(signal, request);
  bool well_formed = signal == otlp::Signal::kTraces
                         ? otlp::Batch::index(edited).has_value()
                         : otlp::Payload::check(signal, edited).has_value();
  CLEW_CHECK(well_formed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  SharedBytes request = SharedBytes::copy({reinterpret_cast<const char*>(data), size});
  if (otlp::Batch::index(request)) edit(otlp::Signal::kTraces, request);
  for (otlp::Signal signal : {otlp::Signal::kLogs, otlp::Signal::kMetrics})
    if (otlp::Payload::check(signal, request)) edit(signal, request);
  return 0;
}
