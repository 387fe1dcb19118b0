#include "net/internal/grpc_library.h"

#include <grpc/support/log.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/repeat_gate.h"
#include "net/status.h"

namespace clew::net {

namespace {

/// A peer that is wrong stays wrong and tries again, several times a second.
constexpr std::chrono::seconds kRepeatPause{10};

}  // namespace

void use_our_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    gpr_set_log_function([](gpr_log_func_args* args) {
      if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
      // zstd and snappy, which the server undoes itself (grpc_server.cc).
      if (std::string_view(args->message).contains("key=grpc-encoding")) return;
      // By place, not by text: texts hold the peer's address, so that no two need be the same.
      // Never destroyed: threads of gRPC may log until the process is gone.
      static auto& gate = *new RepeatGate(kRepeatPause);
      auto place = fmt::format("{}:{}", args->file, args->line);
      auto held_back = gate.pass(place, std::chrono::steady_clock::now());
      if (!held_back) return;
      // A peer that hangs up is an "error" to gRPC; to us it is a warning at most.
      log::warn("gRPC: {}{}", args->message,
                *held_back > 0 ? fmt::format(" ({} more like this before)", *held_back) : "");
    });
  });
}

SharedBytes bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return {};  // an empty message has no slices to give
  auto bytes = std::make_shared_for_overwrite<char[]>(buffer.Length());
  char* end = bytes.get();
  for (const grpc::Slice& slice : slices) {
    std::memcpy(end, slice.begin(), slice.size());
    end += slice.size();
  }
  CLEW_CHECK(end == bytes.get() + buffer.Length());
  std::string_view view(bytes.get(), buffer.Length());
  return SharedBytes::wrap(std::move(bytes), view);
}

grpc::ByteBuffer buffer_of(SharedBytes bytes) {
  auto* owner = new SharedBytes(std::move(bytes));
  auto free = [](void* shared) { delete static_cast<SharedBytes*>(shared); };
  // gRPC promises not to write to it.
  grpc::Slice slice(const_cast<char*>(owner->view().data()), owner->size(), free, owner);
  return {&slice, 1};
}

grpc::Status status_of(const Error& error) {
  return {static_cast<grpc::StatusCode>(grpc_code(error.code)), error.message,
          error.retry_after ? rpc_status_proto(error) : std::string()};
}

}  // namespace clew::net
