#include "connection.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace clew::bench {
namespace {

constexpr char kMethod[] =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
constexpr int kConnectTimeoutMs = 5000;  // of the bootstrap that Clew makes

std::shared_ptr<grpc::Channel> make_channel(const std::string& target, int number) {
  grpc::ChannelArguments arguments;
  arguments.SetInt("clew.client", number);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  // Whoever uses the connection knows how long to wait; gRPC shall not wait as well.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);  // so is it meant
  // What Envoys do not spend time on.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 20);
  return grpc::CreateCustomChannel("ipv4:" + target, grpc::InsecureChannelCredentials(), arguments);
}

grpc::ByteBuffer buffer_of(std::string bytes) {
  grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

}  // namespace

bool is_listened_to(const std::string& target) {
  size_t colon = target.rfind(':');
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(static_cast<uint16_t>(std::atoi(&target[colon + 1]))),
                      .sin_addr = {},
                      .sin_zero = {}};
  inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr);
  int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool connected = connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(probe);
  return connected;
}

Connection::Connection(const std::string& target, int number, std::string token,
                       grpc::CompletionQueue& queue, User& user)
    : token_(std::move(token)),
      queue_(queue),
      user_(user),
      channel_(make_channel(target, number)),
      stub_(channel_) {}

void Connection::open() {
  call_ = std::make_unique<Call>();
  call_->context.set_wait_for_ready(true);  // or what failed just before fails it, too
  if (!token_.empty()) call_->context.AddMetadata("authorization", "Bearer " + token_);
  call_->stream = stub_.PrepareCall(&call_->context, kMethod, &queue_);
  call_->stream->StartCall(&opened_);
}

void Connection::send(std::string bytes) {
  if (!is_open()) return;
  call_->to_send.push_back(std::move(bytes));
  if (!call_->writing) write_next();
}

void Connection::cancel() {
  if (call_) call_->context.TryCancel();
}

void Connection::opened(bool ok) {
  if (!ok) return finish();
  call_->open = true;
  call_->stream->Read(&call_->received, &received_);
  user_.on_open();
}

void Connection::received(bool ok) {
  if (!ok) return finish();
  grpc::Slice slice;
  // Large messages come in pieces.
  if (!call_->received.TrySingleSlice(&slice).ok() &&
      !call_->received.DumpToSingleSlice(&slice).ok())
    return finish();
  call_->received.Clear();
  call_->stream->Read(&call_->received, &received_);
  user_.on_message({reinterpret_cast<const char*>(slice.begin()), slice.size()});
}

void Connection::sent(bool ok) {
  call_->writing = false;
  if (!ok) call_->to_send.clear();  // reading fails as well
  if (!call_->to_send.empty()) write_next();
  end_if_done();
}

void Connection::finished(bool) {
  call_->finished = true;
  end_if_done();
}

void Connection::write_next() {
  call_->writing = true;
  call_->stream->Write(buffer_of(std::move(call_->to_send.front())), &sent_);
  call_->to_send.pop_front();
}

void Connection::finish() {
  call_->open = false;
  call_->to_send.clear();
  call_->stream->Finish(&call_->status, &finished_);
}

void Connection::end_if_done() {
  if (!call_->finished || call_->writing) return;
  call_.reset();
  user_.on_end();
}

}  // namespace clew::bench
