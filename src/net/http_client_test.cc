#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>

#include "net/http_server.h"
#include "net/internal/testing.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::TestCertificates;

const TestCertificates& certificates() {
  static const TestCertificates instance;
  return instance;
}

class HttpClientTest : public ::testing::Test {
 protected:
  void start(HttpHandler handler, std::optional<TlsFiles> tls = {}) {
    HttpRoutes routes;
    routes.add("POST", "/v1/traces", std::move(handler));
    HttpServerOptions options;
    options.address = {"127.0.0.1", 0};
    options.tls = std::move(tls);
    server_ = HttpServer::start(options, std::move(routes)).value();
  }

  std::string url(std::string_view scheme = "http") const {
    return fmt::format("{}://127.0.0.1:{}/v1/traces", scheme, server_->port());
  }

  static Result<HttpReply> ask(HttpClient& client, HttpCall call) {
    std::promise<Result<HttpReply>> promise;
    client.send(std::move(call),
                [&](Result<HttpReply> reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  }
  static std::unique_ptr<HttpClient> client(HttpClientOptions options = {}) {
    return HttpClient::create(std::move(options)).value();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, CarriesBodyAndHeadersBothWays) {
  start([](HttpRequest request, HttpResponder responder) {
    HttpResponse response = HttpResponse::text(
        200, std::string(request.header("x-scope-orgid")) + ":" + std::string(request.body.view()));
    response.headers.emplace_back("X-Said", "  yes ");
    responder.send(std::move(response));
  });
  auto http = client();
  std::string body(300'000, 'x');
  auto reply =
      ask(*http,
          {.url = url(), .headers = {{"X-Scope-OrgID", "shop"}}, .body = SharedBytes::copy(body)});
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "shop:" + body);
  EXPECT_EQ(reply->header("x-said"), "yes");
  EXPECT_FALSE(reply->retry_after.has_value());
}

TEST_F(HttpClientTest, UsesAConnectionAgain) {
  std::mutex mutex;
  std::set<std::string> peers;
  start([&](HttpRequest request, HttpResponder responder) {
    std::lock_guard lock(mutex);
    peers.insert(request.peer);
    responder.send(HttpResponse::text(200, ""));
  });
  auto http = client();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ask(*http, {.url = url()}).has_value());
  EXPECT_EQ(peers.size(), 1u);
}

TEST_F(HttpClientTest, OpensNoMoreConnectionsThanAllowed) {
  std::mutex mutex;
  std::set<std::string> peers;
  start([&](HttpRequest request, HttpResponder responder) {
    std::lock_guard lock(mutex);
    peers.insert(request.peer);
    responder.send(HttpResponse::text(200, ""));
  });
  auto http = client({.max_connections = 2});
  std::atomic<int> left = 50;
  std::promise<void> all;
  for (int i = 0; i < 50; ++i) {
    http->send({.url = url()}, [&](Result<HttpReply> reply) {
      EXPECT_TRUE(reply.has_value());
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().get();
  EXPECT_LE(peers.size(), 2u);
}

TEST_F(HttpClientTest, ReadsWhenToComeBack) {
  start([](HttpRequest, HttpResponder responder) {
    HttpResponse response = HttpResponse::text(503, "full");
    response.headers.emplace_back("Retry-After", "7");
    responder.send(std::move(response));
  });
  auto http = client();
  auto reply = ask(*http, {.url = url()});
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->retry_after, 7s);
}

TEST_F(HttpClientTest, CutsOffAnAnswerThatIsTooLong) {
  start([](HttpRequest, HttpResponder responder) {
    responder.send(HttpResponse::text(400, std::string(100'000, 'x')));
  });
  auto http = client({.max_answer_bytes = 1000});
  auto reply = ask(*http, {.url = url()});
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 400);
  EXPECT_EQ(reply->body.size(), 1000u);
}

TEST_F(HttpClientTest, HandsOnABodyAsItComes) {
  start([](HttpRequest request, HttpResponder responder) {
    int status = request.header("x-fail").empty() ? 200 : 400;
    responder.send(HttpResponse::text(status, "a piece"));
  });
  auto to_server = client();
  std::string taken;
  auto take = [&](std::string_view bytes) { return taken += bytes, true; };
  auto good = to_server->call({.url = url(), .timeout = 0ms, .take_body = take});
  ASSERT_TRUE(good);
  EXPECT_EQ(taken, "a piece");
  EXPECT_EQ(good->body, "");
  auto bad = to_server->call({.url = url(), .headers = {{"X-Fail", "1"}}, .take_body = take});
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->body, "a piece");  // an error is no part of the stream
  EXPECT_EQ(taken, "a piece");
  auto ended = to_server->call({.url = url(), .take_body = [](std::string_view) { return false; }});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kUnavailable);
}

TEST_F(HttpClientTest, TellsWhoIsAwayFromWhoIsSlow) {
  std::promise<HttpResponder> held;
  start([&](HttpRequest, HttpResponder responder) { held.set_value(std::move(responder)); });
  auto http = client();
  auto slow = ask(*http, {.url = url(), .timeout = 50ms});
  ASSERT_FALSE(slow.has_value());
  EXPECT_EQ(slow.error().code, Code::kTimeout);
  auto away = ask(*http, {.url = "http://127.0.0.1:1/"});
  ASSERT_FALSE(away.has_value());
  EXPECT_EQ(away.error().code, Code::kUnavailable);
  EXPECT_THAT(away.error().message, HasSubstr("127.0.0.1:1"));
}

TEST_F(HttpClientTest, EndsWhatIsInFlightWhenItGoes) {
  std::promise<HttpResponder> held;
  start([&](HttpRequest, HttpResponder responder) { held.set_value(std::move(responder)); });
  auto http = client();
  std::optional<Result<HttpReply>> reply;
  http->send({.url = url()}, [&](Result<HttpReply> r) { reply = std::move(r); });
  HttpResponder responder = held.get_future().get();
  http.reset();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->error().code, Code::kUnavailable);
}

TEST_F(HttpClientTest, ShowsAndChecksCertificates) {
  start([](HttpRequest, HttpResponder responder) { responder.send(HttpResponse::text(200, "")); },
        certificates().server(/*ask_clients=*/true));
  auto status = [&](ClientTls tls) {
    auto http = client({.tls = std::move(tls)});
    auto reply = ask(*http, {.url = url("https")});
    return reply ? reply->status : 0;
  };
  EXPECT_EQ(status({.files = certificates().client(true)}), 200);
  EXPECT_EQ(status({.files = certificates().client(false)}), 0);  // shows none
  TlsFiles distrusting = certificates().client(true);
  distrusting.ca_file.clear();
  EXPECT_EQ(status({.files = distrusting}), 0);
  EXPECT_EQ(status({.files = distrusting, .skip_verify = true}), 200);
  EXPECT_EQ(status({.files = certificates().client(true), .server_name = "localhost"}), 200);
  EXPECT_EQ(status({.files = certificates().client(true), .server_name = "other.example"}), 0);
}

TEST(CheckUrl, TakesHttpOnlyAndNoSecrets) {
  EXPECT_TRUE(check_url("http://127.0.0.1:4318/v1/traces").has_value());
  EXPECT_TRUE(check_url("https://[::1]/x?y=z").has_value());
  for (const char* bad :
       {"", "127.0.0.1:4318", "ftp://h/", "http://u:p@h/", "http://h/#x", "file:///etc/passwd"})
    EXPECT_FALSE(check_url(bad).has_value()) << bad;
  EXPECT_THAT(check_url("http://u:secret@h/").error().message, ::testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace clew::net
