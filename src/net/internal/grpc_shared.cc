#include "net/internal/grpc_shared.h"

#include <string_view>
#include <utility>

#include "net/encoding.h"

namespace clew::net {
namespace {

/// How `message` is compressed; "" if it is not. Messages of protobuf begin otherwise: those of
/// gzip and framed snappy would be of wire type 7, which is none, and that of zstd of field 5,
/// where no request that is served here has one.
std::string_view encoding_by_magic(std::string_view message) {
  using namespace std::string_view_literals;
  if (message.starts_with("\x1f\x8b"sv)) return "gzip";
  if (message.starts_with("\x28\xb5\x2f\xfd"sv)) return "zstd";
  if (message.starts_with("\xff\x06\0\0sNaPpY"sv)) return "snappy";
  return "";
}

}  // namespace

GrpcShared::GrpcShared(GrpcServerOptions o, GrpcMethods m, int threads)
    : options(std::move(o)),
      methods(std::move(m)),
      handlers(threads),
      inflight(options.inflight ? options.inflight
                                : std::make_shared<ByteBudget>(limits::kInflightBytes)),
      open_streams(&metrics::gauge("clew_grpc_streams_open", "gRPC streams that are open",
                                   {{"listener", options.name}})) {
  for (size_t code = 0; code < calls.size(); ++code) {
    calls[code] = &metrics::counter(
        "clew_grpc_calls_total", "gRPC calls answered, by listener and status",
        {{"listener", options.name}, {"code", grpc_code_name(static_cast<GrpcCode>(code))}});
  }
}

Result<SharedBytes> GrpcShared::decompress(SharedBytes message) const {
  std::string_view encoding = encoding_by_magic(message.view());
  if (encoding.empty()) return message;
  return decode_content(encoding, std::move(message), options.max_message_bytes, inflight);
}

}  // namespace clew::net
