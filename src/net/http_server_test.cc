// What a client may do to the server, over a raw socket, and what it gets for it.
#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include "base/metrics.h"
#include "net/internal/testing.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::RawResponse;

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    options_.address = {"127.0.0.1", 0};
    options_.idle_timeout = 5s;
    options_.max_body_bytes = 1 << 20;
    routes_.add("GET", "/hello", [](HttpRequest, HttpResponder responder) {
      responder.send(HttpResponse::text(200, "hello"));
    });
    routes_.add("POST", "/echo", [](HttpRequest request, HttpResponder responder) {
      HttpResponse response;
      response.content_type = request.header("content-type");
      response.body = request.body;
      responder.send(std::move(response));
    });
    routes_.add("GET", "/show/{id}", [](HttpRequest request, HttpResponder responder) {
      std::string text = request.method + " " + request.path;
      text += fmt::format(" id={} q={} n={}", request.path_param("id"),
                          request.query_param("q").value_or("-"), request.query_params("n").size());
      text +=
          fmt::format(" h={} p={}", request.header("X-HEADER"), request.peer.starts_with("127"));
      responder.send(HttpResponse::text(200, std::move(text)));
    });
    routes_.add("GET", "/later", [this](HttpRequest, HttpResponder responder) {
      std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(responder));
      arrived_.notify_all();
    });
    routes_.add("GET", "/drop", [](HttpRequest, HttpResponder) {});
    routes_.add("GET", "/throw", [](HttpRequest, HttpResponder) { throw std::runtime_error("x"); });
  }

  void start() {
    auto server = HttpServer::start(options_, routes_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  RawClient client() { return RawClient(server_->port()); }

  HttpResponder take_waiting() {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, 5s, [&] { return !waiting_.empty(); });
    HttpResponder responder = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return responder;
  }
  static std::string get(std::string_view path) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", path);
  }
  static std::string post(std::string_view body, std::string_view headers = "") {
    return fmt::format("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}",
                       body.size(), headers, body);
  }
  static std::string chunked(std::string_view body) {
    return fmt::format("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                       body);
  }

  HttpServerOptions options_;
  HttpRoutes routes_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<HttpResponder> waiting_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersOneRequestAfterTheOther) {
  start();
  auto client = this->client();
  for (int i = 0; i < 3; ++i) {
    auto response = client.ask(get("/hello"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_THAT(response.head, HasSubstr("content-type: text/plain"));
    EXPECT_THAT(response.head, HasSubstr("\r\ndate: "));
  }
  EXPECT_EQ(client.ask(post("spans", "Content-Type: a/b\r\n")).body, "spans");
}

TEST_F(HttpServerTest, HandsOverWhatTheRequestSaid) {
  start();
  auto response = client().ask(
      "GET /show/a%20b?q=x%26y&n=1&n=2 HTTP/1.1\r\nHost: test\r\nx-header:  value \r\n\r\n");
  EXPECT_EQ(response.body, "GET /show/a b id=a b q=x&y n=2 h=value p=true");
}

TEST_F(HttpServerTest, KeepsTheOrderOfPipelinedRequests) {
  start();
  auto client = this->client();
  std::string all, big(300'000, 'b');
  for (int i = 0; i < 20; ++i)
    all += get(fmt::format("/show/{}", i)) + post(big) + chunked("3\r\nabc\r\n0\r\n\r\n");
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(client.read_response().body, HasSubstr(fmt::format("id={} ", i)));
    EXPECT_EQ(client.read_response().body, big);
    EXPECT_EQ(client.read_response().body, "abc");
  }
  sender.join();
}

TEST_F(HttpServerTest, ReadsBodiesCutAnywhere) {
  start();
  std::string sized = post("0123456789");
  std::string in_chunks =
      chunked("1\r\n0\r\n4;ext=\"x\"\r\n1234\r\n5\r\n56789\r\n0\r\nTrailer: t\r\n\r\n");
  for (const std::string& request : {sized, in_chunks}) {
    auto client = this->client();
    for (size_t cut = 1; cut < request.size(); ++cut) {
      client.send(request.substr(0, cut));
      std::this_thread::sleep_for(1ms);
      auto response = client.ask(request.substr(cut));
      ASSERT_EQ(response.status, 200) << cut;
      ASSERT_EQ(response.body, "0123456789") << cut;
    }
  }
}

TEST_F(HttpServerTest, ReadsBigChunkedBodies) {
  start();
  std::string body(1 << 20, 'x'), request;
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  for (size_t at = 0, size = 1; at < body.size(); at += size, size = size * 3 % 70'001 + 1) {
    auto piece = std::string_view(body).substr(at, size);
    request += fmt::format("{:X}\r\n{}\r\n", piece.size(), piece);
  }
  EXPECT_EQ(client().ask(chunked(request + "0\r\n\r\n")).body, body);
}

TEST_F(HttpServerTest, BoundsBodies) {
  start();
  std::string body(options_.max_body_bytes, 'x');
  EXPECT_EQ(client().ask(post(body)).body, body);
  std::string chunk = fmt::format("{:x}\r\n{}\r\n", body.size(), body);
  EXPECT_EQ(client().ask(chunked(chunk + "0\r\n\r\n")).body, body);

  auto sized = client();
  auto response = sized.ask(post(body + "x"));
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.head, HasSubstr("connection: close"));
  EXPECT_TRUE(sized.closes_within(5s));

  auto in_chunks = client();
  EXPECT_EQ(in_chunks.ask(chunked(chunk + "1\r\nx\r\n0\r\n\r\n")).status, 413);
  EXPECT_TRUE(in_chunks.closes_within(5s));
  EXPECT_EQ(client()
                .ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: "
                     "18446744073709551615\r\n\r\n")
                .status,
            413);
}

TEST_F(HttpServerTest, RefusesAChunkLargerThanTheLimitBeforeItComes) {
  start();
  EXPECT_EQ(client().ask(chunked("7fffffffffffffff\r\n")).status, 413);
}

TEST_F(HttpServerTest, BoundsHeaders) {
  start();
  auto sized = [](size_t size) {
    size_t rest = fmt::format("GET /hello HTTP/1.1\r\nHost: t\r\nX: \r\n\r\n").size();
    return fmt::format("GET /hello HTTP/1.1\r\nHost: t\r\nX: {}\r\n\r\n",
                       std::string(size - rest, 'x'));
  };
  EXPECT_EQ(client().ask(sized(options_.max_header_bytes)).status, 200);
  EXPECT_EQ(client().ask(sized(options_.max_header_bytes + 1)).status, 431);
  EXPECT_EQ(client().ask(sized(options_.max_header_bytes * 4)).status, 431);
  EXPECT_EQ(client().ask(get("/" + std::string(options_.max_header_bytes, 'x'))).status, 431);
}

TEST_F(HttpServerTest, RefusesBadHttp) {
  start();
  for (std::string_view request : {
           "\r\r\r\r",
           "GET\r\n\r\n",
           "GET /hello\r\n\r\n",
           "GET /hello HTTP/3.0\r\n\r\n",
           "GET  /hello HTTP/1.1\r\nHost: t\r\n\r\n",
           "GET /hel lo HTTP/1.1\r\nHost: t\r\n\r\n",
           "GET hello HTTP/1.1\r\nHost: t\r\n\r\n",
           "GET /% HTTP/1.1\r\nHost: t\r\n\r\n",
           "GET /hello?a=%zz HTTP/1.1\r\nHost: t\r\n\r\n",
           "GET /hello HTTP/1.1\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: t\r\nNo colon\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: t\r\nBad\x01name: x\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: "
           "chunked\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: "
           "1\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
           "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: "
           "chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
       }) {
    auto client = this->client();
    auto response = client.ask(request);
    EXPECT_EQ(response.status, 400) << request;
    EXPECT_EQ(client.closes_within(200ms),
              response.head.find("connection: close") != std::string::npos)
        << request;
  }
  EXPECT_EQ(client().ask(get("/hello")).status, 200);
}

TEST_F(HttpServerTest, RefusesCodingsItDoesNotKnow) {
  start();
  for (const char* coding : {"gzip, chunked", "gzip", "chunked, gzip", "identity"}) {
    auto request = fmt::format(
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: {}\r\n\r\n0\r\n\r\n", coding);
    EXPECT_EQ(client().ask(request).status, 501) << coding;
  }
  EXPECT_EQ(client()
                .ask("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n")
                .status,
            417);
}

TEST_F(HttpServerTest, SurvivesRandomBytes) {
  start();
  std::srand(1);
  std::string seed = post("spans", "X: y\r\n") + chunked("3\r\nabc\r\n0\r\n\r\n");
  for (int round = 0; round < 300; ++round) {
    std::string bytes = seed;
    for (int i = 0; i < 3; ++i) {
      bytes[static_cast<size_t>(std::rand()) % bytes.size()] = static_cast<char>(std::rand());
    }
    client().send(bytes);
  }
  EXPECT_EQ(client().ask(get("/hello")).status, 200);
}

TEST_F(HttpServerTest, SaysWhatIsNotThereAndWhatIsNotAllowed) {
  start();
  auto client = this->client();
  EXPECT_EQ(client.ask(get("/nothing")).status, 404);
  auto response = client.ask("PUT /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.head, HasSubstr("allow: get, head\r\n"));
  EXPECT_EQ(client.ask(get("/hello")).status, 200);  // the connection is still good

  // With a body that nobody wants the connection ends, since the body is not read.
  auto with_body = this->client();
  EXPECT_EQ(
      with_body.ask("POST /nothing HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nspans").status,
      404);
  EXPECT_TRUE(with_body.closes_within(5s));
}

TEST_F(HttpServerTest, WordsErrorsAsTheListenerDoes) {
  options_.error_form = HttpErrorForm::kJson;
  start();
  auto json = client().ask(get("/nothing"));
  EXPECT_EQ(json.body,
            R"({"error":{"code":"not_found","message":"there is nothing at /nothing"}})");
  options_.error_form = HttpErrorForm::kRpcStatus;
  start();
  auto rpc = client().ask(
      post(std::string(options_.max_body_bytes + 1, 'x'), "Content-Type: application/json\r\n"));
  EXPECT_EQ(rpc.body, R"({"code":8,"message":"the body is larger than 1048576 bytes"})");
  EXPECT_THAT(rpc.head, HasSubstr("content-type: application/json"));
  auto proto = client().ask(post(std::string(options_.max_body_bytes + 1, 'x')));
  EXPECT_EQ(proto.body.substr(0, 2), "\x08\x08");
  EXPECT_THAT(proto.head, HasSubstr("content-type: application/x-protobuf"));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  auto client = this->client();
  client.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  auto response = client.read_response(/*head=*/true);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.head, HasSubstr("content-length: 5"));
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(HttpServerTest, TellsWhoWaitsToContinue) {
  start();
  auto client = this->client();
  std::string head =
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(client.ask(head).status, 100);
  EXPECT_EQ(client.ask("spans").body, "spans");
  EXPECT_EQ(client.ask(head + "spans").body, "spans");  // did not wait, so is not told

  auto too_large = this->client();
  EXPECT_EQ(too_large
                .ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1048577\r\nExpect: "
                     "100-continue\r\n\r\n")
                .status,
            413);
}

TEST_F(HttpServerTest, EndsTheConnectionWhenAsked) {
  start();
  auto close = client();
  EXPECT_THAT(close.ask("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").head,
              HasSubstr("connection: close"));
  EXPECT_TRUE(close.closes_within(5s));
  auto old = client();
  EXPECT_EQ(old.ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(old.closes_within(5s));
  auto old_kept = client();
  EXPECT_THAT(old_kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head,
              HasSubstr("connection: keep-alive"));
  EXPECT_EQ(old_kept.ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
}

TEST_F(HttpServerTest, LetsNobodyWriteHeadersThroughValues) {
  routes_.add("GET", "/inject", [](HttpRequest, HttpResponder responder) {
    HttpResponse response = HttpResponse::text(200, "x");
    response.headers.emplace_back("X-Echo", "a\r\nSet-Cookie: b");
    responder.send(std::move(response));
  });
  start();
  EXPECT_THAT(client().ask(get("/inject")).head, HasSubstr("x-echo: a  set-cookie: b\r\n"));
}

TEST_F(HttpServerTest, IsAnsweredFromAnyThreadLater) {
  start();
  auto client = this->client();
  client.send(get("/later") + get("/hello"));
  auto responder = take_waiting();
  std::thread([&] { responder.send(HttpResponse::text(201, "late")); }).join();
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(client.read_response().body, "hello");
}

TEST_F(HttpServerTest, AnswersForHandlersThatDoNot) {
  start();
  auto client = this->client();
  EXPECT_EQ(client.ask(get("/drop")).status, 500);
  EXPECT_EQ(client.ask(get("/throw")).status, 500);
  client.send(get("/later"));
  {
    auto dropped = take_waiting();
  }
  EXPECT_EQ(client.read_response().status, 500);
}

TEST_F(HttpServerTest, DoesNotMindAnswersNobodyWaitsFor) {
  start();
  auto client = this->client();
  client.send(get("/later"));
  auto after_client = take_waiting();
  client.reset();
  after_client.send(HttpResponse::text(200, std::string(1 << 20, 'x')));

  auto second = this->client();
  second.send(get("/later"));
  auto after_server = take_waiting();
  auto third = this->client();
  third.send(get("/later"));
  {
    auto dropped_after_server = take_waiting();
    server_.reset();
  }
  after_server.send(HttpResponse::text(200, "x"));
  after_server.send(HttpResponse::text(200, "twice"));
  EXPECT_EQ(second.read_response().status, 0);
}

TEST_F(HttpServerTest, ClosesConnectionsThatStandStill) {
  options_.idle_timeout = 200ms;
  start();
  auto silent = client(), half_head = client(), half_body = client(), half_chunk = client(),
       kept = client();
  half_head.send("GET /hello HT");
  half_body.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nspa");
  half_chunk.send(chunked("5\r\nspa"));
  EXPECT_EQ(kept.ask(get("/hello")).status, 200);
  for (RawClient* client : {&silent, &half_head, &half_body, &half_chunk, &kept}) {
    EXPECT_TRUE(client->closes_within(2s));
  }
}

TEST_F(HttpServerTest, ClosesConnectionsThatDrip) {
  options_.idle_timeout = 200ms;
  start();
  for (std::string request :
       {get("/hello"), post(std::string(100, 'x')), chunked(std::string(50, ' '))}) {
    auto client = this->client();
    auto begin = std::chrono::steady_clock::now();
    size_t sent = 0;
    while (sent < request.size() && client.send(request.substr(sent++, 1)) &&
           !client.closes_within(20ms)) {
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
    EXPECT_LT(sent, request.size());
  }
}

TEST_F(HttpServerTest, WaitsForHandlersLongerThanForClients) {
  options_.idle_timeout = 100ms;
  start();
  auto client = this->client();
  client.send(get("/later"));
  auto responder = take_waiting();
  std::this_thread::sleep_for(400ms);
  responder.send(HttpResponse::text(200, "patience"));
  EXPECT_EQ(client.read_response().body, "patience");
}

TEST_F(HttpServerTest, GivesUpOnReadersThatStandStill) {
  options_.idle_timeout = 200ms;
  routes_.add("GET", "/big", [](HttpRequest, HttpResponder responder) {
    responder.send(HttpResponse::text(200, std::string(64 << 20, 'x')));
  });
  start();
  auto client = this->client();
  client.send(get("/big"));
  std::this_thread::sleep_for(800ms);
  EXPECT_EQ(client.read_response().status, 0);  // cut off in the middle
}

TEST_F(HttpServerTest, BoundsConnections) {
  options_.max_connections = 2;
  start();
  auto first = client(), second = client();
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
  EXPECT_EQ(second.ask(get("/hello")).status, 200);
  EXPECT_TRUE(client().closes_within(5s));
  first.reset();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(client().ask(get("/hello")).status, 200);
}

TEST_F(HttpServerTest, RefusesBodiesWhileTooManyAreInFlight) {
  options_.inflight = std::make_shared<ByteBudget>(100'000);
  routes_.add("POST", "/later", [this](HttpRequest request, HttpResponder responder) {
    EXPECT_EQ(request.body.size(), 100'000u);
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(responder));
    arrived_.notify_all();
  });
  start();
  auto first = client();
  first.send("POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n" +
             std::string(100'000, 'x'));
  auto responder = take_waiting();
  auto refused = client().ask(post("x"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.head, HasSubstr("retry-after: 1\r\n"));
  EXPECT_EQ(client().ask(chunked("1\r\nx\r\n0\r\n\r\n")).status, 503);
  EXPECT_EQ(client().ask(get("/hello")).status, 200);  // no body, no bytes
  responder.send(HttpResponse::text(200, "done"));
  EXPECT_EQ(first.read_response().status, 200);
  EXPECT_EQ(client().ask(post("x")).status, 200);
}

TEST_F(HttpServerTest, FinishesWhatIsInFlightWhenItStops) {
  start();
  auto busy = client(), idle = client(), uploading = client();
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  busy.send(get("/later"));
  auto responder = take_waiting();
  uploading.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nsp");
  std::this_thread::sleep_for(50ms);
  auto stopped = std::async(std::launch::async, [&] { server_->stop(5s); });
  EXPECT_TRUE(idle.closes_within(2s));
  EXPECT_FALSE(RawClient(server_->port()).connected());
  responder.send(HttpResponse::text(200, "still here"));
  auto response = busy.read_response();
  EXPECT_EQ(response.body, "still here");
  EXPECT_THAT(response.head, HasSubstr("connection: close"));
  EXPECT_EQ(uploading.ask("ans").body, "spans");
  EXPECT_EQ(stopped.wait_for(2s), std::future_status::ready);
}

TEST_F(HttpServerTest, StopsAtTheDeadlineWhateverIsInFlight) {
  start();
  auto busy = client();
  busy.send(get("/later"));
  auto responder = take_waiting();
  auto begin = std::chrono::steady_clock::now();
  server_->stop(200ms);
  auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, 2s);
  EXPECT_TRUE(busy.closes_within(1s));
}

/// What handlers own may have threads of its own, and one of them may hold the last request.
TEST_F(HttpServerTest, LetsGoOfHandlersBeforeItsRequestsAreLetGo) {
  auto owned = std::make_shared<int>(1);
  std::weak_ptr<int> handlers_own = owned;
  routes_.add("GET", "/owner", [owned = std::move(owned)](HttpRequest, HttpResponder) {});
  start();
  routes_ = HttpRoutes();
  auto client = this->client();
  client.send(get("/later"));
  auto responder = take_waiting();
  EXPECT_FALSE(handlers_own.expired());
  server_.reset();
  EXPECT_TRUE(handlers_own.expired());
  responder.send(HttpResponse::text(200, "x"));
}

TEST_F(HttpServerTest, SaysThatThePortIsTaken) {
  start();
  options_.address.port = server_->port();
  options_.flag = "--otlp-http";
  auto second = HttpServer::start(options_, routes_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            fmt::format("cannot listen on 127.0.0.1:{}: address in use (is another clew running? "
                        "choose another address with --otlp-http)",
                        server_->port()));
  server_.reset();
  EXPECT_TRUE(HttpServer::start(options_, routes_));  // no waiting for TIME_WAIT
}

TEST_F(HttpServerTest, SaysWhyAnAddressIsNoGood) {
  options_.address.host = "no-such-host.invalid";
  EXPECT_EQ(HttpServer::start(options_, routes_).error().code, Code::kInvalid);
  options_.address.host = "192.0.2.1";
  auto foreign = HttpServer::start(options_, routes_);
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().message, HasSubstr("cannot listen on 192.0.2.1:0: "));
}

TEST_F(HttpServerTest, ServesManyConnectionsAtOnce) {
  options_.io_threads = 2;
  start();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      std::string body(static_cast<size_t>(1000 * t + 1), static_cast<char>('a' + t));
      auto client = this->client();
      for (int i = 0; i < 200; ++i) good += client.ask(post(body)).body == body;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 200);
  EXPECT_THAT(metrics::render(),
              HasSubstr("clew_http_responses_total{code=\"2xx\",listener=\"http\"}"));
}

}  // namespace
}  // namespace clew::net
