// Answers that are sent while they come into being: what a client gets, and what holds them back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "net/http_server.h"
#include "net/internal/testing.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;

class HttpStreamTest : public ::testing::Test {
 protected:
  HttpStreamTest() {
    options_.address = {"127.0.0.1", 0};
    options_.idle_timeout = 5s;
    options_.handler_threads = 1;
    routes_.add("GET", "/pushed", [this](HttpRequest, HttpResponder responder) {
      std::lock_guard lock(mutex_);
      pushed_ = responder.stream({.content_type = "text/event-stream"});
      arrived_.notify_all();
    });
    routes_.add("GET", "/asked", [this](HttpRequest request, HttpResponder responder) {
      auto pieces = [this, n = 0,
                     of = std::stoi(std::string(*request.query_param("n")))]() mutable {
        ++asked_;
        if (of < 0) throw std::runtime_error("the disk is gone");
        return n++ < of ? fmt::format("piece {};", n) : std::string();
      };
      responder.send({.content_type = "text/plain", .pieces = pieces});
    });
    routes_.add("GET", "/endless", [this](HttpRequest, HttpResponder responder) {
      responder.send({.content_type = "text/plain", .pieces = [this] {
                        ++asked_;
                        return std::string(64 << 10, 'x');
                      }});
    });
    routes_.add("GET", "/hello", [](HttpRequest, HttpResponder responder) {
      responder.send(HttpResponse::text(200, "hello"));
    });
  }
  ~HttpStreamTest() override { pushed_.reset(); }

  void start() {
    auto server = HttpServer::start(options_, routes_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  RawClient client() { return RawClient(server_->port()); }

  static std::string get(std::string_view path, std::string_view version = "1.1",
                         std::string_view method = "GET") {
    return fmt::format("{} {} HTTP/{}\r\nHost: test\r\n\r\n", method, path, version);
  }
  HttpStream& pushed() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(arrived_.wait_for(lock, 5s, [&] { return pushed_.has_value(); }));
    return *pushed_;
  }
  static bool becomes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }

  HttpServerOptions options_;
  HttpRoutes routes_;
  std::unique_ptr<HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<HttpStream> pushed_;
  std::atomic<int> asked_ = 0;
};

TEST_F(HttpStreamTest, PushesPiecesAndKeepsTheConnection) {
  start();
  auto one = client();
  one.send(get("/pushed"));
  std::string head = one.read_until("\r\n\r\n");  // before anything is written
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  pushed().write(SharedBytes::take("data: 1\n\n"));
  EXPECT_EQ(one.read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  pushed().write(SharedBytes::take("data: 22\n\n"));
  EXPECT_EQ(one.read_until("\n\n\r\n"), "a\r\ndata: 22\n\n\r\n");
  EXPECT_TRUE(becomes_true([&] { return pushed().pending_bytes() == 0; }));
  EXPECT_TRUE(pushed().is_open());
  pushed_.reset();
  EXPECT_EQ(one.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(one.ask(get("/hello")).body, "hello");
}

TEST_F(HttpStreamTest, KnowsThatTheClientHasGone) {
  start();
  std::optional<RawClient> one(client());
  one->send(get("/pushed"));
  one->read_until("\r\n\r\n");
  EXPECT_TRUE(pushed().is_open());
  one.reset();
  EXPECT_TRUE(becomes_true([&] { return !pushed().is_open(); }));
  pushed().write(SharedBytes::take("to nobody"));
  EXPECT_EQ(pushed().pending_bytes(), 0u);
}

TEST_F(HttpStreamTest, TellsHowMuchASlowClientHasNotTaken) {
  start();
  auto one = client();
  one.send(get("/pushed"));
  one.read_until("\r\n\r\n");
  constexpr size_t kPiece = 1 << 20, kPieces = 32;  // more than sockets hold
  for (size_t i = 0; i < kPieces; ++i) pushed().write(SharedBytes::take(std::string(kPiece, 'x')));
  std::this_thread::sleep_for(100ms);
  EXPECT_GT(pushed().pending_bytes(), kPiece);
  EXPECT_LE(pushed().pending_bytes(), kPiece * kPieces);
}

TEST_F(HttpStreamTest, GivesUpOnAClientThatStandsStill) {
  options_.idle_timeout = 100ms;
  start();
  auto one = client();
  one.send(get("/pushed"));
  one.read_until("\r\n\r\n");
  std::this_thread::sleep_for(300ms);  // nothing to write: nobody is idle
  EXPECT_TRUE(pushed().is_open());
  pushed().write(SharedBytes::take(std::string(32 << 20, 'x')));
  EXPECT_TRUE(becomes_true([&] { return !pushed().is_open(); }));
}

TEST_F(HttpStreamTest, AnswersHeadWithAHeadOnly) {
  start();
  auto one = client();
  one.send(get("/pushed", "1.1", "HEAD"));
  EXPECT_THAT(one.read_until("\r\n\r\n"), HasSubstr("HTTP/1.1 200"));
  EXPECT_FALSE(pushed().is_open());
  pushed().write(SharedBytes::take("not for a HEAD"));
  one.send(get("/asked?n=3", "1.1", "HEAD"));
  EXPECT_THAT(one.read_until("\r\n\r\n"), HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(asked_, 0);
  one.send(get("/asked?n=1"));  // the pushed stream of before must not end this one
  pushed_.reset();
  EXPECT_THAT(one.read_until("0\r\n\r\n"), HasSubstr("8\r\npiece 1;\r\n0\r\n\r\n"));
}

TEST_F(HttpStreamTest, AsksForPiecesUntilThereAreNoMore) {
  start();
  auto one = client();
  one.send(get("/asked?n=2"));
  EXPECT_THAT(one.read_until("0\r\n\r\n"),
              HasSubstr("\r\n\r\n8\r\npiece 1;\r\n8\r\npiece 2;\r\n0\r\n\r\n"));
  one.send(get("/asked?n=0"));
  EXPECT_THAT(one.read_until("0\r\n\r\n"), HasSubstr("\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(one.ask(get("/hello")).body, "hello");
}

TEST_F(HttpStreamTest, EndsByClosingWhereThereAreNoChunks) {
  start();
  auto one = client();
  one.send(get("/asked?n=2", "1.0"));
  EXPECT_THAT(one.read_until("\r\n\r\npiece 1;piece 2;"), Not(HasSubstr("chunked")));
  EXPECT_TRUE(one.closes_within(5s));
}

TEST_F(HttpStreamTest, AsksForNoMoreThanTheClientTakes) {
  start();
  auto one = client();
  one.send(get("/endless"));
  one.read_until("\r\n\r\n");
  int before;
  do {
    before = asked_;
    std::this_thread::sleep_for(200ms);
  } while (asked_ != before);
  EXPECT_LT(before, 1000);                               // 64 MB are more than all sockets hold
  EXPECT_EQ(client().ask(get("/hello")).body, "hello");  // the one handler thread is free
  one.reset();
}

TEST_F(HttpStreamTest, DoesNotEndWellWhatBreaksOff) {
  testing::CapturedLog log;
  start();
  auto one = client();
  one.send(get("/asked?n=-1"));
  EXPECT_THAT(one.read_until("\r\n\r\n"), HasSubstr("200"));
  EXPECT_TRUE(one.closes_within(5s));
  EXPECT_THAT(log.text(), HasSubstr("the disk is gone"));
}

TEST_F(HttpStreamTest, StopsInTimeWhateverIsStillOpen) {
  start();
  auto one = client(), other = client();
  one.send(get("/pushed"));
  one.read_until("\r\n\r\n");
  other.send(get("/endless"));
  other.read_until("\r\n\r\n");
  server_->stop(100ms);
  EXPECT_FALSE(pushed().is_open());
}

}  // namespace
}  // namespace clew::net
