// Client and server against each other, over loopback.
#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "net/encoding.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/internal/grpc_library.h"
#include "net/internal/testing.h"
#include "net/status.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class GrpcTest : public ::testing::Test {
 protected:
  GrpcTest() {
    options_.address = {"127.0.0.1", 0};
    options_.max_message_bytes = 1 << 20;
    methods_.unary("/clew.Test/Echo", [](GrpcRequest request, GrpcResponder responder) {
      responder.send(std::string(request.body.view()));
    });
    methods_.unary("/clew.Test/Meta", [](GrpcRequest request, GrpcResponder responder) {
      responder.send(fmt::format("{} {} {} {}", request.method, request.meta("x-scope-orgid"),
                                 request.meta("none"), request.peer.starts_with("ipv4:127")));
    });
    methods_.unary("/clew.Test/Peer", [](GrpcRequest request, GrpcResponder responder) {
      responder.send(std::string(request.peer));
    });
    methods_.unary("/clew.Test/Full", [](GrpcRequest, GrpcResponder responder) {
      responder.send(std::unexpected(Error{Code::kUnavailable, "queue is full", 1500ms}));
    });
    methods_.unary("/clew.Test/Bad", [](GrpcRequest, GrpcResponder responder) {
      responder.send(fail(Code::kMalformed, "bad tag at byte 7"));
    });
    methods_.unary("/clew.Test/Later", [this](GrpcRequest, GrpcResponder responder) {
      std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(responder));
      arrived_.notify_all();
    });
    methods_.unary("/clew.Test/Drop", [](GrpcRequest, GrpcResponder) {});
    methods_.unary("/clew.Test/Throw",
                   [](GrpcRequest, GrpcResponder) { throw std::runtime_error("x"); });
  }
  ~GrpcTest() override {
    client_.reset();
    waiting_.clear();
  }

  void start() {
    auto server = GrpcServer::start(options_, methods_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    options_.address.port = server_->port();
    connect();
  }
  void connect(GrpcClientOptions options = {}) {
    options.target = fmt::format("127.0.0.1:{}", server_->port());
    auto client = GrpcClient::create(options);
    ASSERT_TRUE(client) << client.error().message;
    client_ = std::move(*client);
  }
  std::future<Result<std::string>> begin(const std::string& method, std::string request = "",
                                         std::chrono::milliseconds deadline = 10s) {
    auto promise = std::make_shared<std::promise<Result<std::string>>>();
    client_->call("/clew.Test/" + method, SharedBytes::take(std::move(request)), deadline,
                  [promise](Result<std::string> answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  Result<std::string> call(const std::string& method, std::string request = "",
                           std::chrono::milliseconds deadline = 10s) {
    return begin(method, std::move(request), deadline).get();
  }
  GrpcResponder take_waiting() {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, 5s, [&] { return !waiting_.empty(); });
    GrpcResponder responder = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return responder;
  }

  GrpcServerOptions options_;
  GrpcMethods methods_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<GrpcResponder> waiting_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<GrpcClient> client_;
};

TEST_F(GrpcTest, CarriesBytesBothWays) {
  start();
  for (size_t size : {0, 1, 5000, 20'000, 1 << 20}) {
    std::string body(size, 'x');
    for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 7);
    EXPECT_EQ(call("Echo", body), body) << size;
  }
}

TEST_F(GrpcTest, CarriesHeadersAndCompresses) {
  start();
  connect({.headers = {{"X-Scope-OrgID", "acme"}}, .compression = GrpcCompression::kGzip});
  EXPECT_EQ(call("Meta"), "/clew.Test/Meta acme  true");
  std::string body(500'000, 'x');
  EXPECT_EQ(call("Echo", body), body);
}

TEST_F(GrpcTest, TakesWhatGrpcItselfCannotDecompress) {
  start();
  std::string body(500'000, 'x');
  std::string zstd(encode_content("zstd", SharedBytes::copy(body)).value().view());
  EXPECT_EQ(call("Echo", zstd), body);
  // A frame's header and one chunk: its length, its masked CRC-32C, a block with a literal.
  std::string snappy(
      "\xff\x06\0\0sNaPpY\x01\x07\0\0\x1e\x35\x8d\x73"
      "xyz",
      21);
  EXPECT_EQ(call("Echo", snappy), "xyz");
  auto damaged = call("Echo", zstd.substr(0, zstd.size() - 1));
  ASSERT_FALSE(damaged);
  EXPECT_FALSE(is_retryable(damaged.error()));
  auto bomb = encode_content("zstd", SharedBytes::take(std::string(64 << 20, '\0')));
  auto refused = call("Echo", std::string(bomb.value().view()));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST_F(GrpcTest, CarriesHeadersOfOneCall) {
  start();
  auto meta = [&](HttpFields headers) {
    std::promise<Result<std::string>> promise;
    client_->call(
        "/clew.Test/Meta", SharedBytes(), 5s,
        [&](Result<std::string> answer) { promise.set_value(std::move(answer)); }, headers);
    return promise.get_future().get();
  };
  EXPECT_EQ(meta({{"x-scope-orgid", "acme"}}), "/clew.Test/Meta acme  true");
  EXPECT_EQ(meta({}), "/clew.Test/Meta   true");
  EXPECT_EQ(meta({{"x-scope-orgid", "a\nb"}}).error().code, Code::kInvalid);
}

TEST_F(GrpcTest, CarriesErrorsWithTheirRetryDelay) {
  start();
  auto full = call("Full");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::kUnavailable);
  EXPECT_EQ(full.error().message, "UNAVAILABLE: queue is full");
  EXPECT_EQ(full.error().retry_after, 1500ms);
  auto bad = call("Bad");
  EXPECT_EQ(bad.error().message, "INVALID_ARGUMENT: bad tag at byte 7");
  EXPECT_FALSE(is_retryable(bad.error()));
  EXPECT_FALSE(bad.error().retry_after);
}

TEST_F(GrpcTest, RefusesMessagesPastTheLimit) {
  start();
  EXPECT_TRUE(call("Echo", std::string(options_.max_message_bytes, 'x')));
  auto refused = call("Echo", std::string(options_.max_message_bytes + 1, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_FALSE(is_retryable(refused.error()));
  connect({.compression = GrpcCompression::kGzip});
  auto bomb = call("Echo", std::string(64 << 20, '\0'));
  ASSERT_FALSE(bomb);
  EXPECT_THAT(bomb.error().message, HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_TRUE(call("Echo", "still here"));
}

TEST_F(GrpcTest, WhatIsDecompressedCountsAsInFlight) {
  options_.inflight = std::make_shared<ByteBudget>(500'000);
  start();
  connect({.compression = GrpcCompression::kGzip});
  std::string fits(300'000, 'x');
  EXPECT_EQ(call("Echo", fits), fits);
  auto refused = call("Echo", std::string(600'000, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_retryable(refused.error()));
}

TEST_F(GrpcTest, RefusesUnknownMethods) {
  start();
  auto refused = call("Nothing", std::string(100'000, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_THAT(refused.error().message,
              HasSubstr("UNIMPLEMENTED: unknown method /clew.Test/Nothing"));
}

TEST_F(GrpcTest, RefusesCallsWhileTooManyAreInFlight) {
  options_.inflight = std::make_shared<ByteBudget>(100'000);
  start();
  auto first = begin("Later", std::string(100'000, 'x'));
  auto responder = take_waiting();
  auto refused = call("Echo", "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().retry_after, 1000ms);
  responder.send("done");
  EXPECT_EQ(first.get(), "done");
  EXPECT_EQ(call("Echo", "x"), "x");
}

TEST_F(GrpcTest, IsAnsweredFromAnyThreadLater) {
  start();
  auto answer = begin("Later");
  auto responder = take_waiting();
  std::thread([&] { responder.send("late"); }).join();
  EXPECT_EQ(answer.get(), "late");
}

TEST_F(GrpcTest, AnswersForHandlersThatDoNot) {
  start();
  for (const char* method : {"Drop", "Throw"}) {
    auto answer = call(method);
    ASSERT_FALSE(answer) << method;
    EXPECT_THAT(answer.error().message, HasSubstr("INTERNAL"));
  }
}

TEST_F(GrpcTest, GivesUpAtTheDeadline) {
  start();
  auto answer = call("Later", "", 100ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kTimeout);
  take_waiting().send("nobody waits");
  EXPECT_EQ(call("Echo", "x"), "x");
}

TEST_F(GrpcTest, ConnectsAnewAfterWaitingInVain) {
  start();
  std::string before = call("Peer").value();
  EXPECT_EQ(call("Peer"), before);
  ASSERT_FALSE(call("Later", "", 50ms));
  EXPECT_NE(call("Peer").value(), before);
}

TEST_F(GrpcTest, KeepsAConnectionOverWhichOthersAreAnswered) {
  start();
  std::string before = call("Peer").value();
  auto in_vain = begin("Later", "", 300ms);
  take_waiting().send("this one is answered");
  ASSERT_TRUE(in_vain.get());
  in_vain = begin("Later", "", 300ms);
  auto responder = take_waiting();
  EXPECT_EQ(call("Peer"), before);  // answered while that one waits
  ASSERT_FALSE(in_vain.get());
  EXPECT_EQ(call("Peer"), before);
}

TEST_F(GrpcTest, DoesNotMindAnswersAfterTheServerHasGone) {
  start();
  auto answer = begin("Later");
  auto responder = take_waiting();
  server_.reset();
  ASSERT_FALSE(answer.get());
  responder.send("too late");
}

TEST_F(GrpcTest, FinishesWhatIsInFlightWhenItStops) {
  start();
  auto answer = begin("Later");
  auto responder = take_waiting();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(5s); });
  EXPECT_EQ(stopped.wait_for(200ms), std::future_status::timeout);
  responder.send("still here");
  EXPECT_EQ(answer.get(), "still here");
  EXPECT_EQ(stopped.wait_for(2s), std::future_status::ready);
}

TEST_F(GrpcTest, StopsAtTheDeadlineWhateverIsInFlight) {
  start();
  auto answer = begin("Later");
  auto responder = take_waiting();
  auto begin = std::chrono::steady_clock::now();
  server_->stop(200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_TRUE(is_retryable(answer.get().error()));
}

TEST_F(GrpcTest, FindsAServerThatComesBack) {
  start();
  EXPECT_TRUE(call("Echo", "x"));
  server_.reset();
  auto away = call("Echo", "x");
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, Code::kUnavailable);
  std::this_thread::sleep_for(1s);
  EXPECT_FALSE(call("Echo", "x"));
  auto server = GrpcServer::start(options_, methods_);  // the same port
  ASSERT_TRUE(server) << server.error().message;
  auto begin = std::chrono::steady_clock::now();
  while (!call("Echo", "x") && std::chrono::steady_clock::now() - begin < 10s) {
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(GrpcTest, TakesAThousandCallsAtOnce) {
  start();
  std::vector<std::future<Result<std::string>>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(begin("Echo", std::to_string(i), 60s));
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(answers[static_cast<size_t>(i)].get(), std::to_string(i));
}

TEST_F(GrpcTest, CallsBackBeforeTheClientIsGone) {
  start();
  std::atomic<int> answered = 0, failed = 0;
  for (int i = 0; i < 50; ++i) {
    client_->call("/clew.Test/Later", SharedBytes(), 60s,
                  [&](const Result<std::string>& answer) { ++(answer ? answered : failed); });
  }
  take_waiting().send("one");
  server_->stop(0ms);
  client_.reset();
  EXPECT_EQ(answered + failed, 50);
  EXPECT_LE(answered, 1);
}

TEST_F(GrpcTest, CancelsCallsWithTheClient) {
  start();
  auto answer = begin("Later", "", 60s);
  auto responder = take_waiting();
  client_.reset();
  ASSERT_EQ(answer.wait_for(0ms), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code, Code::kUnavailable);
}

TEST_F(GrpcTest, SaysThatItIsHealthy) {
  start();
  auto check = [&](std::string request) {
    std::promise<Result<std::string>> promise;
    client_->call("/grpc.health.v1.Health/Check", SharedBytes::take(std::move(request)), 5s,
                  [&](Result<std::string> answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  };
  EXPECT_EQ(check(""), "\x08\x01");
  EXPECT_EQ(check("\x0a\x09"
                  "clew.Test"),
            "\x08\x01");
  EXPECT_EQ(check("\x0a\x04none").error().code, Code::kNotFound);
  EXPECT_EQ(check("\x0a\x09x").error().code, Code::kRejected);
}

TEST_F(GrpcTest, SaysThatThePortIsTaken) {
  start();
  auto second = GrpcServer::start(options_, methods_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            fmt::format("cannot listen on 127.0.0.1:{}: address in use (is another clew running? "
                        "choose another address with --otlp-grpc)",
                        server_->port()));
}

TEST_F(GrpcTest, RefusesTargetsAndHeadersThatGrpcWouldAbortOn) {
  auto error = [](GrpcClientOptions options) { return GrpcClient::create(options).error(); };
  EXPECT_THAT(error({.target = "store"}).message, HasSubstr("expected HOST:PORT"));
  EXPECT_THAT(error({.target = "store:0"}).message, HasSubstr("port is missing"));
  EXPECT_THAT(error({.target = "store:1", .headers = {{"bad header", "x"}}}).message,
              HasSubstr("'bad header' is not a valid"));
  auto secret = error({.target = "store:1", .headers = {{"authorization", "s3cret\n"}}});
  EXPECT_THAT(secret.message, HasSubstr("header authorization"));
  EXPECT_EQ(secret.message.find("s3cret"), std::string::npos);
}

TEST(GrpcLog, SaysTheSameOnceInAWhile) {
  use_our_log();
  testing::CapturedLog log;
  for (int i = 0; i < 100; ++i) gpr_log(GPR_ERROR, "Handshake with 127.0.0.1:%d failed", 1000 + i);
  gpr_log(GPR_ERROR, "another complaint");
  EXPECT_EQ(log.text(),
            "warning: gRPC: Handshake with 127.0.0.1:1000 failed\n"
            "warning: gRPC: another complaint\n");
}

}  // namespace
}  // namespace clew::net
