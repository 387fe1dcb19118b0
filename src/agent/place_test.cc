#include "agent/place.h"

#include <gtest/gtest.h>

#include "agent/edit/editor.h"
#include "otlp/attribute_writer.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;

SharedBytes stamp(const Place& place, const SharedBytes& request) {
  return Editor({.normalize = false, .place = place}).edit(otlp::Signal::kTraces, request);
}

/// The attribute of the first span's resource, which must stand there once.
std::string resource_text(const SharedBytes& bytes, std::string_view key) {
  auto batch = otlp::Batch::index(bytes);
  EXPECT_TRUE(batch.has_value());
  std::string found = "(none)";
  for (otlp::Attribute attribute : batch->resource_of(batch->spans()[0]).attributes()) {
    if (attribute.key != key) continue;
    EXPECT_EQ(found, "(none)");
    found = attribute.value.text();
  }
  return found;
}

TEST(PlaceStamp, AddsWhatIsMissing) {
  SharedBytes stamped = stamp({.datacenter = "fra1", .core_location = "fra", .rack = "r12"},
                              batch_of({{.service = "checkout"}}).bytes());
  EXPECT_EQ(resource_text(stamped, "clew.datacenter"), "fra1");
  EXPECT_EQ(resource_text(stamped, "clew.core_location"), "fra");
  EXPECT_EQ(resource_text(stamped, "clew.rack"), "r12");
  EXPECT_EQ(resource_text(stamped, "clew.edge"), "(none)");
  EXPECT_EQ(resource_text(stamped, "service.name"), "checkout");
}

TEST(PlaceStamp, KeepsWhatIsThere) {
  SharedBytes once = stamp({.datacenter = "fra1"}, batch_of({{}}).bytes());
  SharedBytes twice = stamp({.datacenter = "was1"}, once);
  EXPECT_EQ(resource_text(twice, "clew.datacenter"), "fra1");
  EXPECT_EQ(twice.view().data(), once.view().data());
}

TEST(PlaceStamp, OverwritesWhenTold) {
  SharedBytes once = stamp({.datacenter = "fra1", .host = "a"}, batch_of({{}}).bytes());
  Place other{.datacenter = "was1-with-a-longer-name", .host = "a", .overwrite = true};
  SharedBytes twice = stamp(other, once);
  EXPECT_EQ(resource_text(twice, "clew.datacenter"), "was1-with-a-longer-name");
  EXPECT_EQ(resource_text(twice, "host.name"), "a");
  EXPECT_EQ(stamp(other, twice).view().data(), twice.view().data());
}

TEST(PlaceStamp, GivesAResourceToSpansWithoutOne) {
  std::string request, scope_spans;
  otlp::append_field(scope_spans, otlp::fields::scope_spans::kSpans, span_bytes({}));
  std::string group;
  otlp::append_field(group, otlp::fields::resource_spans::kScopeSpans, scope_spans);
  otlp::append_field(request, otlp::fields::request::kResourceSpans, group);
  SharedBytes stamped = stamp({.edge = "ams"}, SharedBytes::take(request));
  EXPECT_EQ(resource_text(stamped, "clew.edge"), "ams");
}

TEST(PlaceStamp, KeepsEverySpan) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2, .service = "b"}, {.span = 3}});
  auto stamped = otlp::Batch::index(stamp({.host = "h"}, batch.bytes()));
  ASSERT_TRUE(stamped.has_value());
  EXPECT_EQ(stamped->spans().size(), 3u);
}

}  // namespace
}  // namespace clew::agent
