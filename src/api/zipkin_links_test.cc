#include "api/zipkin_links.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using otlp::SpanKind;
using otlp::StatusCode;
using Links = ZipkinLinkCounter::Links;

constexpr ZipkinRange kAlways{0, UINT64_MAX};

Links links_of(const std::vector<SpanSpec>& trace, ZipkinRange range = kAlways) {
  ZipkinLinkCounter counter(range);
  counter.add(batch_of(trace));
  return counter.links();
}

std::vector<std::string> shared() {
  return {key_value("zipkin.shared", any_bool(true))};
}

TEST(ZipkinLinks, ACallOfWhatSendsNothingIsCounted) {
  EXPECT_EQ(links_of({{.service = "Shop",
                       .kind = SpanKind::kClient,
                       .status = StatusCode::kError,
                       .attributes = {{"peer.service", "DB"}}}}),
            (Links{{{"shop", "db"}, {1, 1}}}));
  EXPECT_EQ(links_of({{.service = "shop", .kind = SpanKind::kClient}}), Links{});
}

TEST(ZipkinLinks, AServersNameWinsOverWhatItsClientCallsIt) {
  SpanSpec client{.span = 2,
                  .service = "edge",
                  .kind = SpanKind::kClient,
                  .attributes = {{"peer.service", "proxy"}, {"error", ""}}};
  SpanSpec server{.span = 3, .parent = 2, .service = "shop"};
  EXPECT_EQ(links_of({client, server}), (Links{{{"edge", "shop"}, {1, 1}}}));
  SpanSpec same_id{.span = 2, .service = "shop", .extra_key_values = shared()};
  EXPECT_EQ(links_of({client, same_id}), (Links{{{"edge", "shop"}, {1, 0}}}));
  same_id.extra_key_values = {};  // it is shared although it does not say so
  EXPECT_EQ(links_of({client, same_id}), (Links{{{"edge", "shop"}, {1, 0}}}));
}

TEST(ZipkinLinks, WhatIsWithinAServiceIsNoCall) {
  EXPECT_EQ(links_of({{.span = 1, .service = "edge"},
                      {.span = 2, .parent = 1, .service = "edge", .kind = SpanKind::kInternal},
                      {.span = 3, .parent = 2, .service = "shop"}}),
            (Links{{{"edge", "shop"}, {1, 0}}}));
}

TEST(ZipkinLinks, AMissingHopIsFilledIn) {
  EXPECT_EQ(links_of({{.span = 1, .service = "edge"},
                      {.span = 3,
                       .parent = 1,
                       .service = "shop",
                       .kind = SpanKind::kClient,
                       .attributes = {{"peer.service", "db"}, {"error", "late"}}}}),
            (Links{{{"edge", "shop"}, {1, 0}}, {{"shop", "db"}, {1, 1}}}));
}

TEST(ZipkinLinks, MessagesGoThroughTheirBroker) {
  EXPECT_EQ(links_of({{.span = 1,
                       .service = "shop",
                       .kind = SpanKind::kProducer,
                       .attributes = {{"peer.service", "kafka"}}},
                      {.span = 2,
                       .parent = 1,
                       .service = "mail",
                       .kind = SpanKind::kConsumer,
                       .attributes = {{"peer.service", "kafka"}}},
                      {.span = 3, .parent = 1, .service = "log", .kind = SpanKind::kConsumer}}),
            (Links{{{"kafka", "mail"}, {1, 0}}, {{"shop", "kafka"}, {1, 0}}}));
}

TEST(ZipkinLinks, ASpanSentInPiecesIsOne) {
  SpanSpec piece{.service = "shop", .kind = SpanKind::kClient};
  SpanSpec rest = piece;
  rest.kind = SpanKind::kUnspecified;
  rest.attributes = {{"peer.service", "db"}};
  EXPECT_EQ(links_of({piece, rest, piece}), (Links{{{"shop", "db"}, {1, 0}}}));
}

TEST(ZipkinLinks, ChildrenOfASharedIdAreTheirServers) {
  EXPECT_EQ(links_of({{.span = 1, .service = "edge", .kind = SpanKind::kClient},
                      {.span = 1, .service = "one", .extra_key_values = shared()},
                      {.span = 1, .service = "two", .extra_key_values = shared()},
                      {.span = 2, .parent = 1, .service = "three"},
                      {.span = 3,
                       .parent = 1,
                       .service = "two",
                       .kind = SpanKind::kUnspecified,
                       .attributes = {{"peer.service", "db"}}}}),
            (Links{{{"edge", "one"}, {1, 0}},
                   {{"edge", "three"}, {1, 0}},
                   {{"edge", "two"}, {1, 0}},
                   {{"two", "db"}, {1, 0}}}));
}

TEST(ZipkinLinks, SpansThatAreEachOthersParentsAreLeftOut) {
  EXPECT_EQ(links_of({{.span = 1, .parent = 2, .service = "one"},
                      {.span = 2, .parent = 1, .service = "two"},
                      {.span = 3, .parent = 3, .service = "three"}}),
            Links{});
}

TEST(ZipkinLinks, ATraceCountsWhenItBegins) {
  SpanSpec root{.service = "edge", .kind = SpanKind::kClient, .start = 2000};
  root.attributes = {{"peer.service", "db"}};
  SpanSpec early{
      .span = 2, .parent = 1, .service = "edge", .kind = SpanKind::kInternal, .start = 1};
  for (auto [from, to, count] : {std::tuple{2000, 2000, 1u}, {0, 1999, 0u}, {2001, 3000, 0u}}) {
    ZipkinRange range{static_cast<UnixNanos>(from), static_cast<UnixNanos>(to)};
    EXPECT_EQ(
        links_of({{.span = 3, .parent = 1, .service = "shop", .start = 2500}, early, root}, range)
            .size(),
        count);
  }
  root.start = 0;
  EXPECT_EQ(links_of({root}), Links{});
}

}  // namespace
}  // namespace clew::api
