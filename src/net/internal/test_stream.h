// For tests: the client's side of a gRPC stream. Pulls in gRPC.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/internal/grpc_library.h"

namespace clew::net::testing {

/// One stream to a port on 127.0.0.1, used by one thread. Nothing waits for longer than 5 s.
class TestStream {
 public:
  TestStream(uint16_t port, const std::string& method, const HttpFields& metadata = {})
      : stub_(grpc::CreateChannel(fmt::format("127.0.0.1:{}", port),
                                  grpc::InsecureChannelCredentials())) {
    for (const auto& [name, value] : metadata) context_.AddMetadata(name, value);
    stream_ = stub_.PrepareCall(&context_, method, &queue_);
    stream_->StartCall(kSend);
    open_ = wait_for(kSend, kPatience) == true;
  }
  ~TestStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  TestStream(const TestStream&) = delete;
  TestStream& operator=(const TestStream&) = delete;

  bool send(std::string message) {
    if (!open_) return false;
    outgoing_ = buffer_of(SharedBytes::take(std::move(message)));
    stream_->Write(outgoing_, kSend);
    return wait_for(kSend, kPatience) == true;
  }

  /// The next message; nothing if none comes within `time` or the stream is over.
  std::optional<std::string> receive(std::chrono::milliseconds time = kPatience) {
    if (!std::exchange(reading_, true)) stream_->Read(&incoming_, kRead);
    std::optional<bool> read = wait_for(kRead, time);
    if (read) reading_ = false;
    if (read != true) return std::nullopt;
    return std::string(bytes_of(incoming_).view());
  }

  /// Says that nothing more will be sent.
  void half_close() {
    stream_->WritesDone(kSend);
    wait_for(kSend, kPatience);
  }
  void cancel() { context_.TryCancel(); }

  /// Waits for the end of the stream.
  grpc::Status status() {
    grpc::Status status(grpc::StatusCode::UNKNOWN, "the stream did not end");
    while (receive()) {
    }
    // gRPC writes it whenever the stream ends, so it must not lie on this stack.
    stream_->Finish(&status_, kFinish);
    return wait_for(kFinish, kPatience) ? status_ : status;
  }

 private:
  static constexpr std::chrono::milliseconds kPatience{5000};
  static inline int tags_[3];
  static inline void* const kSend = &tags_[0];
  static inline void* const kRead = &tags_[1];
  static inline void* const kFinish = &tags_[2];

  /// How the operation ended; nothing if it has not within `time`.
  std::optional<bool> wait_for(void* wanted, std::chrono::milliseconds time) {
    if (wanted == kRead && read_) return std::exchange(read_, std::nullopt);
    auto until = std::chrono::system_clock::now() + time;
    void* tag;
    bool ok;
    while (queue_.AsyncNext(&tag, &ok, until) == grpc::CompletionQueue::GOT_EVENT) {
      if (tag == wanted) return ok;
      if (tag == kRead) read_ = ok;
    }
    return std::nullopt;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  grpc::ByteBuffer outgoing_, incoming_;
  grpc::Status status_;
  bool open_ = false;
  bool reading_ = false;
  std::optional<bool> read_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

}  // namespace clew::net::testing
