// For tests of the APIs: a real store behind a real server.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/http_server.h"
#include "net/http_testing.h"
#include "otlp/testing.h"
#include "query/engine.h"
#include "store/store.h"

namespace clew::api::testing {

inline constexpr UnixNanos kSecond = 1'000'000'000;
inline constexpr UnixNanos kStart = 1'700'000'000 * kSecond;  // 2023-11-14T22:13:20Z

/// A store in a directory of its own, and a server on a free port from serve() on.
class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    char pattern[] = "/tmp/clew-api-test-XXXXXX";
    directory_ = mkdtemp(pattern);
    // So long that kStart is within it.
    constexpr std::chrono::hours kRetention{50 * 365 * 24};
    store_ = *store::Store::open({.directory = directory_, .retention = kRetention});
    engine_ = std::make_unique<query::Engine>(*store_);
  }
  ~ApiTest() override {
    if (server_) server_->stop(std::chrono::seconds(5));
    store_->close();
    std::filesystem::remove_all(directory_);
  }

  void append(const std::vector<otlp::testing::SpanSpec>& spans) {
    std::promise<bool> accepted;
    store_->append(Tenant(), otlp::testing::batch_of(spans),
                   [&](Result<void> result) { accepted.set_value(result.has_value()); });
    CLEW_CHECK(accepted.get_future().get());
  }

  /// Trace 7: edge → checkout, half as long, which failed.
  void append_checkout() {
    append(
        {{.trace = 7, .service = "edge", .name = "ingress", .start = kStart, .duration = kSecond},
         {.trace = 7,
          .span = 2,
          .parent = 1,
          .service = "checkout",
          .name = "POST /pay",
          .start = kStart + 1000,
          .duration = kSecond / 2,
          .status = otlp::StatusCode::kError}});
  }

  void serve(net::HttpRoutes routes) {
    server_ = *net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
  }

  net::testing::HttpAnswer get(const std::string& target, const net::HttpFields& headers = {}) {
    return net::testing::HttpClient(server_->port()).get(target, headers);
  }

  nlohmann::json get_json(const std::string& target, int expected_status = 200) {
    auto answer = get(target);
    EXPECT_EQ(answer.status, expected_status) << target << ": " << answer.body;
    return nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  }

  std::string directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<query::Engine> engine_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace clew::api::testing
