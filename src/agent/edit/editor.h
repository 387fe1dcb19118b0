// What the agent changes in spans, logs and metrics on their way.
#pragma once

#include <array>
#include <vector>

#include "agent/edit/attribute_action.h"
#include "agent/place.h"
#include "base/bytes.h"
#include "otlp/patch.h"
#include "otlp/signal.h"

namespace clew::agent {

struct EditOptions {
  bool normalize = true;  // see normalize.h
  Place place;
  std::vector<AttributeAction> actions = {};  // taken last, in their order
};

/// Edits requests as bytes: what is not concerned is copied, unknown fields too, and a request that
/// needs no change is handed on as it is. Any thread may call it.
class Editor {
 public:
  explicit Editor(const EditOptions& options);

  /// `request` is an export request that passed otlp::Batch::index or otlp::Payload::check.
  SharedBytes edit(otlp::Signal signal, const SharedBytes& request) const;

 private:
  using Actions = std::vector<AttributeAction>;

  void edit_group(otlp::Signal signal, std::string_view group, otlp::Patch& patch) const;
  void edit_resource(std::string_view resource, std::string_view service, otlp::Patch& patch) const;
  void edit_scope(otlp::Signal signal, std::string_view scope, std::string_view service,
                  otlp::Patch& patch) const;
  void edit_span(std::string_view span, std::string_view service, otlp::Patch& patch) const;
  const Actions& actions_on(AttributeScope scope) const {
    return actions_[static_cast<size_t>(scope)];
  }

  bool normalize_;
  PlaceStamp place_;
  bool has_actions_;
  std::array<Actions, 4> actions_;  // by AttributeScope
};

}  // namespace clew::agent
