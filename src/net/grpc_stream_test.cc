// Streams of the gRPC server, over loopback.
#include "net/grpc_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "net/encoding.h"
#include "net/grpc_server.h"
#include "net/internal/test_file.h"
#include "net/internal/test_stream.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::TestFile;
using testing::TestStream;

class GrpcStreamTest : public ::testing::Test {
 protected:
  GrpcStreamTest() {
    options_.address = {"127.0.0.1", 0};
    methods_.stream("/clew.Test/Echo", [this](GrpcStream stream) {
      keep(stream);
      return GrpcStreamHandler{.on_message =
                                   [stream](const SharedBytes& message) mutable {
                                     if (message.view() == "bye") return stream.end({});
                                     if (message.view() == "bad")
                                       return stream.end(fail(Code::kMalformed, "no"));
                                     if (message.view() == "throw") throw std::runtime_error("x");
                                     stream.send(std::string(message.view()));
                                   },
                               .on_close =
                                   [this] {
                                     std::lock_guard lock(mutex_);
                                     ++closed_;
                                     changed_.notify_all();
                                   }};
    });
    methods_.unary("/clew.Test/Unary", [](GrpcRequest, GrpcResponder responder) {
      responder.send(std::string("unary"));
    });
  }

  void start() {
    auto server = GrpcServer::start(options_, methods_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  std::unique_ptr<TestStream> open(const HttpFields& metadata = {}) {
    return std::make_unique<TestStream>(server_->port(), "/clew.Test/Echo", metadata);
  }
  void keep(const GrpcStream& stream) {
    std::lock_guard lock(mutex_);
    opened_.push_back(stream);
    changed_.notify_all();
  }
  /// The server's side of the n-th stream that was opened.
  GrpcStream opened(size_t n = 0) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 5s, [&] { return opened_.size() > n; });
    return opened_.at(n);
  }
  bool closes(int count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return closed_ >= count; });
  }

  GrpcServerOptions options_;
  GrpcMethods methods_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<GrpcStream> opened_;
  int closed_ = 0;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcStreamTest, CarriesMessagesBothWaysInOrder) {
  start();
  auto client = open({{"x-scope-orgid", "acme"}});
  for (size_t size : {0, 1, 5000, 1 << 20}) {
    std::string body(size, 'x');
    ASSERT_TRUE(client->send(body));
    EXPECT_EQ(client->receive(), body) << size;
  }
  for (int i = 0; i < 1000; ++i) opened().send(std::to_string(i));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client->receive(), std::to_string(i));
  EXPECT_EQ(opened().meta("x-scope-orgid"), "acme");
  EXPECT_EQ(opened().meta("none"), "");
  EXPECT_THAT(opened().peer(), HasSubstr("ipv4:127.0.0.1:"));
  client->half_close();
  EXPECT_TRUE(client->status().ok());
  EXPECT_TRUE(closes());
}

TEST_F(GrpcStreamTest, SendsWithoutBeingAsked) {
  start();
  auto client = open();
  std::thread([stream = opened()]() mutable { stream.send("unasked"); }).join();
  EXPECT_EQ(client->receive(), "unasked");
}

TEST_F(GrpcStreamTest, SendsInTurnMoreThanItQueues) {
  start();
  auto client = open();
  // More than may wait in the queue, and the client begins to read only later.
  constexpr size_t kMessages = 3 * limits::kStreamQueueBytes >> 20;
  std::atomic<size_t> sent = 0;
  std::thread sender([stream = opened(), &sent]() mutable {
    while (sent < kMessages && stream.send_in_turn(std::string(1 << 20, 'x'), 5s)) ++sent;
  });
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(sent, kMessages / 3);
  for (size_t i = 0; i < kMessages; ++i) ASSERT_TRUE(client->receive()) << i;
  sender.join();
  EXPECT_EQ(sent, kMessages);
}

TEST_F(GrpcStreamTest, CutsOffWhoDoesNotReadInTurn) {
  start();
  auto client = open();
  bool cut = false;
  std::thread([stream = opened(), &cut]() mutable {
    for (int i = 0; i < 100 && !cut; ++i)
      cut = !stream.send_in_turn(std::string(1 << 20, 'x'), 50ms);
  }).join();
  EXPECT_TRUE(cut);
  EXPECT_TRUE(closes());
}

TEST_F(GrpcStreamTest, EndsAsItsServerSays) {
  start();
  auto client = open();
  client->send("bye");
  EXPECT_TRUE(client->status().ok());
  client = open();
  client->send("last words");
  client->send("bad");
  EXPECT_EQ(client->receive(), "last words");
  grpc::Status status = client->status();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "no");
  client = open();
  client->send("throw");
  EXPECT_EQ(client->status().error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_TRUE(closes(3));
  EXPECT_FALSE(opened(0).send("too late"));
}

TEST_F(GrpcStreamTest, NoticesThatTheClientHasGone) {
  start();
  auto client = open();
  client->send("x");
  GrpcStream stream = opened();  // a call cancelled before it left the client is none here
  client->cancel();
  EXPECT_TRUE(closes());
  stream.end({});
  server_.reset();
  EXPECT_FALSE(stream.send("too late"));
  EXPECT_THAT(stream.peer(), HasSubstr("127.0.0.1"));
}

TEST_F(GrpcStreamTest, EndsStreamsAtOnceWhenItStops) {
  start();
  auto client = open();
  client->send("x");
  EXPECT_EQ(client->receive(), "x");
  auto begin = std::chrono::steady_clock::now();
  server_->stop(5s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(closed_, 1);
  EXPECT_EQ(client->status().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcStreamTest, CutsOffWhoDoesNotRead) {
  start();
  auto client = open();
  GrpcStream stream = opened();
  std::string megabyte(1 << 20, 'x');
  size_t sent = 0;
  while (sent < 200 && stream.send(megabyte)) ++sent;
  EXPECT_GE(sent, limits::kStreamQueueBytes >> 20);
  EXPECT_LT(sent, 100U);
  EXPECT_TRUE(closes());
}

TEST_F(GrpcStreamTest, RefusesWhatIsTooLargeOrDamaged) {
  options_.max_message_bytes = 1 << 20;
  start();
  auto client = open();
  client->send(std::string((1 << 20) + 1, 'x'));
  EXPECT_FALSE(client->status().ok());
  client = open();
  std::string zstd(encode_content("zstd", SharedBytes::copy("compressed")).value().view());
  client->send(zstd);
  EXPECT_EQ(client->receive(), "compressed");
  client->send(zstd.substr(0, zstd.size() - 1));
  EXPECT_EQ(client->status().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(closes(2));
}

TEST_F(GrpcStreamTest, LetsInWhomTheAuthenticatorKnows) {
  TestFile users("user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");  // secret
  options_.authenticator = Authenticator::create({.htpasswd_file = users.path()}).value();
  start();
  auto client = open();
  EXPECT_EQ(client->status().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  client = open({{"authorization", "Basic dXNlcjpzZWNyZXQ="}});
  client->send("x");
  EXPECT_EQ(client->receive(), "x");
}

TEST_F(GrpcStreamTest, SurvivesStreamsThatComeAndGo) {
  start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        auto client = open();
        client->send("x");
        if (round % 2 == 0) client->receive(1ms);
        client->cancel();
      }
    });
  }
  std::atomic<bool> stop = false;
  std::thread pusher([&] {
    while (!stop) {
      std::lock_guard lock(mutex_);
      for (auto& stream : opened_) stream.send("y");
    }
  });
  for (auto& client : clients) client.join();
  stop = true;
  pusher.join();
  server_.reset();
  EXPECT_EQ(closed_, static_cast<int>(opened_.size()));
}

}  // namespace
}  // namespace clew::net
