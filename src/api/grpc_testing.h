// For tests of gRPC services: a real store behind a real server, and a client.
#pragma once

#include <future>
#include <mutex>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "api/testing.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"

namespace clew::api::testing {

class GrpcApiTest : public ApiTest {
 protected:
  ~GrpcApiTest() override {
    client_.reset();
    if (grpc_) grpc_->stop(std::chrono::seconds(5));
  }

  void serve_grpc(net::GrpcMethods methods) {
    grpc_ = *net::GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods));
    client_ = *net::GrpcClient::create({.target = fmt::format("127.0.0.1:{}", grpc_->port())});
  }

  Result<std::string> call(const std::string& method, std::string request) {
    std::promise<Result<std::string>> answer;
    client_->call(method, SharedBytes::take(std::move(request)), std::chrono::seconds(10),
                  [&](Result<std::string> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  /// All messages of a stream, or why it ended.
  Result<std::vector<std::string>> stream(const std::string& method, std::string request) {
    std::mutex mutex;
    std::vector<std::string> messages;
    std::promise<Result<void>> over;
    auto opened = client_->open(
        method, {.on_message =
                     [&](const SharedBytes& message) {
                       std::lock_guard lock(mutex);
                       messages.emplace_back(message.view());
                     },
                 .on_close = [&](Result<void> how) { over.set_value(std::move(how)); }});
    opened.send(std::move(request));
    auto how = over.get_future().get();
    if (!how) return std::unexpected(how.error());
    return messages;
  }

  /// A message with one text, and the texts of such a field.
  static std::string text(std::string_view value) {
    std::string bytes;
    protozero::pbf_writer(bytes).add_string(1, value.data(), value.size());
    return bytes;
  }
  static std::vector<std::string> texts(const std::string& bytes) {
    std::vector<std::string> result;
    for (protozero::pbf_reader in(bytes); in.next(1);) result.push_back(in.get_string());
    return result;
  }

  std::unique_ptr<net::GrpcServer> grpc_;
  std::unique_ptr<net::GrpcClient> client_;
};

}  // namespace clew::api::testing
