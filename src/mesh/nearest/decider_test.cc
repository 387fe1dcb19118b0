#include "mesh/nearest/decider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace clew::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Reason = Preference::Reason;

constexpr UnixNanos kSecond = 1'000'000'000;

/// Three edges and three core locations, whose probes this answers.
class DeciderTest : public ::testing::Test {
 protected:
  DeciderTest() {
    terrain_.edges = {
        {"ams", Coordinates{52.4, 4.9}}, {"nyc", Coordinates{40.7, -74}}, {"sin", {}}};
    terrain_.zones = {
        {"fra", Coordinates{50.1, 8.7}}, {"was", Coordinates{38.9, -77}}, {"tyo", {}}};
    round_trips_ = {{{"ams", "fra"}, 8},   {{"ams", "was"}, 85},  {{"ams", "tyo"}, 230},
                    {{"nyc", "fra"}, 80},  {{"nyc", "was"}, 7},   {{"nyc", "tyo"}, 170},
                    {{"sin", "fra"}, 160}, {{"sin", "was"}, 220}, {{"sin", "tyo"}, 70}};
    decider_.set(terrain_);
  }

  /// Half a second at a time, as proxies report.
  void run(double seconds) {
    for (int i = 0; i < seconds * 2; ++i) {
      now_ += kSecond / 2;
      bool fell_silent = false;
      for (const auto& [way, milliseconds] : round_trips_) {
        bool answers = !dead_.contains(way.second) && !cut_.contains(way);
        // One that does not answer is asked again at once.
        std::vector<uint32_t> results(answers ? 1 : 2, 0);
        if (answers) results[0] = static_cast<uint32_t>(milliseconds * 1000 * jitter_(dice_));
        fell_silent |= decider_.add_probes(way.first, way.second, "proxy", results, now_);
      }
      for (const auto& [edge, rate] : rates_) {
        std::vector<Load> loads;
        for (const auto& [zone, percent] : shares(edge))
          loads.push_back({"shop", zone, static_cast<uint64_t>(rate * percent / 200), 0});
        decider_.add_loads(edge, "default", edge + "-1", loads, 0.5, now_);
      }
      if (i % 2 == 0 || fell_silent) decide();
    }
  }
  void decide() {
    auto next = decider_.decide(now_);
    changes_ += next != routing_ ? 1 : 0;
    routing_ = next;
  }
  void limit_shop(double capacity) {
    terrain_.limited = {{"default", "shop", capacity, {{"fra", 1}, {"was", 2}, {"tyo", 1}}}};
    decider_.set(terrain_);
  }

  std::vector<std::string> order(const std::string& edge) const {
    std::vector<std::string> zones;
    for (const Candidate& each : routing_->edges.at(edge)) zones.push_back(each.zone);
    return zones;
  }
  std::vector<Preference> preferred(const std::string& edge) const {
    auto shares = routing_->shares.find({edge, "default", "shop"});
    return preferences(routing_->edges.at(edge),
                       shares == routing_->shares.end() ? nullptr : &shares->second);
  }
  /// Percent of an edge's requests, by zone.
  std::map<std::string, int> shares(const std::string& edge) const {
    std::map<std::string, int> shares;
    if (!routing_->edges.contains(edge)) return shares;
    for (const Preference& each : preferred(edge))
      if (each.priority == 0) shares[each.zone] = each.weight;
    if (shares.size() == 1) shares.begin()->second = 100;
    return shares;
  }

  Terrain terrain_;
  Decider decider_;
  RoutingPtr routing_ = std::make_shared<const Routing>();
  std::map<std::pair<std::string, std::string>, double> round_trips_;
  std::set<std::string> dead_;
  std::set<std::pair<std::string, std::string>> cut_;
  std::map<std::string, double> rates_;
  std::mt19937 dice_{42};
  std::uniform_real_distribution<double> jitter_{0.9, 1.1};
  UnixNanos now_ = 1'000 * kSecond;
  int changes_ = 0;
};

TEST_F(DeciderTest, GuessesFromCoordinatesUntilItIsTold) {
  decide();
  EXPECT_THAT(order("ams"), ElementsAre("fra", "was", "tyo"));
  EXPECT_THAT(order("nyc"), ElementsAre("was", "fra", "tyo"));
  auto knowledge = decider_.knowledge("ams", now_);
  ASSERT_EQ(knowledge.size(), 3U);
  EXPECT_FALSE(knowledge[0].cost.measured);
  EXPECT_NEAR(knowledge[0].cost.milliseconds, 5, 1);
  EXPECT_TRUE(decider_.knowledge("nowhere", now_).empty());
}

TEST_F(DeciderTest, PrefersWhatIsMeasuredToBeNearer) {
  round_trips_[{"ams", "fra"}] = 120;  // the straight cable is cut
  run(3);
  EXPECT_THAT(order("ams"), ElementsAre("was", "fra", "tyo"));
  EXPECT_THAT(order("sin"), ElementsAre("tyo", "fra", "was"));
  EXPECT_EQ(preferred("sin").front().reason, Reason::kNearest);
  EXPECT_EQ(preferred("sin").back().reason, Reason::kFailover);
}

TEST_F(DeciderTest, DoesNotFlap) {
  round_trips_[{"ams", "was"}] = 9;
  run(5);
  changes_ = 0;
  run(300);
  EXPECT_EQ(changes_, 0);
}

TEST_F(DeciderTest, MovesWhenAWayGetsLong) {
  run(60);
  round_trips_[{"ams", "fra"}] += 150;
  run(10);
  EXPECT_EQ(order("ams").front(), "was");
  EXPECT_EQ(order("nyc").front(), "was");
  changes_ = 0;
  run(300);
  EXPECT_EQ(changes_, 0);
}

TEST_F(DeciderTest, LeavesADeadCoreWithinASecondAndComesBackSlowly) {
  run(20);
  dead_ = {"fra"};
  run(1);
  EXPECT_TRUE(routing_->edges.at("ams").front().down);
  EXPECT_THAT(shares("ams"), ElementsAre(Pair("was", 100)));
  EXPECT_EQ(preferred("ams").front().reason, Reason::kFailover);
  EXPECT_EQ(preferred("nyc").front().reason, Reason::kNearest);
  EXPECT_EQ(preferred("ams").back().zone, "fra") << "the last choice";
  EXPECT_TRUE(preferred("ams").back().down);
  dead_ = {};
  run(9);
  EXPECT_THAT(shares("ams"), ElementsAre(Pair("was", 100)));
  run(2.5);
  EXPECT_THAT(shares("ams"), ElementsAre(Pair("fra", 10), Pair("was", 90)));
  EXPECT_EQ(preferred("ams")[0].reason, Reason::kNearest);
  EXPECT_EQ(preferred("ams")[1].reason, Reason::kFailover);
  run(8);
  EXPECT_THAT(shares("ams"), ElementsAre(Pair("fra", 100)));
  EXPECT_THAT(order("ams"), ElementsAre("fra", "was", "tyo"));
}

TEST_F(DeciderTest, BelievesMostEdges) {
  run(20);
  cut_ = {{"ams", "fra"}};
  run(2);
  EXPECT_TRUE(routing_->edges.at("ams")[0].down);
  EXPECT_FALSE(routing_->edges.at("nyc")[1].down) << "only one edge says so";
  cut_ = {{"ams", "fra"}, {"nyc", "fra"}};
  run(2);
  for (const Candidate& each : routing_->edges.at("sin"))
    EXPECT_EQ(each.down, each.zone == "fra") << each.zone;
}

TEST_F(DeciderTest, DoesNotBelieveAnEdgeThatSeesNobody) {
  run(20);
  cut_ = {{"ams", "fra"}, {"ams", "was"}, {"ams", "tyo"}, {"nyc", "fra"}};
  run(2);
  EXPECT_FALSE(routing_->edges.at("sin")[1].down) << "one of the two others is no majority";
  for (const Preference& each : preferred("ams")) EXPECT_FALSE(each.down) << each.zone;
  EXPECT_EQ(preferred("ams").front().zone, "fra");
}

TEST_F(DeciderTest, SpillsWhatTheNearestCannotTake) {
  limit_shop(100);  // 100 in fra and tyo, 200 in was
  rates_ = {{"ams", 160}, {"nyc", 60}, {"sin", 10}};
  run(40);
  auto shares_of_ams = shares("ams");
  EXPECT_NEAR(shares_of_ams["fra"], 62, 4);
  EXPECT_NEAR(shares_of_ams["was"], 38, 4);
  EXPECT_EQ(preferred("ams")[1].reason, Reason::kSpill);
  EXPECT_THAT(shares("nyc"), ElementsAre(Pair("was", 100)));
  auto rates = decider_.rates({"ams", "default", "shop"}, now_);
  EXPECT_NEAR(rates["fra"].requests + rates["was"].requests, 160, 5);
}

TEST_F(DeciderTest, DoesNotOverloadOneThatComesBack) {
  limit_shop(100);
  rates_ = {{"ams", 90}, {"nyc", 60}, {"sin", 10}};
  run(30);
  dead_ = {"fra"};
  run(20);
  dead_ = {};
  for (int i = 0; i < 60; ++i) {
    run(0.5);
    double at_fra = 0;
    for (const auto& [edge, rate] : rates_) at_fra += rate * shares(edge)["fra"] / 100;
    EXPECT_LE(at_fra, 100 * 1.2);
  }
  EXPECT_NEAR(shares("ams")["fra"], 100, 3);
}

TEST_F(DeciderTest, GoesOnAfterARestartAsIfNothingHadBeen) {
  limit_shop(100);
  rates_ = {{"ams", 160}, {"nyc", 60}, {"sin", 10}};
  round_trips_[{"nyc", "was"}] = 300;
  run(60);
  dead_ = {"tyo"};
  run(5);
  Decider next;
  next.set(terrain_);
  next.remember(decider_.memory(), now_);
  RoutingPtr after = next.decide(now_);
  EXPECT_EQ(after->edges, routing_->edges);
  EXPECT_EQ(after->shares, routing_->shares);
  EXPECT_EQ(next.decide(now_ + 5 * kSecond)->shares, routing_->shares) << "no loads are known yet";
}

}  // namespace
}  // namespace clew::mesh
