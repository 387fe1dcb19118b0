// clew_decode_bench: what reading each format takes by itself, on the documented workload, in one
// thread and without a network: decoding to OTLP, and the index that every format needs then.
#include <fmt/format.h>

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "base/check.h"
#include "load/jaeger.h"
#include "load/workload.h"
#include "load/zipkin.h"
#include "otlp/batch.h"
#include "receive/jaeger_proto.h"
#include "receive/jaeger_thrift.h"
#include "receive/zipkin_json.h"
#include "receive/zipkin_proto.h"

namespace clew::bench {
namespace {

constexpr size_t kRequests = 100, kSpansPerRequest = 512;
constexpr int kRounds = 7;

/// CPU time of this thread, in nanoseconds.
double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

using load::JaegerFormat;
using Messages = std::vector<std::string>;
using Decode = std::function<Result<std::string>(std::string_view)>;

/// The least of several rounds: others use the machine too.
double least(const std::function<void()>& work) {
  double best = 1e300;
  for (int round = 0; round < kRounds; ++round) {
    double begin = now();
    work();
    best = std::min(best, now() - begin);
  }
  return best;
}

void measure(const char* name, const Messages& messages, const Decode& decode) {
  std::vector<SharedBytes> requests;
  size_t bytes = 0, spans = 0;
  for (const std::string& message : messages) {
    bytes += message.size();
    auto request = decode(message);
    CLEW_CHECK(request.has_value());
    requests.push_back(SharedBytes::take(*std::move(request)));
  }
  double decoding = least([&] {
    for (const std::string& message : messages) CLEW_CHECK(decode(message).has_value());
  });
  double indexing = least([&] {
    spans = 0;
    for (const SharedBytes& request : requests)
      spans += otlp::Batch::index(request).value().spans().size();
  });
  double per_span = (decoding + indexing) / double(spans);
  fmt::print("{:<24}{:>8.0f}{:>10.0f}{:>10.0f}{:>12.2f}{:>10.0f}\n", name,
             double(bytes) / double(spans), decoding / double(spans), indexing / double(spans),
             1e3 / per_span, double(bytes) / decoding * 1e9 / (1 << 20));
}

/// The requests of the workload, each made into messages of another format.
template <typename F>
Messages convert(const Messages& requests, F&& to_messages) {
  Messages out;
  for (const std::string& request : requests)
    for (std::string& message : to_messages(request)) out.push_back(std::move(message));
  return out;
}

int run() {
  load::Workload workload(1);
  Messages requests;
  for (size_t i = 0; i < kRequests; ++i)
    requests.push_back(workload.next_request(kSpansPerRequest));
  auto jaeger = [&](JaegerFormat format) {
    return convert(requests, [&](const std::string& request) {
      Messages messages;
      for (load::Message& message : load::jaeger_messages(request, format))
        messages.push_back(std::move(message.bytes));
      return messages;
    });
  };
  auto each = [&](std::string (*encode)(std::string)) {
    return convert(requests, [&](const std::string& request) { return Messages{encode(request)}; });
  };
  fmt::print("{:<24}{:>8}{:>10}{:>10}{:>12}{:>10}\n", "", "B/span", "decode ns", "index ns",
             "M spans/s", "MiB/s");
  measure("OTLP protobuf", requests, [](std::string_view bytes) { return std::string(bytes); });
  measure("Jaeger thrift compact", jaeger(JaegerFormat::kCompactCall),
          receive::jaeger_compact_call_to_otlp);
  measure("Jaeger thrift binary", jaeger(JaegerFormat::kBinaryCall),
          receive::jaeger_binary_call_to_otlp);
  measure("Jaeger protobuf", jaeger(JaegerFormat::kProto), receive::jaeger_proto_to_otlp);
  measure("Zipkin v2 JSON", each(load::zipkin_json), [](std::string_view json) {
    return receive::zipkin_v2_json_to_otlp(json, /*parse_string_tags=*/false);
  });
  measure("Zipkin v2 protobuf", each(load::zipkin_proto), [](std::string_view bytes) {
    return receive::zipkin_proto_to_otlp(bytes, /*parse_string_tags=*/false);
  });
  return 0;
}

}  // namespace
}  // namespace clew::bench

int main() {
  return clew::bench::run();
}
