#include "net/udp_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "base/metrics.h"

namespace clew::net {
namespace {

using std::chrono::seconds;

/// Sends packets to a port of 127.0.0.1.
class UdpClient {
 public:
  explicit UdpClient(uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  }
  ~UdpClient() { close(fd_); }
  UdpClient(const UdpClient&) = delete;
  UdpClient& operator=(const UdpClient&) = delete;

  void send(std::string_view packet) const {
    EXPECT_EQ(::send(fd_, packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
  }
  /// Nobody may be listening any more.
  void send_if_open(std::string_view packet) const {
    std::ignore = ::send(fd_, packet.data(), packet.size(), 0);
  }

 private:
  int fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

/// What the handler was given; it can be held back.
class Packets {
 public:
  PacketHandler handler() {
    return [this](std::string_view packet) {
      std::unique_lock lock(mutex_);
      handling_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !held_; });
      packets_.emplace_back(packet);
      changed_.notify_all();
    };
  }
  bool wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), [&] { return packets_.size() >= count; });
  }
  bool wait_until_handling() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), [&] { return handling_; });
  }
  void hold(bool held) {
    std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  std::vector<std::string> all() {
    std::lock_guard lock(mutex_);
    return packets_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false, handling_ = false;
  std::vector<std::string> packets_;
};

/// A listener named after its test, so that its counters start at zero.
class UdpServerTest : public ::testing::Test {
 protected:
  void start(UdpServerOptions options = {}) {
    options.address = {"127.0.0.1", 0};
    options.name = name();
    auto server = UdpServer::start(std::move(options), packets_.handler());
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
  }
  static std::string name() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  static double dropped(const std::string& reason) {
    return metrics::counter("clew_udp_dropped_packets_total", "",
                            {{"listener", name()}, {"reason", reason}})
        .Value();
  }

  Packets packets_;
  std::unique_ptr<UdpServer> server_;
};

TEST_F(UdpServerTest, GivesEachPacketToTheHandler) {
  start();
  UdpClient client(server_->port());
  client.send("one");
  client.send("");
  client.send("three");
  ASSERT_TRUE(packets_.wait_for(3));
  EXPECT_EQ(packets_.all(), (std::vector<std::string>{"one", "", "three"}));
}

TEST_F(UdpServerTest, TakesThePacketOfTheLargestSizeAndCountsALargerOne) {
  start();
  UdpClient client(server_->port());
  client.send(std::string(limits::kUdpPacketBytes + 1, 'x'));
  client.send(std::string(limits::kUdpPacketBytes, 'y'));
  ASSERT_TRUE(packets_.wait_for(1));
  EXPECT_EQ(packets_.all(), std::vector<std::string>{std::string(limits::kUdpPacketBytes, 'y')});
  EXPECT_EQ(dropped("too_large"), 1);
}

TEST_F(UdpServerTest, HandlesWhatTheKernelHoldsBeforeItStops) {
  start({.threads = 1});
  UdpClient client(server_->port());
  packets_.hold(true);
  for (int i = 0; i < 100; ++i) client.send("packet");
  ASSERT_TRUE(packets_.wait_until_handling());
  packets_.hold(false);
  server_->stop(seconds(30));
  EXPECT_EQ(packets_.all().size(), 100u);
}

TEST_F(UdpServerTest, EveryPacketIsHandledOrCounted) {
  start({.threads = 1});
  UdpClient client(server_->port());
  packets_.hold(true);
  // 128 MB, more than any kernel buffer holds.
  constexpr size_t kPackets = 2000;
  std::string packet(64'000, 'x');
  for (size_t i = 0; i < kPackets; ++i) client.send(packet);
  packets_.hold(false);
  server_->stop(seconds(30));
  EXPECT_GT(dropped("kernel_buffer"), 0);
  EXPECT_EQ(packets_.all().size() + static_cast<size_t>(dropped("kernel_buffer")), kPackets);
}

TEST_F(UdpServerTest, SeveralThreadsShareTheSocket) {
  start({.threads = 3});
  UdpClient client(server_->port());
  for (int i = 0; i < 500; ++i) client.send(std::to_string(i));
  ASSERT_TRUE(packets_.wait_for(500));
}

TEST_F(UdpServerTest, StopsAtItsDeadlineThoughPacketsKeepComing) {
  start({.threads = 1});
  std::atomic<bool> done = false;
  std::thread sender([&, port = server_->port()] {
    UdpClient client(port);
    while (!done) client.send_if_open("more");
  });
  ASSERT_TRUE(packets_.wait_for(1));
  server_->stop(std::chrono::milliseconds(0));  // a hang is what this looks for
  done = true;
  sender.join();
}

TEST_F(UdpServerTest, AnAddressInUseNamesTheFlagToChange) {
  start();
  Address taken{"127.0.0.1", server_->port()};
  auto second =
      UdpServer::start({.address = taken, .flag = "--jaeger-thrift-compact"}, packets_.handler());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().message,
            "cannot listen on " + taken.to_string() +
                ": address in use (is another clew running? choose another address with "
                "--jaeger-thrift-compact)");
  auto nowhere = UdpServer::start({.address = {"no such host", 1}}, packets_.handler());
  EXPECT_EQ(nowhere.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::net
