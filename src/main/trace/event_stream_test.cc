#include "main/trace/event_stream.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

using Events = std::vector<ServerEvent>;

Events read(std::string_view text, size_t piece) {
  EventStream stream;
  Events all;
  for (size_t at = 0; at < text.size(); at += piece) {
    auto events = stream.take(text.substr(at, piece));
    EXPECT_TRUE(events);
    all.insert(all.end(), events->begin(), events->end());
  }
  return all;
}

TEST(EventStream, ReadsEventsHoweverTheBytesArrive) {
  constexpr std::string_view kText =
      "\xEF\xBB\xBF: hello\n\nevent: trace\ndata: {\"a\":1}\nid: 7\n\n"
      "data:one\r\ndata:  two\r\n\r\nevent: dropped\rdata: {}\r\revent: nothing\n\ndata\n\ndata: "
      "cut";
  Events expected = {
      {"trace", "{\"a\":1}"}, {"message", "one\n two"}, {"dropped", "{}"}, {"message", ""}};
  for (size_t piece : {1, 2, 3, 7, 1000}) EXPECT_EQ(read(kText, piece), expected) << piece;
}

TEST(EventStream, BoundsLinesAndEvents) {
  EventStream at_limit, line, event;
  std::string most(EventStream::kMostEventBytes - 6, 'x');
  EXPECT_TRUE(at_limit.take("data: " + most + "\n\n"));
  auto past = line.take("data: " + most + "x");
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, Code::kTooLarge);
  ASSERT_TRUE(event.take("data: " + most + "\n"));
  EXPECT_FALSE(event.take("data: 1234567\n"));
}

}  // namespace
}  // namespace clew
