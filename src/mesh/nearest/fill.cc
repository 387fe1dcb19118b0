#include "mesh/nearest/fill.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace clew::mesh {
namespace {

/// A service that nobody asks for yet still has a nearest core location.
constexpr double kLeastRate = 1e-6;

struct Pair {
  double cost;
  size_t wish, choice;
};

std::vector<Pair> cheapest_first(std::span<const Wish> wishes) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < wishes.size(); ++i)
    for (size_t j = 0; j < wishes[i].choices.size(); ++j)
      pairs.push_back({wishes[i].choices[j].cost, i, j});
  std::ranges::sort(pairs, {},
                    [](const Pair& pair) { return std::tuple(pair.cost, pair.wish, pair.choice); });
  return pairs;
}

/// What nobody can take any more.
void share_the_rest(const Wish& wish, double rest, std::span<const double> capacities,
                    std::vector<double>& given) {
  auto weight = [&](const Wish::Choice& choice) {
    double capacity = capacities[choice.zone];
    return choice.limit * (std::isinf(capacity) ? 1.0 : capacity);
  };
  double sum = 0;
  for (const Wish::Choice& choice : wish.choices) sum += weight(choice);
  for (size_t j = 0; j < given.size(); ++j)
    given[j] +=
        rest * (sum > 0 ? weight(wish.choices[j]) / sum : 1.0 / static_cast<double>(given.size()));
}

}  // namespace

std::vector<std::vector<double>> fill(std::span<const Wish> wishes,
                                      std::span<const double> capacities) {
  std::vector<double> left(capacities.begin(), capacities.end());
  std::vector<double> rest;
  std::vector<std::vector<double>> given;
  for (const Wish& wish : wishes) {
    rest.push_back(std::max(wish.rate, kLeastRate));
    given.emplace_back(wish.choices.size(), 0.0);
  }
  for (const auto& [cost, i, j] : cheapest_first(wishes)) {
    const Wish::Choice& choice = wishes[i].choices[j];
    double rate = std::max(wishes[i].rate, kLeastRate);
    double takes = std::min({rest[i], choice.limit * rate, std::max(0.0, left[choice.zone])});
    given[i][j] += takes;
    rest[i] -= takes;
    left[choice.zone] -= takes;
  }
  for (size_t i = 0; i < wishes.size(); ++i) {
    if (rest[i] > 0) share_the_rest(wishes[i], rest[i], capacities, given[i]);
    double rate = std::max(wishes[i].rate, kLeastRate);
    for (double& part : given[i]) part /= rate;
  }
  return given;
}

std::vector<int> percents(std::span<const double> parts) {
  std::vector<int> whole;
  std::vector<std::pair<double, size_t>> remainders;
  for (double part : parts) {
    double percent = part * 100;
    whole.push_back(static_cast<int>(percent));
    remainders.emplace_back(whole.back() - percent, remainders.size());
  }
  int missing = 100 - std::accumulate(whole.begin(), whole.end(), 0);
  std::ranges::sort(remainders);
  for (size_t i = 0; i < remainders.size() && missing > 0; ++i, --missing)
    ++whole[remainders[i].second];
  return whole;
}

}  // namespace clew::mesh
