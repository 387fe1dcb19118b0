#include "agent/observe/service_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "agent/observe/testing.h"
#include "base/metrics.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using namespace std::chrono_literals;
using otlp::SpanKind;
using otlp::StatusCode;
using testing::samples_of;

constexpr UnixNanos kNow = 1'700'000'000'000'000'000;
constexpr UnixNanos kMs = 1'000'000;

/// A service graph, its clock, and what it says.
struct Graph {
  explicit Graph(ServiceGraphOptions options = {})
      : observer({.service_graph = std::move(options)}, {}, clock) {}

  void observe(const std::vector<SpanSpec>& spans) { observer.observe(batch_of(spans)); }
  void wait(std::chrono::nanoseconds time) {
    clock.advance(time);
    observer.expire();
  }
  std::string requests() { return samples_of(observer, "traces_service_graph_request_total"); }

  ManualClock clock{kNow};
  Observer observer;
};

SpanSpec client(std::string service, uint64_t trace = 1) {
  return {.trace = trace,
          .span = 10,
          .service = std::move(service),
          .kind = SpanKind::kClient,
          .duration = 30 * kMs};
}

SpanSpec server(std::string service, uint64_t trace = 1) {
  return {.trace = trace,
          .span = 11,
          .parent = 10,
          .service = std::move(service),
          .kind = SpanKind::kServer,
          .duration = 20 * kMs};
}

std::string request(std::string_view from, std::string_view to, std::string_view connection,
                    int count, bool failed = false) {
  return fmt::format(
      "traces_service_graph_request_total{{client=\"{}\",server=\"{}\","
      "connection_type=\"{}\",failed=\"{}\"}} {}\n",
      from, to, connection, failed, count);
}

TEST(ServiceGraph, AClientSpanAndItsServerSpanAreARequestInWhicheverOrderTheyCome) {
  Graph graph;
  graph.observe({client("shop", 1), server("cart", 1)});
  graph.observe({server("cart", 2)});
  graph.observe({client("shop", 2)});
  EXPECT_EQ(graph.requests(), request("shop", "cart", "", 2));
}

TEST(ServiceGraph, IsNamedAsTheCollectorNamesIt) {
  Graph graph(
      {.shape = {.unit = DurationUnit::kSeconds, .bounds = {25 * kMs}}, .instance_id = "fra1"});
  SpanSpec failed = server("cart");
  failed.status = StatusCode::kError;
  graph.observe({client("shop"), failed});
  std::string labels = R"({client="shop",server="cart",connection_type="",failed="true",)"
                       R"(collector_instance_id="fra1")";
  std::string name = "traces_service_graph_request_";
  EXPECT_EQ(samples_of(graph.observer),
            name + "client_seconds_bucket" + labels + ",le=\"+Inf\"} 1\n" + name +
                "client_seconds_bucket" + labels + ",le=\"0.025\"} 0\n" + name +
                "client_seconds_count" + labels + "} 1\n" + name + "client_seconds_sum" + labels +
                "} 0.03\n" + name + "failed_total" + labels + "} 1\n" + name +
                "server_seconds_bucket" + labels + ",le=\"+Inf\"} 1\n" + name +
                "server_seconds_bucket" + labels + ",le=\"0.025\"} 1\n" + name +
                "server_seconds_count" + labels + "} 1\n" + name + "server_seconds_sum" + labels +
                "} 0.02\n" + name + "total" + labels + "} 1\n");
}

TEST(ServiceGraph, ProducersAndConsumersAreAMessagingSystem) {
  Graph graph;
  SpanSpec producer = client("shop"), consumer = server("mail");
  producer.kind = SpanKind::kProducer;
  consumer.kind = SpanKind::kConsumer;
  graph.observe({producer, consumer});
  EXPECT_EQ(graph.requests(), request("shop", "mail", "messaging_system", 1));
}

TEST(ServiceGraph, ADatabaseSendsNoSpansAndIsKnownAtOnce) {
  Graph graph;
  SpanSpec query = client("shop");
  query.attributes = {{"db.name", "orders"}};
  graph.observe({query});
  EXPECT_EQ(graph.requests(), request("shop", "orders", "database", 1));
}

TEST(ServiceGraph, WhoNeverAnswersIsAVirtualNode) {
  Graph graph;
  SpanSpec to_peer = client("shop", 1);
  to_peer.attributes = {{"db.system", "redis"}, {"peer.service", "cache"}};
  SpanSpec root = server("edge", 3), inner = server("cart", 4);
  root.parent = 0;
  graph.observe({to_peer, client("shop", 2), root, inner});
  graph.wait(10s - 1ns);
  EXPECT_EQ(graph.requests(), "");
  graph.wait(1ns);
  EXPECT_EQ(graph.requests(), request("shop", "cache", "virtual_node", 1) +
                                  request("shop", "unknown", "virtual_node", 1) +
                                  request("user", "edge", "virtual_node", 1));
}

TEST(ServiceGraph, WithoutPeerAttributesThereAreNoVirtualNodes) {
  Graph graph({.peer_attributes = {}});
  graph.observe({client("shop")});
  graph.wait(1min);
  EXPECT_EQ(graph.requests(), "");
}

TEST(ServiceGraph, SaysWhichSideIsVirtualIfAsked) {
  Graph graph({.virtual_node_label = true});
  SpanSpec root = server("edge");
  root.parent = 0;
  graph.observe({root, client("shop")});
  graph.wait(1min);
  std::string requests = graph.requests();
  EXPECT_NE(requests.find("client=\"user\",server=\"edge\",connection_type=\"virtual_node\","
                          "failed=\"false\",virtual_node=\"client\""),
            std::string::npos);
  EXPECT_NE(requests.find("failed=\"false\",virtual_node=\"server\""), std::string::npos);
}

TEST(ServiceGraph, SplitsEdgesByTheDimensionsOfBothSides) {
  Graph graph({.dimensions = {"zone", "tier"}});
  SpanSpec from = client("shop"), to = server("cart");
  from.attributes = {{"zone", "a"}};
  to.attributes = {{"zone", "b"}, {"tier", "1"}};
  graph.observe({from, to});
  EXPECT_EQ(
      graph.requests(),
      "traces_service_graph_request_total{client=\"shop\",server=\"cart\",connection_type=\"\","
      "failed=\"false\",client_zone=\"a\",server_zone=\"b\",server_tier=\"1\"} 1\n");
}

TEST(ServiceGraph, LeavesOutWhatItHasNoRoomFor) {
  Graph graph({.max_items = 3, .peer_attributes = {}});
  auto& dropped = metrics::counter("clew_connector_servicegraph_dropped_spans_total",
                                   "Spans left out of the service graph: too many waited");
  double before = dropped.Value();
  for (uint64_t trace = 1; trace <= 5; ++trace) graph.observe({client("shop", trace)});
  EXPECT_EQ(dropped.Value() - before, 2);
  for (uint64_t trace = 1; trace <= 3; ++trace) graph.observe({server("cart", trace)});
  EXPECT_EQ(graph.requests(), request("shop", "cart", "", 3));
  graph.observe({client("shop", 6)});
  EXPECT_EQ(dropped.Value() - before, 2);  // there is room again
}

TEST(ServiceGraph, CountsEdgesPastTheLimitAsOverflow) {
  Graph graph({.max_series = 2});
  for (uint64_t i = 1; i <= 5; ++i)
    graph.observe({client("c" + std::to_string(i), i), server("s", i)});
  std::string requests = graph.requests();
  EXPECT_EQ(std::ranges::count(requests, '\n'), 3);
  EXPECT_NE(requests.find("{otel_metric_overflow=\"true\"} 3\n"), std::string::npos);
}

TEST(ServiceGraph, WhatWaitsIsGivenUpWhenTheClockIsSetBack) {
  Graph graph({.max_items = 3, .peer_attributes = {}});
  for (uint64_t trace = 1; trace <= 3; ++trace) graph.observe({client("shop", trace)});
  graph.wait(-6h);
  graph.observe({client("shop", 4), server("cart", 4)});
  EXPECT_EQ(graph.requests(), request("shop", "cart", "", 1));
}

TEST(ServiceGraph, AnEdgeWithoutRequestsGoes) {
  Graph graph;
  graph.observe({client("shop"), server("cart")});
  graph.wait(15min - 1ns);
  EXPECT_NE(graph.requests(), "");
  graph.wait(1ns);
  EXPECT_EQ(graph.requests(), "");
}

TEST(ServiceGraph, FindsEveryPairHoweverManyThreadsBringThem) {
  constexpr uint64_t kTraces = 4000;
  std::vector<SpanSpec> spans;
  for (uint64_t trace = 1; trace <= kTraces; ++trace) {
    spans.push_back(client(trace % 2 ? "odd" : "even", trace));
    spans.push_back(server("cart", trace));
  }
  std::mt19937_64 random(5);
  std::ranges::shuffle(spans, random);
  Graph graph;
  {
    std::vector<std::jthread> threads;
    constexpr size_t kThreads = 4;
    for (size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        size_t share = spans.size() / kThreads;
        for (size_t at = i * share; at < (i + 1) * share; at += 100)
          graph.observe({spans.begin() + long(at), spans.begin() + long(at + 100)});
      });
  }
  EXPECT_EQ(graph.requests(),
            request("even", "cart", "", kTraces / 2) + request("odd", "cart", "", kTraces / 2));
}

}  // namespace
}  // namespace clew::agent
