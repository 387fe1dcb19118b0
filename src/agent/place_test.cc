#include "agent/place.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;

std::string resource_text(const SharedBytes& bytes, std::string_view key) {
  auto batch = otlp::Batch::index(bytes);
  EXPECT_TRUE(batch.has_value());
  auto value = batch->resource_of(batch->spans()[0]).attributes().find(key);
  return value ? value->text() : "(none)";
}

TEST(PlaceStamp, AddsWhatIsMissing) {
  PlaceStamp stamp({.datacenter = "fra1", .core_location = "fra"});
  SharedBytes stamped = stamp.stamp(batch_of({{.service = "checkout"}}));
  EXPECT_EQ(resource_text(stamped, "clew.datacenter"), "fra1");
  EXPECT_EQ(resource_text(stamped, "clew.core_location"), "fra");
  EXPECT_EQ(resource_text(stamped, "clew.edge"), "(none)");
  EXPECT_EQ(resource_text(stamped, "service.name"), "checkout");
}

TEST(PlaceStamp, NeverOverwrites) {
  SharedBytes once = PlaceStamp({.datacenter = "fra1"}).stamp(batch_of({{}}));
  SharedBytes twice = PlaceStamp({.datacenter = "was1"}).stamp(*otlp::Batch::index(once));
  EXPECT_EQ(resource_text(twice, "clew.datacenter"), "fra1");
  EXPECT_EQ(twice.view().data(), once.view().data());
}

TEST(PlaceStamp, KeepsEverySpan) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2, .service = "b"}, {.span = 3}});
  auto stamped = otlp::Batch::index(PlaceStamp({.host = "h"}).stamp(batch));
  ASSERT_TRUE(stamped.has_value());
  EXPECT_EQ(stamped->spans().size(), 3u);
}

}  // namespace
}  // namespace clew::agent
