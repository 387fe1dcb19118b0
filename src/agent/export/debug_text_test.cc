#include "agent/export/debug_text.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using otlp::Signal;

SharedBytes request() {
  return SharedBytes::take(
      request_bytes({{.name = "a\nb", .attributes = {{"k", "v"}}}, {.service = "cart"}}));
}

TEST(DebugText, TellsAsMuchAsAsked) {
  EXPECT_EQ(debug_text(Signal::kTraces, request(), Verbosity::kBasic),
            "traces: 2 resource spans, 2 spans\n");
  EXPECT_EQ(debug_text(Signal::kTraces, request(), Verbosity::kNormal),
            "traces: 2 resource spans, 2 spans\n"
            "\"a\\nb\" 00000000000000000000000000000001 0000000000000001 \"k\"=\"v\"\n"
            "\"GET /\" 00000000000000000000000000000001 0000000000000001\n");
  std::string detailed = debug_text(Signal::kTraces, request(), Verbosity::kDetailed);
  EXPECT_NE(detailed.find("  -> \"service.name\": \"cart\"\n"), detailed.npos) << detailed;
  EXPECT_NE(detailed.find("    Kind: server\n"), detailed.npos) << detailed;
}

TEST(DebugText, OfDamageSaysWhatIsWrong) {
  std::string text = debug_text(Signal::kTraces, SharedBytes::copy("\xFF"), Verbosity::kBasic);
  EXPECT_TRUE(text.starts_with("traces: ") && text.ends_with("\n")) << text;
  EXPECT_EQ(debug_text(Signal::kLogs, SharedBytes::copy("xy"), Verbosity::kBasic),
            "logs: 2 bytes\n");
}

}  // namespace
}  // namespace clew::agent
