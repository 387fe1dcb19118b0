#include "load/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <protozero/pbf_writer.hpp>

#include "otlp/writer.h"

namespace clew::load {
namespace {

constexpr size_t kServices = 20;
constexpr size_t kOperations = 300;
constexpr size_t kApps = 2000;
constexpr size_t kInterleavedSpans = 4096;  // spans wait this deep, so traces span requests
constexpr size_t kDatacenters = 5;
constexpr const char* kDatacenterNames[kDatacenters] = {"fra1", "was1", "par1", "sin1", "tyo1"};
constexpr const char* kCoreNames[kDatacenters] = {"fra", "was", "par", "sin", "tyo"};
constexpr const char* kMethods[] = {"GET", "GET", "GET", "POST", "PUT"};
constexpr const char* kUserAgents[] = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Go-http-client/2.0", "okhttp/4.12.0"};

size_t field_size(size_t size) {
  return 1 + size_t(protozero::length_of_varint(size)) + size;
}

/// Writes what stands in front of a field's content of `size` bytes. Returns where that goes.
char* open_field(char* at, otlp::fields::Tag tag, size_t size) {
  *at++ = char(tag << 3 | uint32_t(protozero::pbf_wire_type::length_delimited));
  for (; size >= 0x80; size >>= 7) *at++ = char(size | 0x80);
  *at++ = char(size);
  return at;
}

char* copy(char* at, std::string_view bytes) {
  return std::ranges::copy(bytes, at).out;
}

/// In one piece, the sizes known first: the generator shares the cores with what it measures, and
/// nested writers move every message once they know how long it became.
void add_attribute(std::string& message, otlp::fields::Tag tag, std::string_view key,
                   std::string_view text) {
  namespace f = otlp::fields;
  size_t value_size = field_size(text.size());
  size_t size = field_size(key.size()) + field_size(value_size);
  size_t before = message.size();
  size_t after = before + field_size(size);
  // The second argument is not used: GCC 12 passes the grown capacity instead of `after`.
  message.resize_and_overwrite(after, [&](char* bytes, size_t) {
    char* at = open_field(bytes + before, tag, size);
    at = copy(open_field(at, f::key_value::kKey, key.size()), key);
    at = open_field(at, f::key_value::kValue, value_size);
    copy(open_field(at, f::any_value::kString, text.size()), text);
    return after;
  });
}

void add_attribute(std::string& span, std::string_view key, std::string_view text) {
  add_attribute(span, otlp::fields::span::kAttributes, key, text);
}

std::string resource_of(std::string_view service) {
  std::string message;
  for (auto [key, text] : {std::pair<std::string_view, std::string_view>{"service.name", service},
                           {"telemetry.sdk.language", "cpp"},
                           {"telemetry.sdk.name", "envoy"}})
    add_attribute(message, otlp::fields::resource::kAttributes, key, text);
  return message;
}

UnixNanos now() {
  return static_cast<UnixNanos>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count());
}

template <size_t Size>
Id<Size> random_id(std::mt19937_64& random) {
  Id<Size> id;
  for (size_t i = 0; i < Size; i += 8) {
    uint64_t word = random() | 1;
    std::memcpy(id.bytes.data() + i, &word, 8);
  }
  return id;
}

}  // namespace

/// What the spans of one trace have in common.
struct Workload::TraceContext {
  TraceId id;
  std::vector<SpanId> spans;
  std::string request_id, url;
  const char* method;
  const char* user_agent;
  size_t app, operation, datacenter;
  UnixNanos start;
  uint64_t duration;
  bool failed;
};

Workload::Workload(uint64_t seed) : random_(seed) {
  for (size_t i = 0; i < kServices; ++i)
    resources_.push_back(resource_of(i == 0   ? "edge"
                                     : i == 1 ? "ingress-gateway"
                                              : fmt::format("service-{}", i)));
  double sum = 0;
  for (size_t i = 0; i < kApps; ++i) app_distribution_.push_back(sum += 1.0 / double(i + 1));
}

size_t Workload::zipf_app() {
  double at = std::uniform_real_distribution<>(0, app_distribution_.back())(random_);
  return size_t(std::ranges::lower_bound(app_distribution_, at) - app_distribution_.begin());
}

std::string Workload::next_request(size_t spans) {
  otlp::RequestWriter writer;
  std::vector<Span> taken;
  while (waiting_.size() < spans + kInterleavedSpans) add_trace();
  for (size_t i = 0; i < spans; ++i) {
    std::swap(waiting_[below(waiting_.size())], waiting_.back());
    taken.push_back(std::move(waiting_.back()));
    waiting_.pop_back();
  }
  last_spans_.clear();
  for (const Span& span : taken) {
    writer.add({.bytes = resources_[span.service]}, {}, span.bytes);
    last_spans_.push_back(span.key);
  }
  return writer.finish();
}

void Workload::add_trace() {
  size_t hops = 5 + below(7);  // 5 to 11: 8 on average
  TraceContext trace;
  trace.id = random_id<16>(random_);
  for (size_t i = 0; i < hops; ++i) trace.spans.push_back(random_id<8>(random_));
  trace.request_id = fmt::format("{:08x}-{:04x}-9{:03x}-{:04x}-{:012x}", uint32_t(random_()),
                                 below(1 << 16), below(1 << 12), below(1 << 16), below(1ull << 48));
  trace.app = zipf_app();
  trace.operation = below(kOperations);
  trace.url = fmt::format(
      "https://app-{}.customers.example.com/api/v1/op{}?locale=en-US&currency=EUR&theme=dark",
      trace.app, trace.operation);
  if (below(2) == 0) trace.url += fmt::format("&item={}", below(10'000'000));
  trace.method = kMethods[trace.operation % std::size(kMethods)];
  trace.user_agent = kUserAgents[below(std::size(kUserAgents))];
  trace.datacenter = below(kDatacenters);
  trace.start = (now_ ? now_ : now()) - 2'000'000'000 - below(1'000'000'000);
  trace.duration = uint64_t(std::lognormal_distribution<>(std::log(2e7), 1.0)(random_)) + 1'000'000;
  trace.failed = below(50) == 0;
  for (size_t hop = 0; hop < hops; ++hop) add_span(trace, hop, hops);
}

void Workload::add_span(const TraceContext& trace, size_t hop, size_t hops) {
  namespace f = otlp::fields::span;
  // 12 % of the spans come from an SDK: about every second trace ends in one or two of them.
  bool app = hop >= 4 && below(4) == 0;
  size_t service = hop < 2 ? 0 : hop < 4 ? 1 : 2 + (trace.app + hop / 2) % (kServices - 2);
  std::string bytes;
  bytes.reserve(1024);
  protozero::pbf_writer span(bytes);
  auto add = [&span](otlp::fields::Tag tag, std::string_view raw) {
    span.add_bytes(tag, raw.data(), raw.size());
  };
  add(f::kTraceId, trace.id.raw());
  add(f::kSpanId, trace.spans[hop].raw());
  if (hop > 0) add(f::kParentSpanId, trace.spans[hop - 1].raw());
  bool server = hop % 2 == 0;
  add(f::kName, app      ? fmt::format("{} /api/v1/op{}", trace.method, trace.operation)
                : server ? "ingress"
                         : fmt::format("router service_{} egress", service));
  span.add_enum(f::kKind, server ? 2 : 3);
  uint64_t inset = trace.duration * hop / (2 * hops) + below(10'000);
  span.add_fixed64(f::kStart, trace.start + inset);
  span.add_fixed64(f::kEnd, trace.start + trace.duration - std::min(trace.duration, inset));
  if (app)
    add_app_attributes(bytes, trace);
  else
    add_proxy_attributes(bytes, trace, hop);
  span.add_fixed32(f::kFlags, server ? 0x301 : 0x101);
  waiting_.push_back({service, std::move(bytes), {trace.id, trace.spans[hop]}});
}

void Workload::add_proxy_attributes(std::string& span, const TraceContext& trace, size_t hop) {
  std::string core = kCoreNames[trace.datacenter];
  std::string node =
      fmt::format("sidecar~10.0.0.1~{}-node-{}.mesh~cluster.local", core, (trace.app + hop) % 40);
  std::string cluster =
      fmt::format("outbound|8080||service-{}.mesh.local", (trace.app + hop) % kServices);
  add_attribute(span, "component", "proxy");
  add_attribute(span, "node_id", node);
  add_attribute(span, "zone", kDatacenterNames[trace.datacenter]);
  add_attribute(span, "guid:x-request-id", trace.request_id);
  add_attribute(span, "http.url", trace.url);
  add_attribute(span, "http.method", trace.method);
  add_attribute(span, "downstream_cluster", "-");
  add_attribute(span, "user_agent", trace.user_agent);
  add_attribute(span, "http.protocol", hop == 0 ? "HTTP/2" : "HTTP/1.1");
  add_attribute(span, "peer.address",
                fmt::format("{}.{}.{}.{}:{}", 1 + below(223), below(256), below(256), below(256),
                            1024 + below(64'000)));
  add_attribute(span, "request_size", fmt::format("{}", below(4096)));
  add_attribute(span, "response_size", fmt::format("{}", below(100'000)));
  add_attribute(span, "response_flags", trace.failed ? "UF,URX" : "-");
  add_attribute(span, "http.status_code", trace.failed ? "503" : "200");
  add_attribute(span, "upstream_cluster", cluster);
  add_attribute(span, "upstream_cluster.name", cluster);
  add_attribute(span, "upstream_address",
                fmt::format("10.{}.0.{}:8080", trace.datacenter, (trace.app + hop) % 250));
  add_attribute(span, "datacenter", kDatacenterNames[trace.datacenter]);
  add_attribute(span, "core_location", core);
  add_attribute(span, "app_id", fmt::format("app-{:08x}", trace.app * 2654435761u % (1u << 31)));
  add_attribute(span, "org_id", fmt::format("org-{:06x}", trace.app / 4 * 40503u));
  if (trace.failed) add_attribute(span, "error", "true");
}

void Workload::add_app_attributes(std::string& span, const TraceContext& trace) {
  add_attribute(span, "http.request.method", trace.method);
  add_attribute(span, "http.route", fmt::format("/api/v1/op{}", trace.operation));
  add_attribute(span, "http.response.status_code", trace.failed ? "503" : "200");
  add_attribute(span, "url.path", trace.url.substr(trace.url.find("/api")));
  add_attribute(span, "url.scheme", "http");
  add_attribute(span, "server.address", "127.0.0.1");
  add_attribute(span, "client.address", fmt::format("10.0.{}.{}", below(256), below(256)));
  add_attribute(span, "network.protocol.version", "1.1");
  add_attribute(span, "user_agent.original", trace.user_agent);
  add_attribute(span, "app_id", fmt::format("app-{:08x}", trace.app * 2654435761u % (1u << 31)));
}

}  // namespace clew::load
