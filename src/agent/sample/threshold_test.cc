#include "agent/sample/threshold.h"

#include <gtest/gtest.h>

namespace clew::agent {
namespace {

struct ProbabilityVector {
  double probability;
  int precision;
  std::string_view threshold;
};

// Asserted by the collector's pkg/sampling, or rows of the table in OpenTelemetry's specification.
constexpr ProbabilityVector kProbabilities[] = {
    {0.01, 14, "fd70a3d70a3d71"},
    {0.01, 3, "fd71"},
    {0.01, 4, "fd70a"},
    {0.01, 5, "fd70a4"},
    {0.4, 3, "99a"},
    {0.4, 6, "99999a"},
    {0.2, 6, "cccccd"},
    {1.0 / 3, 3, "aab"},
    {1.0 / 3, 4, "aaab"},
    {1.0 / 3, 5, "aaaab"},
    {0.1, 3, "e66"},
    {0.1, 4, "e666"},
    {0.1, 5, "e6666"},
    {0.001, 3, "ffbe7"},
    {0.001, 4, "ffbe77"},
    {0.001, 5, "ffbe76d"},
    {0.0010000000149011613, 4, "ffbe77"},
    {1e-6, 3, "ffffef4"},
    {1e-6, 4, "ffffef39"},
    {1e-6, 5, "ffffef391"},
    {0.25, 4, "c"},
    {0.5, 4, "8"},
    {1, 4, "0"},
    {0x1p-14, 4, "fffc"},
    {0x1p-28, 4, "fffffff"},
    {0x1p-56, 4, "ffffffffffffff"},
};

TEST(Threshold, OfAProbabilityIsTheCollectors) {
  for (const ProbabilityVector& vector : kProbabilities) {
    auto threshold = threshold_of(vector.probability, vector.precision);
    ASSERT_TRUE(threshold.has_value());
    EXPECT_EQ(threshold_text(*threshold), vector.threshold)
        << vector.probability << " to " << vector.precision;
  }
}

TEST(Threshold, OfAPercentageStandsOnItsFloat32) {
  double almost_one = probability_of_percent((1 - 8e-7) * 100);
  EXPECT_EQ(threshold_text(threshold_of(almost_one, 10).value()), "00000cccccccd");
  EXPECT_EQ(probability_of_percent(200), 1);
}

TEST(Threshold, OfNoProbabilityIsAnError) {
  for (double probability : {0.0, -0.5, 1.5, 0x1p-57, std::nan("")})
    EXPECT_FALSE(threshold_of(probability, 4).has_value()) << probability;
}

TEST(Threshold, TextLeavesOutZerosAtTheEnd) {
  EXPECT_EQ(threshold_text(0), "0");
  EXPECT_EQ(parse_threshold("8").value(), 0x80000000000000u);
  EXPECT_EQ(parse_threshold("0").value(), 0u);
  EXPECT_EQ(threshold_text(parse_threshold("C000").value()), "c");
  EXPECT_EQ(probability_of(parse_threshold("c").value()), 0.25);
}

TEST(Threshold, TextOfAnotherFormIsRefused) {
  EXPECT_FALSE(parse_threshold("").has_value());
  EXPECT_FALSE(parse_threshold("xyz").has_value());
  EXPECT_FALSE(parse_threshold("-8").has_value());
  EXPECT_TRUE(parse_threshold("fffffffffffff8").has_value());
  EXPECT_EQ(parse_threshold("fffffffffffff80").error().message,
            "t-value exceeds 14 hex digits: \"fffffffffffff80\"");
}

TEST(Randomness, IsTheLowSevenBytesOfATraceId) {
  auto of = [](std::string_view id) {
    return randomness_text(randomness_of(TraceId::from_hex(id).value()));
  };
  EXPECT_EQ(of("00000000000000000000000000000001"), "00000000000001");
  EXPECT_EQ(of("0af7651916cd43dd8448eb211c80319c"), "48eb211c80319c");
  EXPECT_EQ(of("4bf92f3577b34da6a3ce929d0e0e4736"), "ce929d0e0e4736");
  EXPECT_EQ(of("5b8efff798038103d269b633813fc60c"), "69b633813fc60c");
  EXPECT_EQ(of("fefefefefefefefefe80000000000000"), "80000000000000");
  EXPECT_EQ(of("ffffffffffffffffffffffffffffffff"), "ffffffffffffff");
}

TEST(Randomness, TextHasFourteenDigits) {
  EXPECT_EQ(parse_randomness("FD70a3d70a3d71").value(), 0xfd70a3d70a3d71u);
  for (std::string_view text : {"", "fd70a3d70a3d7", "fd70a3d70a3d711", "gd70a3d70a3d71"})
    EXPECT_EQ(parse_randomness(text).error().message,
              fmt::format("r-value must have 14 hex digits: \"{}\"", text));
}

TEST(KeepShare, GivesUpTheTracesOfLowestRandomness) {
  constexpr uint64_t kTop = kKeepNone - 1;
  Threshold half = 0x80000000000000;
  EXPECT_EQ(keep_share(half, 1, kTop), half);
  EXPECT_NEAR(probability_of(keep_share(half, 0.5, kTop)), 0.25, 1e-9);
  EXPECT_NEAR(probability_of(keep_share(half, 0.01, kTop)), 0.005, 1e-9);
  EXPECT_LE(keep_share(half, 0, kTop), kTop);  // of the very last trace there is always a rest
  EXPECT_EQ(keep_share(kKeepNone, 0.5, kTop), kKeepNone);
  EXPECT_GT(keep_share(0, 0, UINT64_MAX), UINT64_MAX - 1000);
}

}  // namespace
}  // namespace clew::agent
