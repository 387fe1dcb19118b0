// Where this agent stands, stamped on everything that passes it (ARCHITECTURE.md, "Place").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "otlp/patch.h"

namespace clew::agent {

/// The agent's place. Empty fields are not stamped.
struct Place {
  std::string region;         // cloud.region
  std::string datacenter;     // clew.datacenter
  std::string core_location;  // clew.core_location
  std::string edge;           // clew.edge
  std::string rack;           // clew.rack
  std::string host;           // host.name
  bool overwrite = false;     // also where a resource says another place
};

/// Adds a place to resources.
class PlaceStamp {
 public:
  explicit PlaceStamp(const Place& place);

  /// Edits a Resource message inside the patch's original so that it has the attributes of the
  /// place. One that is there already stays as it is, since who sent it knew better, unless the
  /// place overwrites.
  void stamp(std::string_view resource, otlp::Patch& patch) const;

 private:
  struct Stamped {
    std::string key;
    std::string text;
    std::string field;  // Resource.attributes: tag, length, KeyValue
  };

  std::vector<Stamped> attributes_;
  bool overwrite_;
};

}  // namespace clew::agent
