// What the agent changes in spans on their way.
#pragma once

#include "agent/place.h"
#include "base/bytes.h"
#include "otlp/patch.h"

namespace clew::agent {

struct EditOptions {
  bool normalize = true;  // see normalize.h
  Place place;
};

/// Edits requests as bytes: what is not concerned is copied, unknown fields too, and a request that
/// needs no change is handed on as it is. Any thread may call it.
class Editor {
 public:
  explicit Editor(const EditOptions& options);

  /// An ExportTraceServiceRequest that passed otlp::Batch::index.
  SharedBytes edit(const SharedBytes& request) const;

 private:
  void edit_group(std::string_view resource_spans, otlp::Patch& patch) const;
  void edit_scope(std::string_view scope_spans, otlp::Patch& patch) const;

  bool normalize_;
  PlaceStamp place_;
};

}  // namespace clew::agent
