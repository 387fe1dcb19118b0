#include "main/trace/trace_reference.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

constexpr char kId[] = "4bf92f3577b34da6a3ce929d0e0e4736";

std::string read(std::string_view text) {
  auto id = parse_trace_reference(text);
  return id ? id->hex() : "";
}

TEST(TraceReference, ReadsWhatPeoplePaste) {
  for (const char* text : {
           "4bf92f3577b34da6a3ce929d0e0e4736",
           " \"4BF92F3577B34DA6A3CE929D0E0E4736\"\n",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "x-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736",
           "b3: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
           "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1",
           "uber-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1",
           "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
           "X-Amzn-Trace-Id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=1",
           "http://127.0.0.1:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736?span=1#x",
       })
    EXPECT_EQ(read(text), kId) << text;
}

TEST(TraceReference, FillsShortIdsAsZipkinAndJaegerWriteThem) {
  EXPECT_EQ(read("a3ce929d0e0e4736"), "0000000000000000a3ce929d0e0e4736");
  EXPECT_EQ(read("3ce929d0e0e4736:1:0:1"), "000000000000000003ce929d0e0e4736");
}

TEST(TraceReference, RefusesTheRest) {
  for (const char* text :
       {"", "checkout", "00000000000000000000000000000000", "4bf92f3577b34da6a3ce929d0e0e47361",
        "00-4bf92f3577b34da6-00f067aa0ba902b7-01", "http://127.0.0.1:16686/search", "Root=1-"}) {
    auto id = parse_trace_reference(text);
    ASSERT_FALSE(id) << text;
    EXPECT_NE(id.error().message.find("is no trace ID"), std::string::npos);
  }
}

}  // namespace
}  // namespace clew
