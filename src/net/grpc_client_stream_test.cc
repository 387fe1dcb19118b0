// Streams that a client opens, over loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "net/grpc_client.h"
#include "net/grpc_server.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a stream's opener has been told.
class Told {
 public:
  GrpcClientStreamHandler handler() {
    return {.on_message =
                [this](const SharedBytes& message) {
                  std::lock_guard lock(mutex_);
                  messages_.emplace_back(message.view());
                  changed_.notify_all();
                },
            .on_close =
                [this](Result<void> why) {
                  std::lock_guard lock(mutex_);
                  closed_ = true;
                  why_ = std::move(why);
                  changed_.notify_all();
                }};
  }
  std::vector<std::string> messages(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return messages_.size() >= count; });
    return messages_;
  }
  Result<void> closed() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 20s, [&] { return closed_; }))
      return fail(Code::kTimeout, "it is still open");
    return why_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> messages_;
  bool closed_ = false;
  Result<void> why_;
};

class GrpcClientStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    GrpcMethods methods;
    methods.stream("/clew.Test/Echo", [](GrpcStream stream) {
      return GrpcStreamHandler{.on_message =
                                   [stream](const SharedBytes& message) mutable {
                                     if (message.view() == "bye") return stream.end({});
                                     if (message.view() == "bad")
                                       return stream.end(fail(Code::kInvalid, "no such thing"));
                                     if (message.view() == "who")
                                       stream.send(std::string(stream.meta("authorization")));
                                     else
                                       stream.send(std::string(message.view()));
                                   },
                               .on_close = [] {}};
    });
    server_ = GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods)).value();
    client_ = GrpcClient::create({.target = fmt::format("127.0.0.1:{}", server_->port()),
                                  .max_message_bytes = 8 << 20})
                  .value();
  }

  std::unique_ptr<GrpcServer> server_;
  Told told_;
  std::unique_ptr<GrpcClient> client_;  // goes before what it tells
};

TEST_F(GrpcClientStreamTest, CarriesMessagesBothWaysInOrder) {
  GrpcStream stream = client_->open("/clew.Test/Echo", told_.handler());
  for (const char* message : {"a", "b", "c"}) EXPECT_TRUE(stream.send(message));
  EXPECT_THAT(told_.messages(3), ElementsAre("a", "b", "c"));
  stream.send(std::string(5 << 20, 'x'));
  EXPECT_EQ(told_.messages(4).back().size(), size_t{5 << 20});
  stream.send("bye");
  EXPECT_TRUE(told_.closed().has_value());
  EXPECT_FALSE(stream.send("late"));
}

TEST_F(GrpcClientStreamTest, ShowsItsHeadersAndTellsWhyItWasEnded) {
  GrpcStream stream =
      client_->open("/clew.Test/Echo", told_.handler(), {{"authorization", "Bearer x"}});
  stream.send("who");
  EXPECT_THAT(told_.messages(1), ElementsAre("Bearer x"));
  stream.send("bad");
  auto why = told_.closed();
  ASSERT_FALSE(why.has_value());
  EXPECT_EQ(why.error().code, Code::kRejected);
  EXPECT_THAT(why.error().message, HasSubstr("no such thing"));
}

TEST_F(GrpcClientStreamTest, TellsThatNobodyIsThere) {
  server_->stop(0ms);
  GrpcStream stream = client_->open("/clew.Test/Echo", told_.handler());
  stream.send("a");
  auto why = told_.closed();
  ASSERT_FALSE(why.has_value());
  EXPECT_EQ(why.error().code, Code::kUnavailable);
}

TEST_F(GrpcClientStreamTest, EndsWithItsClient) {
  GrpcStream stream = client_->open("/clew.Test/Echo", told_.handler());
  stream.send("a");
  EXPECT_THAT(told_.messages(1), ElementsAre("a"));
  client_.reset();
  EXPECT_TRUE(told_.closed().has_value());
  EXPECT_FALSE(stream.send("b"));
}

TEST_F(GrpcClientStreamTest, RefusesHeadersThatCannotBe) {
  GrpcStream stream = client_->open("/clew.Test/Echo", told_.handler(), {{"grpc-x", "y"}});
  EXPECT_FALSE(stream.send("a"));
  EXPECT_EQ(told_.closed().error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::net
