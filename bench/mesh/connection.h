// One stream of delta ADS at a time, over a TCP connection of its own.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace clew::bench {

/// What a completion queue hands out: its tags point to these.
class Event {
 public:
  virtual ~Event() = default;
  virtual void happen(bool ok) = 0;
};

/// Whether anybody listens at IP:PORT of this machine. Much cheaper than a Connection that fails.
bool is_listened_to(const std::string& target);

/// Everything happens on the thread of the queue, or under the lock that this thread holds.
class Connection {
 public:
  /// Is told what happens to the stream.
  class User {
   public:
    virtual ~User() = default;
    virtual void on_open() = 0;
    virtual void on_message(std::string_view bytes) = 0;
    /// Also when it could not be opened. From here, or later, open() may be called again.
    virtual void on_end() = 0;
  };

  /// `number` sets the connection apart from others to the same `target`.
  Connection(const std::string& target, int number, std::string token, grpc::CompletionQueue& queue,
             User& user);

  void open();
  void send(std::string bytes);
  /// Ends the stream; on_end() follows.
  void cancel();
  bool is_open() const { return call_ && call_->open; }

 private:
  using Then = void (Connection::*)(bool);
  struct Tag final : Event {
    Tag(Connection& o, Then t) : owner(o), then(t) {}
    void happen(bool ok) override { (owner.*then)(ok); }
    Connection& owner;
    const Then then;
  };
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
    grpc::ByteBuffer received;
    std::deque<std::string> to_send;
    grpc::Status status;
    bool open = false, writing = false, finished = false;
  };

  void opened(bool ok);
  void received(bool ok);
  void sent(bool ok);
  void finished(bool ok);
  void write_next();
  void finish();
  void end_if_done();

  const std::string token_;
  grpc::CompletionQueue& queue_;
  User& user_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  Tag opened_{*this, &Connection::opened}, received_{*this, &Connection::received},
      sent_{*this, &Connection::sent}, finished_{*this, &Connection::finished};
  std::unique_ptr<Call> call_;
};

}  // namespace clew::bench
