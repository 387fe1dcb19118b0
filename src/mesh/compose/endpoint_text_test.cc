#include "mesh/compose/endpoint_text.h"

#include <gtest/gtest.h>

namespace clew::mesh {
namespace {

TEST(ParseEndpoint, ReadsWhatPoliciesWrite) {
  Endpoint grpc = parse_endpoint("agent:4317");
  EXPECT_EQ(grpc.text(), "agent:4317");
  EXPECT_FALSE(grpc.http);
  Endpoint http = parse_endpoint("http://agent:9411/api/v2/spans");
  EXPECT_EQ(http.text(), "agent:9411");
  EXPECT_EQ(http.path, "/api/v2/spans");
  EXPECT_TRUE(http.http);
  Endpoint ipv6 = parse_endpoint("[::1]:4317");
  EXPECT_EQ(ipv6.host, "::1");
  EXPECT_EQ(ipv6.text(), "[::1]:4317");
  EXPECT_EQ(parse_endpoint("http://agent").port, 80);
}

TEST(ParseEndpoint, GivesNoHostForWhatIsNone) {
  for (const char* text : {"", "agent:", "agent:0", "agent:x", "agent:70000"})
    EXPECT_EQ(parse_endpoint(text).host, "") << text;
}

TEST(IsIp, TellsAddressesFromNames) {
  EXPECT_TRUE(is_ip("10.0.0.1") && is_ip("::1"));
  EXPECT_FALSE(is_ip("agent") || is_ip("10.0.0") || is_ip(""));
}

}  // namespace
}  // namespace clew::mesh
