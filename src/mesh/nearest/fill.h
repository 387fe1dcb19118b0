// Who sends how much where, so that the nearest core locations get no more than they can take.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace clew::mesh {

/// The requests for one service that arrive at one edge.
struct Wish {
  struct Choice {
    size_t zone = 0;   // index into the capacities
    double cost = 0;   // of sending a request there
    double limit = 1;  // the most of this edge's requests that may go there, 0 to 1
  };
  double rate = 0;  // per second
  std::vector<Choice> choices;
};

/// Gives the cheapest pairs of edge and core location what they want and can take, until all is
/// given (water-filling; it moves as little as possible away from where it is cheapest). What is
/// more than all together can take is shared in proportion to what each can take. Capacities are
/// in requests per second, infinite if not limited. Returns for each wish the part of its requests
/// for each of its choices: they sum to 1, unless it has no choices.
std::vector<std::vector<double>> fill(std::span<const Wish> wishes,
                                      std::span<const double> capacities);

/// The parts as whole percents that sum to 100 (largest remainder).
std::vector<int> percents(std::span<const double> parts);

}  // namespace clew::mesh
