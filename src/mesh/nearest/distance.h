// How far two places are from each other, as far as the map says.
#pragma once

#include <optional>

namespace clew::mesh {

/// Degrees; north and east are positive.
struct Coordinates {
  double latitude = 0, longitude = 0;
};

/// Kilometres along the earth's surface.
double distance_km(const Coordinates& from, const Coordinates& to);

/// A round trip in milliseconds as it is likely between two places: fibres go 100 km per
/// millisecond and back, on ways that are 1.4 times as long as they could be. A second where
/// coordinates are missing: whatever is known is nearer.
double likely_round_trip(const std::optional<Coordinates>& from,
                         const std::optional<Coordinates>& to);

}  // namespace clew::mesh
