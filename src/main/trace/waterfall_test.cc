#include "main/trace/waterfall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "main/terminal_text.h"
#include "main/trace/trace_reading.h"

namespace clew {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kTrace = R"({
  "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "startNs": "1764000000000000000",
  "durationNs": 100000000, "complete": true,
  "resources": [{"service": "edge", "attributes": []}, {"service": "checkout", "attributes": []}],
  "scopes": [],
  "spans": [
    {"spanId": "a", "parentId": "", "name": "ingress", "kind": "server", "startNs": 0,
     "durationNs": 100000000, "status": {"code": "unset", "message": ""}, "resource": 0,
     "attributes": [{"key": "http.status_code", "type": "string", "value": "503"},
                    {"key": "error", "type": "string", "value": "true"}], "events": []},
    {"spanId": "b", "parentId": "a", "name": "POST /pay", "kind": "server", "startNs": 10000000,
     "durationNs": 50000000, "status": {"code": "error", "message": ""}, "resource": 1,
     "attributes": [{"key": "rpc.grpc.status_code", "type": "int64", "value": "14"}],
     "events": [{"timeNs": 5, "name": "exception", "attributes": [
       {"key": "exception.type", "type": "string", "value": "IOError"},
       {"key": "exception.message", "type": "string", "value": "no\u001b[2Jroute"}]}]},
    {"spanId": "c", "parentId": "b", "name": "select", "kind": "client", "startNs": 59000000,
     "durationNs": 1000, "status": {"code": "ok", "message": ""}, "resource": 1,
     "attributes": [], "events": []},
    {"spanId": "d", "parentId": "lost", "name": "late", "kind": "consumer", "startNs": 90000000,
     "durationNs": 10000000, "status": {"code": "unset", "message": ""}, "resource": 1,
     "attributes": [], "events": []}]})";

ShownTrace trace() {
  auto read = read_trace(kTrace);
  EXPECT_TRUE(read);
  return *std::move(read);
}

TEST(TraceReading, ReadsWhatATerminalShows) {
  ShownTrace read = trace();
  ASSERT_EQ(read.spans.size(), 4u);
  EXPECT_EQ(read.start, 1'764'000'000'000'000'000u);
  EXPECT_TRUE(read.spans[0].is_error);
  EXPECT_EQ(read.spans[0].status, "503");
  EXPECT_EQ(read.spans[1].status, "UNAVAILABLE");
  EXPECT_EQ(read.spans[1].problem, "IOError: no\x1b[2Jroute");
  EXPECT_FALSE(read.spans[2].is_error);
  EXPECT_EQ(read.spans[3].service, "checkout");
}

TEST(TraceReading, RefusesOtherAnswers) {
  for (const char* text : {"", "[]", "{}", "{\"spans\": 1}", "<html>", "{\"spans\": ["})
    EXPECT_FALSE(read_trace(text)) << text;
  EXPECT_TRUE(read_trace("{\"spans\": [1, null, {\"resource\": 9}]}"));  // nothing of it is known
}

TEST(Waterfall, IsAsDrawn) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(waterfall(trace(), {.columns = 80}),
            "4bf92f3577b34da6a3ce929d0e0e4736  2025-11-24 16:00:00.000  100 ms  4 spans  "
            "2 services  2 errors\n"
            R"(
edge  ingress         ████████████████████████████████████    100 ms 503
└ checkout  POST /pay    ██████████████████                  50.0 ms UNAVAILABLE
    ! IOError: no·[2Jroute
  └ checkout  select                       ▏                 1.00 µs
? checkout  late                                      ████   10.0 ms

?  its parent is not in the trace: not sent, not sampled, or still on its way
)");
}

TEST(Waterfall, ColoursErrorsAndServices) {
  std::string plain = waterfall(trace(), {.columns = 80});
  std::string coloured = waterfall(trace(), {.columns = 80, .colour = true});
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b[31medge\x1b[0m"));
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;31m2 errors\x1b[0m"));
  EXPECT_THAT(coloured, HasSubstr("\x1b[36mcheckout\x1b[0m"));
}

TEST(Waterfall, NoLineIsWiderThanTheTerminal) {
  ShownTrace wide = trace();
  wide.spans[2].service = std::string(300, 's');
  wide.spans[2].name = "東京" + std::string(300, 'n');
  wide.spans[1].problem = std::string(500, 'p');
  for (size_t columns : {60, 80, 100, 237}) {
    std::string text = waterfall(wide, {.columns = columns});
    std::string_view rest = text;
    rest.remove_prefix(rest.find('\n') + 1);  // the head may wrap
    rest = rest.substr(0, rest.find("\n\n?"));
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      EXPECT_LE(columns_of(line), columns) << line;
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
}

TEST(Waterfall, SaysWhatIsNotThere) {
  ShownTrace cut = trace();
  cut.complete = false;
  EXPECT_THAT(waterfall(cut, {}), HasSubstr("\nincomplete: "));
  EXPECT_THAT(waterfall(trace(), {}), HasSubstr("\n?  its parent is not in the trace"));
}

}  // namespace
}  // namespace clew
