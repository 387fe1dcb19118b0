#include "store/code_sets.h"

#include <gtest/gtest.h>

namespace clew::store {
namespace {

TEST(CodeSets, MeetWhereTheyHaveOneInCommon) {
  CodeSet some, others, literal;
  for (uint32_t code : {0u, 62u, 63u, 64u, 1000u}) some.insert(code);
  for (uint32_t code : {1u, 61u, 65u, 999u, 1001u, 5000u}) others.insert(code);
  literal.insert_literal();
  CodeSets sets;
  sets.add(some);
  sets.add({});
  sets.add(literal);
  sets.close();
  for (uint32_t code = 0; code < 1100; ++code) {
    CodeSet wanted;
    wanted.insert(code);
    bool is_there = code == 0 || (code >= 62 && code <= 64) || code == 1000;
    EXPECT_EQ(sets.meets(0, wanted), is_there) << code;
    EXPECT_FALSE(sets.meets(1, wanted));
    EXPECT_FALSE(sets.meets(2, wanted));
    EXPECT_FALSE(sets.meets(3, wanted)) << "it was not added";
  }
  EXPECT_FALSE(sets.meets(0, others));
  EXPECT_FALSE(sets.meets(0, literal));
  EXPECT_TRUE(sets.meets(2, literal));
  others.insert(64);
  EXPECT_TRUE(sets.meets(0, others));
}

TEST(CodeSets, ASetCanBeUsedAgain) {
  CodeSet set, wanted;
  set.insert(100);
  set.clear();
  set.insert(3);
  wanted.insert(100);
  CodeSets sets;
  sets.add(set);
  EXPECT_FALSE(sets.meets(0, wanted));
  wanted.insert(3);
  EXPECT_TRUE(sets.meets(0, wanted));
}

}  // namespace
}  // namespace clew::store
