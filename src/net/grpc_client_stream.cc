#include <deque>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/metrics.h"
#include "net/internal/grpc_client_stream.h"
#include "net/internal/grpc_library.h"
#include "net/status.h"

namespace clew::net {

/// One stream. gRPC calls the On… members until OnDone, the last of them, which comes only when the
/// hold is given back: as long as it is there, others may begin to write. As GrpcServerStream it
/// begins everything under its lock.
class GrpcClientStream final : public GrpcStreamCall,
                               public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  GrpcClientStream(std::shared_ptr<ClientStreams> owner, std::string target,
                   GrpcClientStreamHandler handler)
      : owner_(std::move(owner)), target_(std::move(target)), handler_(std::move(handler)) {}

  void start(grpc::GenericStub& stub, const std::string& method, const HttpFields& headers) {
    for (const auto& [name, value] : headers) context_->AddMetadata(name, value);
    stub.PrepareBidiStreamingCall(context_.get(), method, grpc::StubOptions(), this);
    AddHold();
    std::lock_guard lock(mutex_);
    StartCall();
    StartRead(&incoming_);
  }

  bool send(std::string message) override {
    std::lock_guard lock(mutex_);
    if (over_) return false;
    queued_bytes_ += message.size();
    if (queued_bytes_ > limits::kStreamQueueBytes) {
      metrics::count_limit_hit("stream_queue_bytes");
      cancel();
      return false;
    }
    queue_.push_back(SharedBytes::take(std::move(message)));
    if (!writing_) write_next();
    return true;
  }

  bool send_in_turn(std::string message, std::chrono::milliseconds) override {
    return send(std::move(message));
  }

  void end(Result<void>) override {
    std::lock_guard lock(mutex_);
    if (over_) return;
    ended_here_ = true;
    cancel();
  }

  const std::string& peer() const override { return target_; }
  std::string_view meta(std::string_view) const override { return {}; }

  void OnReadDone(bool ok) override {
    if (ok) {
      handler_.on_message(bytes_of(incoming_));
      incoming_.Clear();
    }
    std::lock_guard lock(mutex_);
    if (over_) return;
    if (ok)
      StartRead(&incoming_);
    else
      give_up();
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) queue_.clear();  // OnReadDone tells of it, too
    if (!over_ && !queue_.empty()) write_next();
  }

  void OnDone(const grpc::Status& status) override {
    bool ended_here = false;
    {
      std::lock_guard lock(mutex_);
      ended_here = ended_here_;
      over_ = true;
    }
    Result<void> why;
    if (!status.ok() && !ended_here)
      why = std::unexpected(error_of_grpc(static_cast<GrpcCode>(status.error_code()),
                                          status.error_message(), status.error_details()));
    handler_.on_close(std::move(why));
    handler_ = {};  // it may hold a GrpcStream, and that holds us
    {
      std::lock_guard lock(mutex_);
      context_.reset();  // it holds the channel, so it goes before anyone stops waiting
    }
    owner_->forget(this);
  }

 private:
  // With the lock held.

  void write_next() {
    writing_ = true;
    outgoing_ = buffer_of(queue_.front());
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
    StartWrite(&outgoing_);
  }

  void cancel() {
    context_->TryCancel();
    give_up();
  }

  void give_up() {
    over_ = true;
    queue_.clear();
    RemoveHold();
  }

  const std::shared_ptr<ClientStreams> owner_;
  const std::string target_;
  GrpcClientStreamHandler handler_;
  grpc::ByteBuffer incoming_;

  std::mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_ = std::make_unique<grpc::ClientContext>();
  std::deque<SharedBytes> queue_;
  size_t queued_bytes_ = 0;
  grpc::ByteBuffer outgoing_;
  bool writing_ = false;
  bool over_ = false;  // the hold is given back: nothing more is begun
  bool ended_here_ = false;
};

GrpcStream ClientStreams::open(grpc::GenericStub& stub, const std::string& method,
                               const HttpFields& headers, std::string target,
                               GrpcClientStreamHandler handler) {
  auto stream =
      std::make_shared<GrpcClientStream>(shared_from_this(), std::move(target), std::move(handler));
  {
    std::lock_guard lock(mutex_);
    open_.emplace(stream.get(), stream);
  }
  stream->start(stub, method, headers);
  return GrpcStream(std::move(stream));
}

void ClientStreams::forget(GrpcClientStream* stream) {
  std::shared_ptr<GrpcClientStream> last;
  std::unique_lock lock(mutex_);
  auto node = open_.extract(stream);
  if (node) last = std::move(node.mapped());
  ended_.notify_all();
  lock.unlock();
}

void ClientStreams::cancel_and_wait() {
  std::vector<std::shared_ptr<GrpcClientStream>> open;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, stream] : open_) open.push_back(stream);
  }
  for (const auto& stream : open) stream->end({});
  open.clear();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return open_.empty(); });
}

}  // namespace clew::net
