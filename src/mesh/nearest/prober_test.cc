// Against listeners on loopback.
#include "mesh/nearest/prober.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace clew::mesh {
namespace {

using namespace std::chrono_literals;

/// A port where connections are taken, by the kernel, until it is closed.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 100), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Listener() { stop(); }
  void stop() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }

  uint16_t port = 0;

 private:
  int socket_;
};

class ProberTest : public ::testing::Test {
 protected:
  /// Findings of the target with that zone until `enough` says so, or some seconds have gone.
  template <class Enough>
  std::vector<uint32_t> collect(const std::string& zone, Enough enough) {
    std::vector<uint32_t> all;
    for (auto end = std::chrono::steady_clock::now() + 10s;
         !enough(all) && std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(20ms))
      for (const Finding& each : prober_.take())
        if (each.zone == zone)
          all.insert(all.end(), each.round_trips.begin(), each.round_trips.end());
    return all;
  }
  bool falls_silent() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [this] { return silences_ > 0; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int silences_ = 0;
  Prober prober_{[this] {
    std::lock_guard lock(mutex_);
    ++silences_;
    changed_.notify_all();
  }};
};

TEST_F(ProberTest, MeasuresAndNoticesAnEnd) {
  Listener fra, was;
  prober_.set({{"fra", "127.0.0.1", fra.port}, {"was", "127.0.0.1", was.port}});
  auto enough = [](const std::vector<uint32_t>& all) { return all.size() >= 2; };
  for (uint32_t each : collect("fra", enough)) EXPECT_GT(each, 0U);
  was.stop();
  ASSERT_TRUE(falls_silent());
  auto gone = [](const std::vector<uint32_t>& all) { return !all.empty() && all.back() == 0; };
  EXPECT_EQ(collect("was", gone).back(), 0U);
  for (uint32_t each : collect("fra", enough)) EXPECT_GT(each, 0U) << "the other goes on";
}

TEST_F(ProberTest, TakesOtherTargetsAtAnyTime) {
  Listener fra;
  for (int i = 0; i < 200; ++i)
    prober_.set(i % 2 ? std::vector<Target>{{"fra", "127.0.0.1", fra.port}}
                      : std::vector<Target>{{"fra", "127.0.0.1", fra.port},
                                            {"name", "localhost", fra.port},
                                            {"was", "127.0.0.1", 1}});
  auto enough = [](const std::vector<uint32_t>& all) { return !all.empty(); };
  EXPECT_FALSE(collect("fra", enough).empty());
  prober_.set({});
  prober_.take();
  std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(prober_.take().empty());
}

}  // namespace
}  // namespace clew::mesh
