#include "receive/jaeger_endpoint.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "net/encoding.h"
#include "net/http_testing.h"
#include "receive/jaeger_testing.h"
#include "receive/recording_sink.h"

namespace clew::receive {
namespace {

using net::testing::HttpAnswer;

testing::jaeger::Batch batch_of_one() {
  testing::jaeger::Batch batch;
  batch.mutable_process()->set_service_name("shop");
  auto* span = batch.add_spans();
  span->set_trace_id("16 octets of it.");
  span->set_span_id("8 octets");
  span->set_operation_name("GET /");
  return batch;
}

class JaegerEndpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::HttpRoutes routes;
    add_jaeger_http(routes, sink_.sink());
    auto server = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
  }

  HttpAnswer post(std::string_view body, net::HttpFields headers = {},
                  std::string type = "application/x-thrift") {
    headers.emplace_back("Content-Type", type);
    return net::testing::HttpClient(server_->port()).post("/api/traces", headers, body);
  }

  static double requests(const std::string& transport, const std::string& outcome) {
    return metrics::counter(
               "clew_receiver_requests_total", "",
               {{"receiver", "jaeger"}, {"transport", transport}, {"outcome", outcome}})
        .Value();
  }

  std::string thrift_ = testing::BinaryJaeger::batch(batch_of_one());
  testing::RecordingSink sink_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(JaegerEndpointTest, TakesThriftOfBothTypesAndCompressed) {
  HttpAnswer answer = post(thrift_, {{"X-Scope-OrgID", "team-a"}});
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(post(thrift_, {}, "application/vnd.apache.thrift.binary; charset=utf-8").status, 202);
  std::string gzip(net::encode_content("gzip", SharedBytes::copy(thrift_)).value().view());
  EXPECT_EQ(post(gzip, {{"Content-Encoding", "gzip"}}).status, 202);
  ASSERT_EQ(sink_.received().size(), 3u);
  EXPECT_EQ(sink_.received()[0].first, "team-a");
  otlp::Batch batch = sink_.received()[2].second;
  EXPECT_EQ(batch.decode(batch.spans()[0]).name, "GET /");
}

TEST_F(JaegerEndpointTest, DamageAndOtherFormsAreRefused) {
  EXPECT_EQ(post(thrift_.substr(0, 20)).status, 400);
  EXPECT_EQ(post(thrift_, {}, "application/json").status, 415);
  EXPECT_TRUE(sink_.received().empty());
}

TEST_F(JaegerEndpointTest, AnOverloadedSinkIsTold) {
  sink_.refuse_with(Error{Code::kUnavailable, "full", std::chrono::milliseconds(2500)});
  HttpAnswer answer = post(thrift_);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "full\n");
  EXPECT_TRUE(answer.has("retry-after: 3")) << answer.head;
}

TEST_F(JaegerEndpointTest, PacketsAreTakenOrCounted) {
  auto compact = jaeger_compact_packets(sink_.sink());
  auto binary = jaeger_binary_packets(sink_.sink());
  compact(testing::CompactJaeger::call(batch_of_one()));
  binary(testing::BinaryJaeger::call(batch_of_one()));
  ASSERT_EQ(sink_.received().size(), 2u);
  EXPECT_EQ(sink_.received()[0].first, "anonymous");

  double malformed = requests("udp_thrift_compact", "malformed");
  compact("garbage");
  EXPECT_EQ(requests("udp_thrift_compact", "malformed"), malformed + 1);
  sink_.refuse_with(Error{Code::kUnavailable, "full"});
  double refused = requests("udp_thrift_binary", "unavailable");
  binary(testing::BinaryJaeger::call(batch_of_one()));
  EXPECT_EQ(requests("udp_thrift_binary", "unavailable"), refused + 1);
}

}  // namespace
}  // namespace clew::receive
