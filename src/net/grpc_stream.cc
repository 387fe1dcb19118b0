#include "net/grpc_stream.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/internal/grpc_library.h"
#include "net/internal/grpc_shared.h"

namespace clew::net {
namespace {

/// What send_in_turn() queues at most before it waits, beside one message.
constexpr size_t kSendAhead = 4 << 20;

}  // namespace

/// One stream. gRPC calls the On… members; it lives until OnDone, the last of them, and until no
/// GrpcStream is left, whichever is later. Every operation of gRPC's is begun under the lock and
/// never after Finish: gRPC frees the call then. Its callbacks come from other threads, never from
/// within the call that caused them, so that they may take the lock.
class GrpcServerStream final : public GrpcStreamCall,
                               public grpc::ServerGenericBidiReactor,
                               public std::enable_shared_from_this<GrpcServerStream> {
 public:
  GrpcServerStream(std::shared_ptr<GrpcShared> shared, grpc::GenericCallbackServerContext* context,
                   const GrpcStreamFactory& factory)
      : shared_(std::move(shared)),
        context_(context),
        factory_(factory),
        peer_(context->peer()),
        metadata_(metadata_of(*context)) {
    shared_->open_streams->Increment();
  }
  ~GrpcServerStream() override { shared_->open_streams->Decrement(); }

  void start() {
    self_ = shared_from_this();
    {
      std::lock_guard lock(shared_->streams_mutex);
      shared_->streams.emplace(this, self_);
      if (shared_->stopping) end(fail(Code::kUnavailable, "the server stops"));
    }
    post([](GrpcServerStream& call) { call.open(); });
  }

  bool send(std::string message) override {
    std::lock_guard lock(mutex_);
    if (finished_ || ending_) return false;
    queued_bytes_ += message.size();
    if (queued_bytes_ > limits::kStreamQueueBytes) {
      metrics::count_limit_hit("stream_queue_bytes");
      ending_ = status_of({Code::kTooLarge, "the client does not read what it is sent"});
      context_->TryCancel();  // what is being written may never be done
      return false;
    }
    queue_.push_back(SharedBytes::take(std::move(message)));
    if (!writing_) write_next();
    return true;
  }

  bool send_in_turn(std::string message, std::chrono::milliseconds patience) override {
    {
      std::unique_lock lock(mutex_);
      auto may_go_on = [&] { return finished_ || ending_ || queued_bytes_ < kSendAhead; };
      if (!room_.wait_for(lock, patience, may_go_on)) {
        ending_ = status_of({Code::kTimeout, "the client does not read what it is sent"});
        context_->TryCancel();  // what is being written may never be done
        return false;
      }
    }
    return send(std::move(message));
  }

  void end(Result<void> how) override {
    std::lock_guard lock(mutex_);
    end_with(how ? grpc::Status::OK : status_of(how.error()));
  }

  const std::string& peer() const override { return peer_; }
  std::string_view meta(std::string_view name) const override {
    for (const auto& [key, value] : metadata_) {
      if (key == name) return value;
    }
    return {};
  }

  void OnReadDone(bool ok) override {
    if (!ok) return end({});  // the client has said all that it will
    ByteLease lease(shared_->inflight);
    if (!lease.grow_to(message_.Length())) {
      metrics::count_limit_hit("inflight_bytes");
      return end(std::unexpected(
          Error{Code::kUnavailable, "too many messages are being worked on", kRetryWhenFull}));
    }
    SharedBytes message = with_lease(bytes_of(message_), std::move(lease));
    message_.Clear();
    post([message = std::move(message)](GrpcServerStream& call) mutable {
      call.handle(std::move(message));
    });
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) drop_queue();
    if (!queue_.empty()) return write_next();
    if (!ok) ending_ = grpc::Status::CANCELLED;
    if (ending_) finish(*ending_);
  }

  /// The client has gone, or the server's deadline is over.
  void OnCancel() override {
    std::lock_guard lock(mutex_);
    drop_queue();
    end_with(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    {
      std::lock_guard lock(shared_->streams_mutex);
      shared_->streams.erase(this);
    }
    std::shared_ptr<GrpcServerStream> self = std::move(self_);
    bool idle = false;
    {
      std::lock_guard lock(mutex_);
      done_ = true;
      idle = !busy_;
    }
    if (idle) shared_->handlers.post([self] { self->close(); });
  }

 private:
  /// Runs `work` on the pool and reads on, or closes if meanwhile the stream has gone.
  template <typename Work>
  void post(Work work) {
    {
      std::lock_guard lock(mutex_);
      if (done_) return;  // cancelled meanwhile, and being closed
      busy_ = true;
    }
    shared_->handlers.post([call = shared_from_this(), work = std::move(work)]() mutable {
      work(*call);
      bool closed = false;
      {
        std::lock_guard lock(call->mutex_);
        call->busy_ = false;
        closed = call->done_;
        if (!call->finished_) call->StartRead(&call->message_);
      }
      if (closed) call->close();
    });
  }

  void open() {
    {
      std::lock_guard lock(mutex_);
      if (finished_) return;
    }
    if (shared_->options.authenticator) {
      std::string header;
      for (const auto& [name, value] : metadata_) {
        if (name == "authorization") header = value;
      }
      auto verdict = shared_->options.authenticator->quick(header);
      Result<void> admitted;
      if (verdict == Authenticator::Verdict::kRefused)
        admitted = fail(Code::kUnauthenticated, "this listener demands authentication");
      else if (verdict != Authenticator::Verdict::kAdmitted)
        admitted = shared_->options.authenticator->verify(header);
      if (!admitted) return end(admitted);
    }
    guarded([&] { handler_ = factory_(GrpcStream(shared_from_this())); });
  }

  void handle(SharedBytes message) {
    {
      std::lock_guard lock(mutex_);
      if (finished_ || ending_) return;
    }
    auto plain = shared_->decompress(std::move(message));
    if (!plain) return end(std::unexpected(plain.error()));
    guarded([&] {
      if (handler_.on_message) handler_.on_message(*std::move(plain));
    });
  }

  void close() {
    guarded([&] {
      if (handler_.on_close) handler_.on_close();
    });
    handler_ = {};  // it may hold a GrpcStream, and that holds us
  }

  template <typename Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const std::exception& exception) {
      log::error("{}: a stream's handler threw: {}", shared_->options.name, exception.what());
      end(fail(Code::kIo, "the server failed"));
    }
  }

  // The rest: with the lock held.

  void write_next() {
    writing_ = true;
    outgoing_ = buffer_of(queue_.front());
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
    room_.notify_all();
    StartWrite(&outgoing_);
  }

  void drop_queue() {
    queue_.clear();
    queued_bytes_ = 0;
    room_.notify_all();
  }

  void end_with(const grpc::Status& status) {
    if (finished_) return;
    if (!ending_) ending_ = status;
    room_.notify_all();
    if (!writing_ && queue_.empty()) finish(*ending_);
  }

  void finish(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    shared_->count(static_cast<GrpcCode>(status.error_code()));
    Finish(status);
  }

  const std::shared_ptr<GrpcShared> shared_;
  grpc::GenericCallbackServerContext* const context_;  // gRPC's, until it is done
  const GrpcStreamFactory& factory_;                   // in shared_->methods
  const std::string peer_;
  const HttpFields metadata_;
  std::shared_ptr<GrpcServerStream> self_;  // until OnDone
  GrpcStreamHandler handler_;               // of whichever job runs
  grpc::ByteBuffer message_;                // being read

  std::mutex mutex_;
  std::deque<SharedBytes> queue_;
  size_t queued_bytes_ = 0;
  std::condition_variable room_;  // queued_bytes_ is less, or the stream ends
  grpc::ByteBuffer outgoing_;     // being written
  bool writing_ = false;
  std::optional<grpc::Status> ending_;  // once the queue is empty
  bool finished_ = false;               // Finish was called
  bool busy_ = false;                   // a job is queued or runs
  bool done_ = false;                   // gRPC has forgotten the call
};

GrpcStream::GrpcStream(std::shared_ptr<GrpcStreamCall> call) : call_(std::move(call)) {}

bool GrpcStream::send(std::string message) {
  return call_ && call_->send(std::move(message));
}

bool GrpcStream::send_in_turn(std::string message, std::chrono::milliseconds patience) {
  return call_ && call_->send_in_turn(std::move(message), patience);
}

void GrpcStream::end(Result<void> how) {
  if (call_) call_->end(std::move(how));
}

const std::string& GrpcStream::peer() const {
  static const std::string kNone;
  return call_ ? call_->peer() : kNone;
}

std::string_view GrpcStream::meta(std::string_view name) const {
  return call_ ? call_->meta(name) : std::string_view();
}

HttpFields metadata_of(const grpc::GenericCallbackServerContext& context) {
  HttpFields fields;
  for (const auto& [name, value] : context.client_metadata()) {
    fields.emplace_back(std::string(name.data(), name.size()),
                        std::string(value.data(), value.size()));
  }
  return fields;
}

grpc::ServerGenericBidiReactor* open_stream(std::shared_ptr<GrpcShared> shared,
                                            grpc::GenericCallbackServerContext* context,
                                            const GrpcStreamFactory& factory) {
  auto call = std::make_shared<GrpcServerStream>(std::move(shared), context, factory);
  call->start();
  return call.get();  // owns itself until OnDone
}

void end_streams(GrpcShared& shared) {
  std::vector<std::shared_ptr<GrpcServerStream>> open;
  {
    std::lock_guard lock(shared.streams_mutex);
    shared.stopping = true;
    for (const auto& [_, stream] : shared.streams) {
      if (auto call = stream.lock()) open.push_back(std::move(call));
    }
  }
  for (const auto& call : open) call->end(fail(Code::kUnavailable, "the server stops"));
}

}  // namespace clew::net
