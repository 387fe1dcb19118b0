#include "receive/zipkin_endpoint.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/encoding.h"
#include "net/http_testing.h"
#include "receive/recording_sink.h"

namespace clew::receive {
namespace {

using net::testing::HttpAnswer;

constexpr char kPath[] = "/api/v2/spans";
constexpr char kSpans[] = R"([{"traceId":"463ac35c9f6413ad48485a3953bb6124",)"
                          R"("id":"a2fb4a1d1a96d312","name":"ingress","kind":"SERVER"}])";

class ZipkinEndpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::HttpRoutes routes;
    add_zipkin(routes, /*parse_string_tags=*/false, sink_.sink());
    auto server = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
  }

  HttpAnswer post(std::string_view body, net::HttpFields headers = {},
                  std::string type = "application/json") {
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    return net::testing::HttpClient(server_->port()).post(kPath, headers, body);
  }

  void expect_still_serving() {
    size_t before = sink_.received().size();
    EXPECT_EQ(post(kSpans).status, 202);
    EXPECT_EQ(sink_.received().size(), before + 1);
  }

  testing::RecordingSink sink_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(ZipkinEndpointTest, TakesSpansAndAnswers202WithoutABody) {
  HttpAnswer answer = post(kSpans, {{"X-Scope-OrgID", "team-a"}});
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "");
  ASSERT_EQ(sink_.received().size(), 1u);
  EXPECT_EQ(sink_.received()[0].first, "team-a");
  otlp::Batch batch = sink_.received()[0].second;
  EXPECT_EQ(batch.decode(batch.spans()[0]).name, "ingress");
}

TEST_F(ZipkinEndpointTest, TakesChunksCompressionAndNoContentType) {
  net::testing::HttpClient client(server_->port());
  EXPECT_EQ(client.post_chunked(kPath, {{"Content-Type", "application/json"}}, kSpans).status, 202);
  std::string gzip(net::encode_content("gzip", SharedBytes::copy(kSpans)).value().view());
  EXPECT_EQ(post(gzip, {{"Content-Encoding", "gzip"}}).status, 202);
  EXPECT_EQ(post(kSpans, {}, "").status, 202);
  EXPECT_EQ(post("[]").status, 202);
  EXPECT_EQ(sink_.received().size(), 3u);
}

TEST_F(ZipkinEndpointTest, SaysInTextWhatIsWrongAndWhere) {
  HttpAnswer answer = post(R"([{"id":"a2fb4a1d1a96d312"}])");
  EXPECT_EQ(answer.status, 400);
  EXPECT_TRUE(answer.head.find("\r\ncontent-type: text/plain") != answer.head.npos) << answer.head;
  EXPECT_EQ(answer.body, "[0].traceId: missing\n");
  EXPECT_EQ(post("").status, 400);
  EXPECT_EQ(post("{}").status, 400);
  EXPECT_EQ(post(kSpans, {{"Content-Encoding", "gzip"}}).status, 400);
  EXPECT_EQ(post(kSpans, {{"X-Scope-OrgID", "a/b"}}).status, 400);
  expect_still_serving();
}

TEST_F(ZipkinEndpointTest, ASpanListCutAtAnyByteIsRefused) {
  std::string_view spans = kSpans;
  for (size_t size = 0; size < spans.size(); ++size)
    ASSERT_EQ(post(spans.substr(0, size)).status, 400) << "at " << size;
  expect_still_serving();
}

TEST_F(ZipkinEndpointTest, ABombIsRefused) {
  SharedBytes zeros = SharedBytes::take(std::string(limits::kDecompressedBytes + 1, ' '));
  std::string bomb(net::encode_content("gzip", zeros).value().view());
  EXPECT_EQ(post(bomb, {{"Content-Encoding", "gzip"}}).status, 413);
  expect_still_serving();
}

TEST_F(ZipkinEndpointTest, OtherFormsAreRefused) {
  HttpAnswer thrift = post(kSpans, {}, "application/x-thrift");
  EXPECT_EQ(thrift.status, 415);
  EXPECT_EQ(thrift.body,
            "Content-Type: \"application/x-thrift\" is not spoken here, use application/json\n");
  EXPECT_EQ(net::testing::HttpClient(server_->port()).get(kPath).status, 405);
  expect_still_serving();
}

TEST_F(ZipkinEndpointTest, AnOverloadedSinkMeansRetryLater) {
  sink_.refuse_with(Error{Code::kUnavailable, "queue is full"});
  HttpAnswer answer = post(kSpans);
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has("retry-after: 1")) << answer.head;
  EXPECT_EQ(answer.body, "queue is full\n");
  sink_.refuse_with(std::nullopt);
  expect_still_serving();
}

TEST_F(ZipkinEndpointTest, SaysThatItIsUp) {
  HttpAnswer answer = net::testing::HttpClient(server_->port()).get("/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"status":"UP"})");
}

}  // namespace
}  // namespace clew::receive
