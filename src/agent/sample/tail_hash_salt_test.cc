#include "agent/sample/tail_hash_salt.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

struct HashVector {
  std::string_view id;
  uint64_t hash;
};

// With the default salt.
constexpr HashVector kHashes[] = {
    {"00000000000000000000000000000000", 0xe19536eed1bbac3d},
    {"00000000000000000000000000000001", 0xe19535eed1bbaa8a},
    {"0af7651916cd43dd8448eb211c80319c", 0x33bf83d45f51634c},
    {"4bf92f3577b34da6a3ce929d0e0e4736", 0xa54533ba2e4970b5},
    {"5b8efff798038103d269b633813fc60c", 0x95f176d291b1d3f7},
    {"fefefefefefefefefe80000000000000", 0xf59ef589779ab643},
    {"ffffffffffffffffffffffffffffffff", 0x17bec3739634fe2d},
    {"000000000000000048485a3953bb6124", 0xb1ba91cd557fa617},
    // Kept at 1 %:
    {"c81e728d9d4c2f636f067f89cc14862c", 0x0212f06b2e895346},
    {"c16a5320fa475530d9583c34fd356ef5", 0x00dd31f0b61b1469},
    {"76dc611d6ebaafc66cc0879c71b5db5c", 0x01a7f7a1ff141d66},
    {"bd4c9ab730f5513206b999ec0d90d1fb", 0x00c19ec6c57be89e},
};

struct RateVector {
  double percentage;
  uint64_t highest_kept;
};

constexpr RateVector kRates[] = {
    {0, 0},
    {0.1, 18446744073709551u},
    {1, 184467440737095519u},
    {5, 922337203685477631u},
    {10, 1844674407370955263u},
    {25, 4611686018427387903u},
    {50, 9223372036854775807u},
    {100, 18446744073709551615u},
    {101, 18446744073709551615u},
};

TEST(TailHashSalt, HashesAsTheCollectorsTailSampling) {
  TailHashSalt sampler("");
  for (const HashVector& vector : kHashes)
    EXPECT_EQ(sampler.hash(TraceId::from_hex(vector.id).value()), vector.hash) << vector.id;
  EXPECT_EQ(TailHashSalt("default-hash-seed").hash(TraceId{}), sampler.hash(TraceId{}));
  EXPECT_NE(TailHashSalt("fra1").hash(TraceId{}), sampler.hash(TraceId{}));
}

TEST(TailHashSalt, RoundsAPercentageAsTheCollectorsTailSampling) {
  for (const RateVector& rate : kRates)
    EXPECT_EQ(TailHashSalt::highest_kept(rate.percentage), rate.highest_kept) << rate.percentage;
}

TEST(TailHashSalt, KeepsWhatTheCollectorKeeps) {
  auto keeps = [](std::string_view id, double percentage) {
    return TailHashSalt("").hash(TraceId::from_hex(id).value()) <=
           TailHashSalt::highest_kept(percentage);
  };
  EXPECT_TRUE(keeps("c81e728d9d4c2f636f067f89cc14862c", 1));
  EXPECT_TRUE(keeps("bd4c9ab730f5513206b999ec0d90d1fb", 1));
  EXPECT_FALSE(keeps("ffffffffffffffffffffffffffffffff", 1));
  EXPECT_TRUE(keeps("ffffffffffffffffffffffffffffffff", 10));
  EXPECT_FALSE(keeps("0af7651916cd43dd8448eb211c80319c", 10));
  EXPECT_TRUE(keeps("0af7651916cd43dd8448eb211c80319c", 50));
  EXPECT_FALSE(keeps("4bf92f3577b34da6a3ce929d0e0e4736", 50));
}

TEST(TailHashSalt, KeepsNoneOfSequentialIdsAsTheCollector) {
  TailHashSalt sampler("");
  uint64_t highest = TailHashSalt::highest_kept(1);
  size_t kept = 0;
  for (uint64_t i = 0; i < 200'000; ++i)
    kept += sampler.hash(otlp::testing::trace_id(i)) <= highest;
  EXPECT_EQ(kept, 0u);
}

}  // namespace
}  // namespace clew::agent
