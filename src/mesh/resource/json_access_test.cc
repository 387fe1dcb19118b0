#include "mesh/resource/json_access.h"

#include <gtest/gtest.h>

namespace clew::mesh {
namespace {

TEST(JsonAccess, ReadsBelowAPathAndDefaultsForTheRest) {
  Json json = {{"a", {{"b", 7}, {"c", "x"}, {"d", {1, 2}}}}, {"n", "12.5"}};
  EXPECT_EQ(number_at(json, "a.b", 0), 7);
  EXPECT_EQ(text_at(json, "a.c", "y"), "x");
  EXPECT_EQ(text_at(json, "a.b", "y"), "y");  // of another type: as if it were absent
  EXPECT_EQ(text_at(json, "a.c.e", "y"), "y");
  EXPECT_EQ(list_at(json, "a.d").size(), 2u);
  EXPECT_TRUE(list_at(json, "a.b").empty());
  EXPECT_EQ(real_at(json, "n", 0), 12.5);
  EXPECT_EQ(number_at(json, "a.c", 3), 3);
  EXPECT_TRUE(at(Json(5), "a").is_null());
}

TEST(JsonAccess, APortIsOneOrTheDefault) {
  Json json = {{"port", 80}, {"zero", 0}, {"large", 65536}, {"text", "443"}};
  EXPECT_EQ(port_at(json, "port"), 80);
  EXPECT_EQ(port_at(json, "text"), 443);
  for (const char* path : {"zero", "large", "absent"}) EXPECT_EQ(port_at(json, path, 9), 9) << path;
}

TEST(JsonAccess, DurationsAreWhatProtobufReads) {
  Json json = {{"a", "1m30s"}, {"b", "250ms"}, {"c", "1us"}, {"d", "soon"}};
  EXPECT_EQ(duration_at(json, "a"), "90s");
  EXPECT_EQ(duration_at(json, "b"), "0.250000000s");
  EXPECT_EQ(duration_at(json, "c"), "0.000001000s");
  EXPECT_EQ(duration_at(json, "d"), "");
  EXPECT_EQ(duration_at(json, "e"), "");
}

}  // namespace
}  // namespace clew::mesh
