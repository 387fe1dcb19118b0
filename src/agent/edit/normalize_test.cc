#include "agent/edit/normalize.h"

#include <gtest/gtest.h>

#include <map>

#include "otlp/span.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;

std::string normalized(const std::string& span) {
  otlp::Patch patch(span);
  normalize_envoy_span(span, patch);
  return patch.edited() ? patch.finish() : span;
}

/// Attributes as `key` → `type text`; a key that stands there twice is a failure.
std::map<std::string, std::string> attributes_of(const std::string& span) {
  static constexpr const char* kTypes[] = {"empty", "text", "bool", "int",
                                           "real",  "list", "map",  "bytes"};
  std::map<std::string, std::string> attributes;
  for (otlp::Attribute attribute : otlp::Span::decode(span).attributes()) {
    auto type = kTypes[static_cast<size_t>(attribute.value.type())];
    bool first =
        attributes.emplace(attribute.key, fmt::format("{} {}", type, attribute.value.text()))
            .second;
    EXPECT_TRUE(first) << attribute.key;
  }
  return attributes;
}

using Attributes = std::map<std::string, std::string>;

/// What normalizing changes or adds in a span of Envoy with those attributes.
Attributes changes(const TextAttributes& attributes) {
  SpanSpec spec{.attributes = attributes};
  spec.attributes.emplace_back("component", "proxy");
  std::string before = span_bytes(spec);
  Attributes old = attributes_of(before), now = attributes_of(normalized(before)), changed;
  for (const auto& [key, value] : old) EXPECT_TRUE(now.contains(key)) << key;
  for (const auto& [key, value] : now)
    if (!old.contains(key) || old[key] != value) changed[key] = value;
  return changed;
}

TEST(NormalizeEnvoySpan, MakesNumbersOfPlainDecimals) {
  EXPECT_EQ(changes({{"grpc.status_code", "14"}}), Attributes({{"grpc.status_code", "int 14"}}));
  EXPECT_EQ(changes({{"request_size", "999999999999999999"}}),
            Attributes({{"request_size", "int 999999999999999999"},
                        {"http.request.body.size", "int 999999999999999999"}}));
  for (const char* text : {"", "-", "-1", "007", "1e3", "12 ", "1000000000000000000"})
    EXPECT_EQ(changes({{"response_size", text}}), Attributes()) << text;
}

TEST(NormalizeEnvoySpan, LeavesOtherNumbersText) {
  EXPECT_EQ(changes({{"app_id", "17"}, {"org_id", "4"}}), Attributes());
}

TEST(NormalizeEnvoySpan, NamesWhatEnvoySaysOfARequestAsTheConventionsDo) {
  EXPECT_EQ(changes({{"http.method", "GET"},
                     {"http.status_code", "503"},
                     {"http.protocol", "HTTP/1.1"},
                     {"user_agent", "curl/8"},
                     {"request_size", "0"},
                     {"response_size", "91"},
                     {"retry.count", "2"}}),
            Attributes({{"http.request.method", "text GET"},
                        {"http.status_code", "int 503"},
                        {"http.response.status_code", "int 503"},
                        {"network.protocol.name", "text http"},
                        {"network.protocol.version", "text 1.1"},
                        {"user_agent.original", "text curl/8"},
                        {"request_size", "int 0"},
                        {"http.request.body.size", "int 0"},
                        {"response_size", "int 91"},
                        {"http.response.body.size", "int 91"},
                        {"retry.count", "int 2"},
                        {"http.request.resend_count", "int 2"}}));
}

TEST(NormalizeEnvoySpan, StatusCodeZeroIsNoResponse) {
  EXPECT_EQ(changes({{"http.status_code", "0"}}), Attributes({{"http.status_code", "int 0"}}));
}

TEST(NormalizeEnvoySpan, AnUnknownMethodIsOther) {
  EXPECT_EQ(changes({{"http.method", "BREW"}}),
            Attributes({{"http.request.method", "text _OTHER"},
                        {"http.request.method_original", "text BREW"}}));
}

TEST(NormalizeEnvoySpan, TakesUrlsApart) {
  EXPECT_EQ(changes({{"http.url", "https://shop.example.com:8443/cart/7?item=1&x=/#top"}}),
            Attributes({{"url.full", "text https://shop.example.com:8443/cart/7?item=1&x=/#top"},
                        {"url.scheme", "text https"},
                        {"server.address", "text shop.example.com"},
                        {"server.port", "int 8443"},
                        {"url.path", "text /cart/7"},
                        {"url.query", "text item=1&x=/"}}));
  EXPECT_EQ(changes({{"http.url", "http://[::1]:80"}}),
            Attributes({{"url.full", "text http://[::1]:80"},
                        {"url.scheme", "text http"},
                        {"server.address", "text ::1"},
                        {"server.port", "int 80"}}));
  EXPECT_EQ(changes({{"http.url", "http://[::1]/"}}),
            Attributes({{"url.full", "text http://[::1]/"},
                        {"url.scheme", "text http"},
                        {"server.address", "text ::1"},
                        {"url.path", "text /"}}));
  EXPECT_EQ(changes({{"http.url", "/just/a/path"}}),
            Attributes({{"url.full", "text /just/a/path"}}));
}

TEST(NormalizeEnvoySpan, PeersThatHaveNoIpAddressAreLeft) {
  EXPECT_EQ(
      changes({{"peer.address", "10.1.2.3:4711"}}),
      Attributes({{"network.peer.address", "text 10.1.2.3"}, {"network.peer.port", "int 4711"}}));
  EXPECT_EQ(
      changes({{"peer.address", "[2001:db8::1]:443"}}),
      Attributes({{"network.peer.address", "text 2001:db8::1"}, {"network.peer.port", "int 443"}}));
  // So are the servers' spans of Envoy 1.40.
  EXPECT_EQ(changes({{"peer.address", "10.1.2.3"}}),
            Attributes({{"network.peer.address", "text 10.1.2.3"}}));
  EXPECT_EQ(changes({{"peer.address", "2001:db8::1"}}),
            Attributes({{"network.peer.address", "text 2001:db8::1"}}));
  EXPECT_EQ(changes({{"peer.address", "/run/app.sock"}}), Attributes());
  EXPECT_EQ(changes({{"peer.address", "envoy://internal/"}}), Attributes());
  EXPECT_EQ(changes({{"peer.address", ""}}), Attributes());
}

TEST(NormalizeEnvoySpan, NeverOverwrites) {
  EXPECT_EQ(changes({{"http.method", "GET"}, {"http.request.method", "HEAD"}}), Attributes());
}

TEST(NormalizeEnvoySpan, DoesTheSameWhereverAttributesStand) {
  std::string long_text(300, 'u');  // lengths of two bytes
  SpanSpec spec{.attributes = {{"http.status_code", "200"},
                               {"http.url", "http://h/" + long_text},
                               {"component", "proxy"},
                               {"request_size", "5"}}};
  Attributes forward = attributes_of(normalized(span_bytes(spec)));
  std::ranges::reverse(spec.attributes);
  EXPECT_EQ(attributes_of(normalized(span_bytes(spec))), forward);
  EXPECT_EQ(forward["url.path"], "text /" + long_text);
}

TEST(NormalizeEnvoySpan, OtherSpansAreNotTouched) {
  SpanSpec spec{.attributes = {{"http.status_code", "200"}, {"error", "true"}}};
  EXPECT_EQ(normalized(span_bytes(spec)), span_bytes(spec));
  spec.attributes.emplace_back("component", "grpc");
  EXPECT_EQ(normalized(span_bytes(spec)), span_bytes(spec));
}

TEST(NormalizeEnvoySpan, IsDoneOnce) {
  std::string once = normalized(span_bytes({.attributes = {{"component", "proxy"},
                                                           {"http.url", "http://h:1/p?q"},
                                                           {"http.method", "BREW"},
                                                           {"http.status_code", "0"},
                                                           {"retry.count", "1"},
                                                           {"peer.address", "1.2.3.4:5"},
                                                           {"error", "true"}}}));
  otlp::Patch again(once);
  normalize_envoy_span(once, again);
  EXPECT_FALSE(again.edited());
}

otlp::StatusCode status_after(const SpanSpec& spec) {
  std::string span = normalized(span_bytes(spec));
  return otlp::Span::decode(span).status;
}

TEST(NormalizeEnvoySpan, AnErrorHasTheStatusError) {
  SpanSpec text{.attributes = {{"component", "proxy"}, {"error", "true"}}};
  EXPECT_EQ(status_after(text), otlp::StatusCode::kError);
  SpanSpec truth{.attributes = {{"component", "proxy"}},
                 .extra_key_values = {key_value("error", any_bool(true))}};
  EXPECT_EQ(status_after(truth), otlp::StatusCode::kError);
  SpanSpec none{.attributes = {{"component", "proxy"}, {"error", "false"}}};
  EXPECT_EQ(status_after(none), otlp::StatusCode::kUnset);
}

TEST(NormalizeEnvoySpan, AStatusThatIsSetStays) {
  SpanSpec ok{.status = otlp::StatusCode::kOk,
              .attributes = {{"component", "proxy"}, {"error", "true"}}};
  EXPECT_EQ(status_after(ok), otlp::StatusCode::kOk);
}

TEST(NormalizeEnvoySpan, AMessageWithoutACodeStays) {
  std::string attributes = span_bytes(
      {.attributes = {{"error", "true"}, {"component", "proxy"}, {"request_size", "1"}}});
  std::string status;
  {
    protozero::pbf_writer span(status);
    protozero::pbf_writer message(span, otlp::fields::span::kStatus);
    message.add_string(otlp::fields::status::kMessage, "connection failure");
  }
  // Status is field 15, attributes are field 9, but a writer may write them in any order.
  for (const std::string& span : {attributes + status, status + attributes}) {
    std::string edited = normalized(span);
    otlp::Span decoded = otlp::Span::decode(edited);
    EXPECT_EQ(decoded.status, otlp::StatusCode::kError);
    EXPECT_EQ(decoded.status_message, "connection failure");
  }
}

}  // namespace
}  // namespace clew::agent
