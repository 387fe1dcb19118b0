// Logs and metrics over HTTP and gRPC.
#include <gtest/gtest.h>

#include <future>

#include "net/grpc_client.h"
#include "net/http_testing.h"
#include "otlp/attribute_writer.h"
#include "otlp/testing.h"
#include "receive/otlp_endpoint.h"
#include "receive/recording_sink.h"

namespace clew::receive {
namespace {

using namespace std::chrono_literals;
using net::testing::HttpAnswer;

/// A request of one log record, or of one gauge with one point: `item` under the tags of all.
std::string request_of(std::string_view item) {
  std::string scope, group, request;
  otlp::append_field(scope, 2, item);
  otlp::append_field(group, 2, scope);
  otlp::append_field(request, 1, group);
  return request;
}

std::string log_request() {
  std::string record;
  otlp::append_field(record, 5, otlp::testing::any_string("a line"));
  return request_of(record);
}

std::string metric_request() {
  std::string gauge, metric;
  otlp::append_field(gauge, 1, "");
  otlp::append_field(metric, 5, gauge);
  return request_of(metric);
}

class OtlpPayloadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::HttpRoutes routes;
    add_otlp_http_payloads(routes, sink_.payload_sink());
    auto http = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
    ASSERT_TRUE(http.has_value()) << http.error().message;
    http_ = *std::move(http);
    net::GrpcMethods methods;
    add_otlp_grpc_payloads(methods, sink_.payload_sink());
    auto grpc = net::GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods));
    ASSERT_TRUE(grpc.has_value()) << grpc.error().message;
    grpc_ = *std::move(grpc);
    auto client = net::GrpcClient::create({.target = "127.0.0.1:" + std::to_string(grpc_->port())});
    ASSERT_TRUE(client.has_value());
    client_ = *std::move(client);
  }

  HttpAnswer post(const std::string& path, const std::string& type, std::string_view body) {
    return net::testing::HttpClient(http_->port()).post(path, {{"Content-Type", type}}, body);
  }

  Result<std::string> call(otlp::Signal signal, std::string request) {
    auto answer = std::make_shared<std::promise<Result<std::string>>>();
    client_->call(std::string(otlp::grpc_method_of(signal)), SharedBytes::take(std::move(request)),
                  10s,
                  [answer](Result<std::string> result) { answer->set_value(std::move(result)); });
    return answer->get_future().get();
  }

  otlp::Payload last() { return sink_.payloads().back().second; }

  testing::RecordingSink sink_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<net::GrpcServer> grpc_;
  std::unique_ptr<net::GrpcClient> client_;
};

TEST_F(OtlpPayloadsTest, ProtobufIsTakenAsItIs) {
  EXPECT_EQ(post("/v1/logs", "application/x-protobuf", log_request()).status, 200);
  EXPECT_EQ(last().signal(), otlp::Signal::kLogs);
  EXPECT_EQ(last().bytes().view(), log_request());
  HttpAnswer answer = post("/v1/metrics", "application/x-protobuf", metric_request());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(last().signal(), otlp::Signal::kMetrics);
  EXPECT_EQ(last().bytes().view(), metric_request());
}

TEST_F(OtlpPayloadsTest, JsonBecomesProtobuf) {
  HttpAnswer answer = post("/v1/logs", "application/json",
                           R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[)"
                           R"({"body":{"stringValue":"a line"}}]}]}]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(last().bytes().view(), log_request());
  EXPECT_EQ(post("/v1/metrics", "application/json",
                 R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[)"
                 R"({"gauge":{"dataPoints":[{}]}}]}]}]})")
                .status,
            200);
  EXPECT_EQ(last().bytes().view(), metric_request());
}

TEST_F(OtlpPayloadsTest, TakesThemByGrpc) {
  EXPECT_EQ(call(otlp::Signal::kLogs, log_request()), "");
  EXPECT_EQ(last().signal(), otlp::Signal::kLogs);
  EXPECT_EQ(call(otlp::Signal::kMetrics, metric_request()), "");
  EXPECT_EQ(last().signal(), otlp::Signal::kMetrics);
  EXPECT_EQ(sink_.payloads()[0].first, "anonymous");
}

TEST_F(OtlpPayloadsTest, AnEmptyRequestSucceedsWithoutTheSink) {
  EXPECT_EQ(post("/v1/logs", "application/x-protobuf", "").status, 200);
  EXPECT_EQ(call(otlp::Signal::kMetrics, ""), "");
  EXPECT_TRUE(sink_.payloads().empty());
}

TEST_F(OtlpPayloadsTest, DamageIsRefusedWithItsPlace) {
  HttpAnswer cut =
      post("/v1/logs", "application/x-protobuf", log_request().substr(0, log_request().size() - 1));
  EXPECT_EQ(cut.status, 400);
  HttpAnswer json = post("/v1/metrics", "application/json", R"({"resourceMetrics":[7]})");
  EXPECT_EQ(json.status, 400);
  EXPECT_NE(json.body.find("resourceMetrics[0]"), std::string::npos) << json.body;
  EXPECT_NE(call(otlp::Signal::kLogs, "\xFF").error().message.find("INVALID_ARGUMENT"),
            std::string::npos);
  EXPECT_TRUE(sink_.payloads().empty());
}

TEST_F(OtlpPayloadsTest, AnOverloadedSinkMeansRetryLater) {
  sink_.refuse_with(Error{Code::kUnavailable, "queue is full", 2500ms});
  HttpAnswer answer = post("/v1/logs", "application/x-protobuf", log_request());
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has("retry-after: 3")) << answer.head;
  EXPECT_EQ(call(otlp::Signal::kMetrics, metric_request()).error().retry_after, 2500ms);
}

}  // namespace
}  // namespace clew::receive
