// Where this agent stands, stamped on everything that passes it (ARCHITECTURE.md, "Place").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otlp/batch.h"

namespace clew::agent {

/// The agent's place. Empty fields are not stamped.
struct Place {
  std::string region;         // cloud.region
  std::string datacenter;     // clew.datacenter
  std::string core_location;  // clew.core_location
  std::string edge;           // clew.edge
  std::string host;           // host.name
};

/// Adds a place to the resources of batches.
class PlaceStamp {
 public:
  explicit PlaceStamp(const Place& place);

  /// The batch as a request in which every resource has the attributes of the place. An attribute
  /// that is there already stays as it is: who sent it knew better. With nothing to add the bytes
  /// are the batch's own.
  SharedBytes stamp(const otlp::Batch& batch) const;

 private:
  struct StampedAttribute {
    std::string key;
    std::string field;  // Resource.attributes: tag, length, KeyValue
  };

  std::string missing_in(const otlp::ResourceRef& resource) const;

  std::vector<StampedAttribute> attributes_;
};

}  // namespace clew::agent
