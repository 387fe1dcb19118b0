#include "agent/sample/hash_seed.h"

#include <gtest/gtest.h>

#include "agent/sample/hash_seed_murmur3.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using otlp::testing::trace_id;

// What the collector's own code gives: hash, bucket and rv of hash_seed, hash and bucket of the
// murmur3 that it used before January 2023.
struct Vector {
  uint32_t seed;
  std::string_view id;
  uint32_t fnv1a;
  uint32_t bucket;
  Randomness randomness;
  uint32_t murmur3;
  uint32_t murmur3_bucket;
};

constexpr Vector kVectors[] = {
    {0, "00000000000000000000000000000000", 0xb9fee455, 9301, 0x6ea82e749fe455, 0x8134cdf8, 3576},
    {0, "00000000000000000000000000000001", 0xb8fee2c2, 8898, 0x74f42e348fe2c2, 0xa1265bc3, 7107},
    {0, "0af7651916cd43dd8448eb211c80319c", 0x810d5de4, 7652, 0x886c204b10dde4, 0xc5cee5a1, 9633},
    {0, "4bf92f3577b34da6a3ce929d0e0e4736", 0x3420408d, 141, 0xfdc80d0b42008d, 0x39975768, 5992},
    {0, "5b8efff798038103d269b633813fc60c", 0x245dd6df, 5855, 0xa480091545d6df, 0xc6b51394, 5012},
    {0, "fefefefefefefefefe80000000000000", 0xd413402b, 43, 0xff50350941002b, 0x401bb589, 13705},
    {0, "ffffffffffffffffffffffffffffffff", 0x291a1545, 5445, 0xaae80a44919545, 0xe519346e, 13422},
    {22, "00000000000000000000000000000000", 0x7a3deec3, 11971, 0x44f01e88a3eec3, 0x6ef5ef08,
     12040},
    {22, "00000000000000000000000000000001", 0x793ded30, 11568, 0x4b3c1e4893ed30, 0x86b87a7f,
     14975},
    {22, "0af7651916cd43dd8448eb211c80319c", 0x1032c19e, 414, 0xf984040d03019e, 0x3500540b, 5131},
    {22, "4bf92f3577b34da6a3ce929d0e0e4736", 0x5610306b, 12395, 0x3e50158161306b, 0x7d22b8c7,
     14535},
    {22, "5b8efff798038103d269b633813fc60c", 0xa2a64cc9, 3273, 0xccd828a32a4cc9, 0xa7f18fe5, 4069},
    {22, "fefefefefefefefefe80000000000000", 0x6f568bbd, 3005, 0xd1081bd3f54bbd, 0x383fd52a, 5418},
    {22, "ffffffffffffffffffffffffffffffff", 0x03b425b3, 9651, 0x693000ed3b65b3, 0xdbf9b8c5, 14533},
    {4312, "00000000000000000000000000000000", 0x2b9427dd, 10205, 0x60880ae7b967dd, 0x23d58273,
     627},
    {4312, "00000000000000000000000000000001", 0x2a94264a, 9802, 0x66d40aa7a9664a, 0xf878ecac,
     11436},
    {4312, "0af7651916cd43dd8448eb211c80319c", 0x32fd068c, 1676, 0xe5cc0cbc2fc68c, 0x27736b39,
     11065},
    {4312, "4bf92f3577b34da6a3ce929d0e0e4736", 0x72442255, 8789, 0x76a81c96246255, 0xdccf82d6, 726},
    {4312, "5b8efff798038103d269b633813fc60c", 0xb0666317, 8983, 0x73a02c12066317, 0xf590ea33,
     10803},
    {4312, "fefefefefefefefefe80000000000000", 0x2a3105a3, 1443, 0xe9700a8ea305a3, 0x16758164, 356},
    {4312, "ffffffffffffffffffffffffffffffff", 0x714c84cd, 1229, 0xecc81c5414c4cd, 0x26885f63,
     8035},
};

// Trace IDs that 1 % keeps.
struct Kept {
  uint32_t seed;
  std::string_view id;
  uint32_t bucket;
};

constexpr Kept kKeptByHashSeed[] = {
    {0, "ec5decca5ed3d6b8079e2e7e7bacc9f2", 140}, {0, "7eabe3a1649ffa2b3ff8c02ebfd5659f", 145},
    {0, "45fbc6d3e05ebd93369ce542e8f2322d", 106}, {22, "eccbc87e4b5ce2fe28308fd9f2a7baf3", 31},
    {22, "54229abfcfa5649e7003b83dd4755294", 39}, {22, "502e4a16930e414107ee22b6198c578f", 68},
};

constexpr Kept kKeptByMurmur3[] = {
    {0, "f7664060cc52bc6f3d620bcedc94a4b6", 43},  {0, "b337e84de8752b27eda3a12363109e80", 65},
    {0, "d58072be2820e8682c0a27c0518e805e", 94},  {22, "903ce9225fca3e988c2af215d4e544d3", 51},
    {22, "6f3ef77ac0e3619e98159e9b6febf557", 23}, {22, "be83ab3ecd0db773eb2dc1b0a17836a1", 36},
};

// Percentage, buckets kept, th.
struct RateVector {
  double percentage;
  uint32_t kept;
  std::string_view threshold;
};

constexpr RateVector kRates[] = {
    {0.01, 1, "fffc"},         {0.1, 16, "ffc"},     {1, 163, "fd74"}, {5, 819, "f334"},
    {10, 1638, "e668"},        {15.3, 2506, "d8d8"}, {25, 4096, "c"},  {33.33, 5460, "aab"},
    {33.333333, 5461, "aaac"}, {50, 8192, "8"},      {75, 12288, "4"}, {100, 16384, "0"},
    {150, 16384, "0"},
};

template <typename Sampler>
bool keeps(const Sampler& sampler, const TraceId& id, double percentage) {
  return HashBuckets::bucket(sampler.hash(id)) < HashBuckets::kept(percentage);
}

TEST(HashSeed, AgreesWithTheCollector) {
  for (const Vector& vector : kVectors) {
    SCOPED_TRACE(vector.id);
    HashSeed sampler(vector.seed);
    TraceId id = TraceId::from_hex(vector.id).value();
    EXPECT_EQ(sampler.hash(id), vector.fnv1a);
    EXPECT_EQ(HashBuckets::bucket(sampler.hash(id)), vector.bucket);
    EXPECT_EQ(sampler.randomness(id), vector.randomness);
    EXPECT_EQ(keeps(sampler, id, 1), vector.bucket < 163);
  }
}

TEST(HashSeed, KeepsTheTracesThatTheCollectorKeepsAtOnePercent) {
  for (const Kept& kept : kKeptByHashSeed) {
    TraceId id = TraceId::from_hex(kept.id).value();
    EXPECT_EQ(HashBuckets::bucket(HashSeed(kept.seed).hash(id)), kept.bucket);
    EXPECT_TRUE(keeps(HashSeed(kept.seed), id, 1));
  }
}

TEST(HashSeed, HashesThePaddedFormOfZipkinsShortIds) {
  TraceId padded = TraceId::from_hex("48485a3953bb6124").value();
  EXPECT_EQ(HashBuckets::bucket(HashSeed(0).hash(padded)), 14207u);  // unpadded it were 2143
}

TEST(HashSeed, KeepsItsShareOfSequentialIds) {
  size_t kept = 0;
  for (uint64_t i = 1; i <= 200'000; ++i) kept += keeps(HashSeed(0), trace_id(i), 1);
  EXPECT_NEAR(static_cast<double>(kept) / 200'000, 0.00995, 0.0005);
}

TEST(HashSeedMurmur3, AgreesWithTheReference) {
  EXPECT_EQ(murmur3_32("", 1), 0x514e28b7u);
  EXPECT_EQ(murmur3_32("test", 0), 0xba6bd213u);
}

TEST(HashSeedMurmur3, AgreesWithTheCollectorBefore2023) {
  for (const Vector& vector : kVectors) {
    SCOPED_TRACE(vector.id);
    HashSeedMurmur3 sampler(vector.seed);
    TraceId id = TraceId::from_hex(vector.id).value();
    EXPECT_EQ(sampler.hash(id), vector.murmur3);
    EXPECT_EQ(HashBuckets::bucket(sampler.hash(id)), vector.murmur3_bucket);
  }
  for (const Kept& kept : kKeptByMurmur3) {
    TraceId id = TraceId::from_hex(kept.id).value();
    EXPECT_EQ(HashBuckets::bucket(HashSeedMurmur3(kept.seed).hash(id)), kept.bucket);
    EXPECT_TRUE(keeps(HashSeedMurmur3(kept.seed), id, 1));
  }
}

TEST(HashBuckets, TruncateAPercentageAsTheCollectorDoes) {
  for (const RateVector& rate : kRates) {
    EXPECT_EQ(HashBuckets::kept(rate.percentage), rate.kept) << rate.percentage;
    EXPECT_EQ(threshold_text(HashBuckets::threshold(rate.kept)), rate.threshold);
  }
  EXPECT_EQ(HashBuckets::kept(0.001), 0u);
  EXPECT_EQ(HashBuckets::threshold(0), kKeepNone);
}

TEST(HashBuckets, RandomnessAndThresholdDecideAsBucketsDo) {
  for (uint64_t i = 1; i <= 20'000; ++i) {
    uint32_t hash = HashSeed(22).hash(trace_id(i, i * 0x9e3779b97f4a7c15));
    for (uint32_t kept : {0u, 1u, 163u, 8192u, 16384u})
      ASSERT_EQ(HashBuckets::threshold(kept) <= HashBuckets::randomness(hash),
                HashBuckets::bucket(hash) < kept);
    ASSERT_TRUE(HashBuckets::is_randomness(HashBuckets::randomness(hash)));
    ASSERT_FALSE(HashBuckets::is_randomness(HashBuckets::randomness(hash) ^ uint64_t{1} << i % 56));
  }
}

}  // namespace
}  // namespace clew::agent
