// HTTP/1 and gRPC on one port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/http_testing.h"
#include "net/internal/first_bytes.h"
#include "net/internal/testing.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;
using ::testing::StartsWith;
using testing::TestCertificates;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class SharedPortTest : public ::testing::Test {
 protected:
  ~SharedPortTest() override {
    client_.reset();
    if (grpc_) grpc_->stop(5s);
    if (http_) http_->stop(5s);
  }

  void start(const std::optional<TlsFiles>& tls = {}) {
    GrpcMethods methods;
    methods.unary("/clew.Test/Peer", [](GrpcRequest request, GrpcResponder responder) {
      responder.send(request.peer + " " + std::string(request.body.view()));
    });
    grpc_ = GrpcServer::start({.address = {}, .tls = tls, .listens = false}, methods).value();
    HttpRoutes routes;
    routes.add("GET", "/hello", [](HttpRequest, HttpResponder responder) {
      responder.send(HttpResponse::text(200, "hello"));
    });
    HttpServerOptions options{.address = {"127.0.0.1", 0}, .tls = tls};
    options.idle_timeout = idle_timeout_;
    options.take_http2 = [this](int socket) { grpc_->adopt(socket); };
    http_ = HttpServer::start(std::move(options), std::move(routes)).value();
  }

  Result<std::string> call(std::string body, const std::optional<ClientTls>& tls = {}) {
    client_ = GrpcClient::create({.target = fmt::format("127.0.0.1:{}", http_->port()),
                                  .tls = tls,
                                  .max_message_bytes = 4 << 20})
                  .value();
    std::promise<Result<std::string>> answer;
    client_->call("/clew.Test/Peer", SharedBytes::take(std::move(body)), 10s,
                  [&](Result<std::string> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  std::chrono::milliseconds idle_timeout_ = 10s;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcClient> client_;
};

TEST_F(SharedPortTest, EachClientGetsWhatItSpeaks) {
  start();
  EXPECT_EQ(testing::HttpClient(http_->port()).get("/hello").body, "hello");
  EXPECT_THAT(call("x").value(), StartsWith("ipv4:127.0.0.1:"));
  std::string large(2 << 20, 'x');
  EXPECT_THAT(call(large).value(), ::testing::EndsWith(large));
  EXPECT_EQ(testing::HttpClient(http_->port()).get("/hello").body, "hello");
}

TEST_F(SharedPortTest, SoItIsOverTls) {
  TestCertificates certificates;
  start(certificates.server());
  EXPECT_THAT(call("x", ClientTls{.files = certificates.client()}).value(),
              StartsWith("ipv4:127.0.0.1:"));
}

TEST_F(SharedPortTest, BytesMayComeOneByOne) {
  start();
  RawClient http(http_->port());
  for (char byte : std::string_view("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"))
    ASSERT_TRUE(http.send({&byte, 1}));
  EXPECT_EQ(http.read_response().body, "hello");
  RawClient http2(http_->port());
  for (char byte : kPreface) ASSERT_TRUE(http2.send({&byte, 1}));
  ASSERT_TRUE(http2.send(std::string_view("\0\0\0\4\0\0\0\0\0", 9)));  // SETTINGS
  // The server's SETTINGS: type 4, of the connection itself.
  EXPECT_FALSE(http2.read_until(std::string_view("\4\0\0\0\0\0", 6)).empty());
}

TEST_F(SharedPortTest, WhatOnlyBeginsLikeHttp2IsHttp1) {
  start();
  RawClient client(http_->port());
  EXPECT_EQ(client.ask("PROPFIND /hello HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  RawClient brief(http_->port());
  ASSERT_TRUE(brief.send("P"));
  std::this_thread::sleep_for(50ms);  // so that it comes alone
  EXPECT_EQ(brief.ask("UT / HTTP/1.0\r\n\r\n").status, 404);
}

TEST_F(SharedPortTest, AClientThatSaysTooLittleIsSentAway) {
  idle_timeout_ = 200ms;
  start();
  RawClient silent(http_->port()), slow(http_->port());
  ASSERT_TRUE(slow.send(kPreface.substr(0, 10)));
  EXPECT_TRUE(silent.closes_within(5s));
  EXPECT_TRUE(slow.closes_within(5s));
}

TEST_F(SharedPortTest, WhoComesAfterGrpcHasStoppedIsSentAway) {
  start();
  grpc_->stop(0s);
  RawClient late(http_->port());
  ASSERT_TRUE(late.send(kPreface));
  EXPECT_TRUE(late.closes_within(5s));
}

/// A ClientHello with the ALPN names given, in one record.
std::string hello(const std::vector<std::string>& names) {
  auto counted = [](std::string content, size_t size_bytes) {
    std::string size;
    for (size_t i = size_bytes; i-- > 0;)
      size += static_cast<char>(content.size() >> (8 * i) & 0xff);
    return size + content;
  };
  std::string list;
  for (const std::string& name : names) list += counted(name, 1);
  std::string extensions =
      std::string("\0\x2b\0\3\2\3\4", 7) + std::string("\0\x10", 2) + counted(counted(list, 2), 2);
  std::string body = std::string(34, 'r') + counted("session", 1) + counted("\x13\x01", 2) +
                     counted(std::string(1, '\0'), 1) + counted(extensions, 2);
  return "\x16\3\1" + counted("\1" + counted(body, 3), 2);
}

TEST(FirstBytes, OfTlsTheOfferedProtocolsDecide) {
  EXPECT_EQ(sniff_tls(hello({"h2"})).verdict, FirstBytes::kHttp2);
  EXPECT_EQ(sniff_tls(hello({"grpc-exp", "h2"})).verdict, FirstBytes::kHttp2);
  EXPECT_EQ(sniff_tls(hello({"h2", "http/1.1"})).verdict, FirstBytes::kHttp1);
  EXPECT_EQ(sniff_tls(hello({"http/1.1"})).verdict, FirstBytes::kHttp1);
  EXPECT_EQ(sniff_tls(hello({})).verdict, FirstBytes::kHttp1);
  EXPECT_EQ(sniff_tls("GET / HTTP/1.1").verdict, FirstBytes::kHttp1);
}

TEST(FirstBytes, TooFewSayHowManyAreNeeded) {
  std::string whole = hello({"h2"});
  EXPECT_EQ(sniff_tls("").needed, 5u);
  for (size_t length = 5; length < whole.size(); ++length) {
    Sniffed sniffed = sniff_tls(whole.substr(0, length));
    EXPECT_EQ(sniffed.verdict, FirstBytes::kTooFew);
    EXPECT_EQ(sniffed.needed, whole.size());
  }
  EXPECT_EQ(sniff_plain("PRI *").needed, 6u);
  EXPECT_EQ(sniff_plain(kPreface).verdict, FirstBytes::kHttp2);
  EXPECT_EQ(sniff_plain("GET").verdict, FirstBytes::kHttp1);
}

TEST(FirstBytes, LengthsThatLieLeadNowhere) {
  std::string whole = hello({"h2"});
  for (size_t at = 5; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = '\xff';
    sniff_tls(broken);
  }
  EXPECT_EQ(sniff_tls("\x16\3\1\xff\xff").verdict, FirstBytes::kHttp1);  // larger than a record is
}

}  // namespace
}  // namespace clew::net
