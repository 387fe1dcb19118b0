// What a busy or idle few may not take from everybody else on the listener.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "base/metrics.h"
#include "net/http_server.h"
#include "net/internal/testing.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::RawClient;

class HttpServerLoadTest : public ::testing::Test {
 protected:
  HttpServerLoadTest() {
    options_.address = {"127.0.0.1", 0};
    options_.idle_timeout = 5s;
    options_.max_body_bytes = 1 << 20;
    routes_.add("POST", "/size", [](HttpRequest request, HttpResponder responder) {
      responder.send(HttpResponse::text(200, std::to_string(request.body.size())));
    });
  }

  void start() {
    auto server = HttpServer::start(options_, routes_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  RawClient client() { return RawClient(server_->port()); }

  static std::string get(std::string_view path) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", path);
  }
  static std::string post_head(size_t size, std::string_view headers = "") {
    return fmt::format("POST /size HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n", size,
                       headers);
  }

  HttpServerOptions options_;
  HttpRoutes routes_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerLoadTest, AnswersInlineRoutesWhileAllHandlersAreBusy) {
  options_.handler_threads = 2;
  std::latch busy(2), release(1);
  routes_.add("GET", "/slow", [&](HttpRequest, HttpResponder responder) {
    busy.count_down();
    release.wait();
    responder.send(HttpResponse::text(200, "at last"));
  });
  routes_.add_inline("GET", "/health", [](HttpRequest request, HttpResponder responder) {
    responder.send(HttpResponse::text(200, request.path + " is fine"));
  });
  routes_.add_inline("GET", "/throw",
                     [](HttpRequest, HttpResponder) { throw std::runtime_error("x"); });
  start();
  auto first = client(), second = client(), queued = client(), prober = client();
  first.send(get("/slow"));
  second.send(get("/slow"));
  busy.wait();
  queued.send(post_head(1) + "x");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(prober.ask(get("/health")).body, "/health is fine");
  EXPECT_EQ(prober.ask(get("/throw")).status, 500);
  EXPECT_FALSE(queued.closes_within(50ms));  // it waits for a handler, as it did all the time
  release.count_down();
  EXPECT_EQ(first.read_response().body, "at last");
  EXPECT_EQ(second.read_response().body, "at last");
  EXPECT_EQ(queued.read_response().body, "1");
}

TEST_F(HttpServerLoadTest, HandsOutInlineAnswersInOrder) {
  routes_.add_inline("GET", "/n/{n}", [](HttpRequest request, HttpResponder responder) {
    responder.send(HttpResponse::text(200, std::string(request.path_param("n"))));
  });
  start();
  auto client = this->client();
  std::string all;
  for (int i = 0; i < 300; ++i) all += get(fmt::format("/n/{}", i));
  client.send(all);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(client.read_response().body, std::to_string(i));
}

TEST_F(HttpServerLoadTest, LetsAnnouncedBytesHoldNothing) {
  options_.inflight = std::make_shared<ByteBudget>(4 << 20);
  start();
  constexpr size_t kBody = 1 << 20;
  std::vector<RawClient> idle;
  for (int i = 0; i < 32; ++i) {  // they announce eight times what may be in flight
    auto client = this->client();
    ASSERT_EQ(client.ask(post_head(kBody, "Expect: 100-continue\r\n")).status, 100);
    idle.push_back(std::move(client));
  }
  auto active = client();
  EXPECT_EQ(active.ask(post_head(kBody) + std::string(kBody, 'x')).body, std::to_string(kBody));
  for (RawClient& client : idle) {
    EXPECT_EQ(client.ask(std::string(kBody, 'x')).body, std::to_string(kBody));
  }
}

TEST_F(HttpServerLoadTest, SaysWhenItMustWaitForHandlersToStop) {
  options_.name = "the queries";
  std::latch busy(1), release(1);
  routes_.add("GET", "/slow", [&](HttpRequest, HttpResponder) {
    busy.count_down();
    release.wait();
  });
  start();
  testing::CapturedLog log;
  auto client = this->client();
  client.send(get("/slow"));
  busy.wait();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(50ms); });
  EXPECT_TRUE(client.closes_within(5s));  // at the deadline, whatever the handler does
  EXPECT_EQ(stopped.wait_for(500ms), std::future_status::timeout);
  EXPECT_THAT(log.text(), HasSubstr("warning: the queries: the time to stop is over but handlers "
                                    "still run (1); waiting for them\n"));
  release.count_down();
  EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
}

TEST_F(HttpServerLoadTest, StopsWithoutAWordWhenHandlersAreDone) {
  start();
  testing::CapturedLog log;
  EXPECT_EQ(client().ask(post_head(1) + "x").body, "1");
  server_->stop(0ms);
  EXPECT_EQ(log.text(), "");
}

/// How often an idle timeout was counted so far, in this process.
double idle_timeouts() {
  constexpr std::string_view kLine = "clew_limit_hit_total{limit=\"http_idle_timeout\"} ";
  std::string all = metrics::render();
  size_t at = all.find(kLine);
  return at == all.npos ? 0 : std::stod(all.substr(at + kLine.size()));
}

TEST_F(HttpServerLoadTest, CountsIdleRequestsButNoDrains) {
  options_.idle_timeout = 200ms;
  start();
  double before = idle_timeouts();
  auto refused = client();
  EXPECT_EQ(refused.ask(post_head(options_.max_body_bytes + 1)).status, 413);
  std::this_thread::sleep_for(2500ms);  // the drain is over
  EXPECT_TRUE(refused.closes_within(100ms));
  EXPECT_EQ(idle_timeouts(), before);
  auto idle = client();
  idle.send(post_head(5) + "x");
  EXPECT_TRUE(idle.closes_within(5s));
  EXPECT_EQ(idle_timeouts(), before + 1);
}

TEST_F(HttpServerLoadTest, CountsTheBytesThatHaveCome) {
  options_.inflight = std::make_shared<ByteBudget>(1 << 20);
  start();
  constexpr size_t kBody = 1 << 20;
  auto half = client(), rest = client();
  half.send(post_head(kBody) + std::string(kBody / 2 + 1, 'x'));
  EXPECT_FALSE(half.closes_within(100ms));
  EXPECT_EQ(rest.ask(post_head(kBody) + std::string(kBody / 2, 'x')).status, 503);
  EXPECT_EQ(half.ask(std::string(kBody / 2 - 1, 'x')).body, std::to_string(kBody));
}

}  // namespace
}  // namespace clew::net
