#include "receive/otlp_endpoint.h"

#include <gtest/gtest.h>
#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

#include <fstream>
#include <future>
#include <thread>

#include "base/limits.h"
#include "net/encoding.h"
#include "net/grpc_client.h"
#include "net/http_testing.h"
#include "net/status.h"
#include "otlp/testing.h"
#include "receive/recording_sink.h"

namespace clew::receive {
namespace {

using namespace std::chrono_literals;
using net::testing::HttpAnswer;
using otlp::testing::request_bytes;

constexpr char kPath[] = "/v1/traces";
constexpr char kMethod[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
constexpr char kJsonRequest[] =
    R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
    R"("spanId":"b7ad6b7169203331","name":"from json"}]}]}]})";

/// A request as the OpenTelemetry Python SDK sent it: three spans.
std::string recorded_request() {
  std::ifstream file("test/data/python_sdk_request.pb", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_FALSE(bytes.empty()) << "run it from the top of the repository";
  return bytes;
}

std::string compressed(std::string_view encoding, std::string_view body) {
  return std::string(net::encode_content(encoding, SharedBytes::copy(body)).value().view());
}

class OtlpHttpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::HttpRoutes routes;
    add_otlp_http(routes, sink_.sink());
    auto server = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
  }

  HttpAnswer post(std::string_view type, std::string_view body, net::HttpFields headers = {}) {
    headers.emplace_back("Content-Type", type);
    return net::testing::HttpClient(server_->port()).post(kPath, headers, body);
  }

  HttpAnswer post_protobuf(std::string_view body, net::HttpFields headers = {}) {
    return post("application/x-protobuf", body, std::move(headers));
  }

  HttpAnswer post_json(std::string_view body) { return post("application/json", body); }

  /// The server goes on after whatever it was sent.
  void expect_still_serving() {
    size_t before = sink_.received().size();
    EXPECT_EQ(post_protobuf(recorded_request()).status, 200);
    ASSERT_EQ(sink_.received().size(), before + 1);
    EXPECT_EQ(sink_.received().back().second.spans().size(), 3u);
  }

  testing::RecordingSink sink_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(OtlpHttpTest, TakesProtobufAndAnswersWithAnEmptyResponse) {
  std::string request = recorded_request();
  HttpAnswer answer = post_protobuf(request);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("content-type: application/x-protobuf")) << answer.head;
  EXPECT_EQ(answer.body, "");
  ASSERT_EQ(sink_.received().size(), 1u);
  EXPECT_EQ(sink_.received()[0].first, "anonymous");
  EXPECT_EQ(sink_.received()[0].second.bytes().view(), request);
}

TEST_F(OtlpHttpTest, TakesJsonAndAnswersInJson) {
  HttpAnswer answer = post("Application/JSON; charset=utf-8", kJsonRequest);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("content-type: application/json")) << answer.head;
  EXPECT_EQ(answer.body, "{}");
  otlp::Batch batch = sink_.received().at(0).second;
  EXPECT_EQ(batch.decode(batch.spans()[0]).name, "from json");
}

TEST_F(OtlpHttpTest, TakesChunksAsEnvoySendsThem) {
  HttpAnswer answer =
      net::testing::HttpClient(server_->port())
          .post_chunked(kPath, {{"Content-Type", "application/x-protobuf"}}, recorded_request());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(sink_.received().at(0).second.spans().size(), 3u);
}

TEST_F(OtlpHttpTest, TakesEveryContentEncoding) {
  for (std::string encoding : {"gzip", "zstd", "deflate"}) {
    HttpAnswer answer =
        post_protobuf(compressed(encoding, recorded_request()), {{"Content-Encoding", encoding}});
    EXPECT_EQ(answer.status, 200) << encoding;
    EXPECT_EQ(sink_.received().back().second.bytes().view(), recorded_request()) << encoding;
  }
  EXPECT_EQ(sink_.received().size(), 3u);
  HttpAnswer unknown = post_protobuf(recorded_request(), {{"Content-Encoding", "br"}});
  EXPECT_EQ(unknown.status, 415);
  expect_still_serving();
}

TEST_F(OtlpHttpTest, AnEmptyBodyIsAnEmptyRequest) {
  EXPECT_EQ(post_protobuf("").status, 200);
  EXPECT_EQ(post_json("").status, 200);
  EXPECT_EQ(post_json("{}").body, "{}");
  EXPECT_EQ(sink_.received().size(), 0u);
}

TEST_F(OtlpHttpTest, TheTenantIsAHeader) {
  EXPECT_EQ(post_protobuf(recorded_request(), {{"X-Scope-OrgID", "team-a"}}).status, 200);
  EXPECT_EQ(sink_.received().at(0).first, "team-a");
  EXPECT_EQ(post_protobuf(recorded_request(), {{"X-Scope-OrgID", "../b"}}).status, 400);
  EXPECT_EQ(sink_.received().size(), 1u);
}

TEST_F(OtlpHttpTest, SaysHowManySpansItLeftOut) {
  std::string request = request_bytes({{.span = 0}, {.span = 1}, {.trace = 0}});
  opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse response;
  ASSERT_TRUE(response.ParseFromString(post_protobuf(request).body));
  EXPECT_EQ(response.partial_success().rejected_spans(), 2);
  EXPECT_EQ(response.partial_success().error_message(),
            "spans without a trace ID or a span ID were left out");
  HttpAnswer json = post_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]})");
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.body, R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":)"
                       R"("spans without a trace ID or a span ID were left out"}})");
}

TEST_F(OtlpHttpTest, ARealRequestCutAtAnyByteIsRefused) {
  std::string request = recorded_request();
  for (size_t size = 1; size < request.size(); ++size) {
    HttpAnswer answer = post_protobuf(std::string_view(request).substr(0, size));
    ASSERT_EQ(answer.status, 400) << "at " << size;
    ASSERT_TRUE(answer.has("content-type: application/x-protobuf")) << "at " << size;
    ASSERT_NE(answer.body.find("OTLP request: byte"), std::string::npos) << "at " << size;
  }
  EXPECT_EQ(sink_.received().size(), 0u);
  expect_still_serving();
}

TEST_F(OtlpHttpTest, WrongWireTypesAndHugeLengthsAreRefused) {
  using namespace std::string_literals;
  for (const std::string& damaged :
       {"\x08\x01"s,                              // resource_spans as a number
        "\x0A\x06\x12\x04\x12\x02\x08\x01"s,      // trace_id as a number
        "\x0A\x06\x12\x04\x12\x02\x0A\x01"s,      // trace_id cut off
        "\x0A\x07\x12\x05\x12\x03\x0A\x01\x61"s,  // trace_id of one byte
        "\x0A\xFF\xFF\xFF\xFF\x0F"s,              // a length of 4 GiB
        "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s,
        "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s,  // a varint of eleven bytes
        "\x0F"s, "\x00"s, "hello"s}) {
    EXPECT_EQ(post_protobuf(damaged).status, 400) << ::testing::PrintToString(damaged);
  }
  expect_still_serving();
}

TEST_F(OtlpHttpTest, BadJsonIsRefusedWithThePlaceInJson) {
  HttpAnswer answer = post_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)"
                                R"({"traceId":"0af7651916cd43dd8448eb211c80319"}]}]}]})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_TRUE(answer.has("content-type: application/json")) << answer.head;
  EXPECT_NE(answer.body.find("resourceSpans[0].scopeSpans[0].spans[0].traceId: 31 hex digits"),
            std::string::npos)
      << answer.body;
  EXPECT_EQ(post_json("{").status, 400);
  EXPECT_EQ(post_json(recorded_request()).status, 400);
  expect_still_serving();
}

TEST_F(OtlpHttpTest, BadCompressionAndBombsAreRefused) {
  std::string gzip = compressed("gzip", recorded_request());
  net::HttpFields headers = {{"Content-Encoding", "gzip"}};
  EXPECT_EQ(post_protobuf(recorded_request(), headers).status, 400);
  EXPECT_EQ(post_protobuf(gzip.substr(0, gzip.size() / 2), headers).status, 400);
  std::string bomb = compressed("gzip", std::string(limits::kDecompressedBytes + 1, '\0'));
  EXPECT_EQ(post_protobuf(bomb, headers).status, 413);
  expect_still_serving();
}

TEST_F(OtlpHttpTest, OtherContentTypesMethodsAndPathsAreRefused) {
  HttpAnswer text = post("text/plain", recorded_request());
  EXPECT_EQ(text.status, 415);
  EXPECT_NE(text.body.find("application/x-protobuf"), std::string::npos) << text.body;
  EXPECT_EQ(post("", recorded_request()).status, 415);
  net::testing::HttpClient client(server_->port());
  EXPECT_EQ(client.get(kPath).status, 405);
  EXPECT_EQ(client.post("/v1/metrics", {{"Content-Type", "application/json"}}, "{}").status, 404);
  expect_still_serving();
}

TEST_F(OtlpHttpTest, AnOverloadedSinkMeansRetryLater) {
  sink_.refuse_with(Error{Code::kUnavailable, "queue is full", 2500ms});
  HttpAnswer protobuf = post_protobuf(recorded_request());
  EXPECT_EQ(protobuf.status, 503);
  EXPECT_TRUE(protobuf.has("retry-after: 3")) << protobuf.head;
  EXPECT_EQ(protobuf.body,
            net::rpc_status_proto(Error{Code::kUnavailable, "queue is full", 2500ms}));
  HttpAnswer json = post_json(kJsonRequest);
  EXPECT_EQ(json.status, 503);
  EXPECT_EQ(json.body, net::rpc_status_json(Error{Code::kUnavailable, "queue is full", 2500ms}));
  sink_.refuse_with(std::nullopt);
  expect_still_serving();
}

TEST_F(OtlpHttpTest, AnswersOnlyOnceTheSinkHas) {
  sink_.hold();
  auto answer = std::async(std::launch::async, [&] { return post_protobuf(recorded_request()); });
  while (sink_.received().empty()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(answer.wait_for(100ms), std::future_status::timeout);
  sink_.release();
  EXPECT_EQ(answer.get().status, 200);
}

class OtlpGrpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::GrpcMethods methods;
    add_otlp_grpc(methods, sink_.sink());
    auto server = net::GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods));
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    client_ = connect({});
  }

  std::unique_ptr<net::GrpcClient> connect(net::HttpFields headers) {
    auto client = net::GrpcClient::create(
        {.target = "127.0.0.1:" + std::to_string(server_->port()), .headers = std::move(headers)});
    EXPECT_TRUE(client.has_value());
    return *std::move(client);
  }

  Result<std::string> call(net::GrpcClient& client, std::string request) {
    auto answer = std::make_shared<std::promise<Result<std::string>>>();
    client.call(kMethod, SharedBytes::take(std::move(request)), 10s,
                [answer](Result<std::string> result) { answer->set_value(std::move(result)); });
    return answer->get_future().get();
  }
  Result<std::string> call(std::string request) { return call(*client_, std::move(request)); }

  testing::RecordingSink sink_;
  std::unique_ptr<net::GrpcServer> server_;
  std::unique_ptr<net::GrpcClient> client_;
};

TEST_F(OtlpGrpcTest, TakesARequestOfATenant) {
  auto client = connect({{"X-Scope-OrgID", "team-a"}});
  EXPECT_EQ(call(*client, recorded_request()), "");
  ASSERT_EQ(sink_.received().size(), 1u);
  EXPECT_EQ(sink_.received()[0].first, "team-a");
  EXPECT_EQ(sink_.received()[0].second.bytes().view(), recorded_request());
  auto nameless = connect({{"x-scope-orgid", "a/b"}});
  EXPECT_NE(call(*nameless, recorded_request()).error().message.find("INVALID_ARGUMENT"),
            std::string::npos);
}

TEST_F(OtlpGrpcTest, AnEmptyRequestSucceeds) {
  EXPECT_EQ(call(""), "");
}

TEST_F(OtlpGrpcTest, SaysHowManySpansItLeftOut) {
  auto answer = call(request_bytes({{.span = 0}}));
  ASSERT_TRUE(answer.has_value());
  EXPECT_NE(answer->find("without a trace ID"), std::string::npos);
}

TEST_F(OtlpGrpcTest, ARealRequestCutAtAnyByteIsRefused) {
  std::string request = recorded_request();
  for (size_t size = 1; size < request.size(); ++size) {
    auto answer = call(request.substr(0, size));
    ASSERT_FALSE(answer.has_value()) << "at " << size;
    ASSERT_NE(answer.error().message.find("INVALID_ARGUMENT"), std::string::npos)
        << answer.error().message;
  }
  EXPECT_TRUE(call(request).has_value());
}

TEST_F(OtlpGrpcTest, AnOverloadedSinkMeansRetryLater) {
  sink_.refuse_with(Error{Code::kUnavailable, "queue is full", 2500ms});
  auto answer = call(recorded_request());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(answer.error().retry_after, 2500ms);
  sink_.refuse_with(std::nullopt);
  EXPECT_TRUE(call(recorded_request()).has_value());
}

}  // namespace
}  // namespace clew::receive
