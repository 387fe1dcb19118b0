#include "mesh/sync/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

namespace clew::mesh::sync {
namespace {

using ::testing::HasSubstr;

ItemPtr item(const std::string& name, uint64_t time, std::string content) {
  return std::make_shared<const Item>(
      Item{{"Dataplane", "default", name}, {time, "0123456789abcdef"}, std::move(content)});
}

TEST(SyncMessage, IsReadAsItWasWritten) {
  Message hello{.hello = Hello{{"a1", "fra-1", Mode::kZone, "fra"},
                               77,
                               {{"", {{"b2", 5}}}, {"fra", {{"a1", 9}, {"b2", 8}}}}}};
  auto read = read_message(write_message(hello));
  ASSERT_TRUE(read && read->hello && !read->part && !read->ack);
  EXPECT_EQ(read->hello->party.name, "fra-1");
  EXPECT_EQ(read->hello->party.mode, Mode::kZone);
  EXPECT_EQ(read->hello->wall, 77u);
  EXPECT_EQ(read->hello->seen, hello.hello->seen);

  Delta delta{.items = {item("a", 1, "{}"), item("b", 2, "")}, .full = true, .seen = {{"a1", 2}}};
  read = read_message(write_message({.part = Part{"fra", 3, delta}}));
  ASSERT_TRUE(read && read->part);
  EXPECT_EQ(read->part->scope, "fra");
  EXPECT_EQ(read->part->round, 3u);
  EXPECT_TRUE(read->part->delta.full && !read->part->delta.more);
  ASSERT_EQ(read->part->delta.items.size(), 2u);
  EXPECT_EQ(read->part->delta.items[0]->content, "{}");
  EXPECT_TRUE(read->part->delta.items[1]->deleted());
  EXPECT_EQ(read->part->delta.items[1]->stamp, delta.items[1]->stamp);
  EXPECT_EQ(read->part->delta.seen, delta.seen);

  read = read_message(write_message({.ack = Ack{"fra", 4}}));
  ASSERT_TRUE(read && read->ack);
  EXPECT_EQ(read->ack->round, 4u);
  EXPECT_TRUE(read_message("").has_value());  // somebody is there
}

TEST(SyncMessage, PassesOverWhatALaterVersionMayAdd) {
  std::string bytes = write_message({.ack = Ack{"fra", 4}});
  protozero::pbf_writer more(bytes);
  more.add_string(15, "news");
  auto read = read_message(bytes);
  ASSERT_TRUE(read && read->ack);
  EXPECT_EQ(read->ack->scope, "fra");
}

TEST(SyncMessage, IsBounded) {
  auto refused = [](const Message& message) {
    auto read = read_message(write_message(message));
    EXPECT_FALSE(read.has_value());
    return read ? Code::kIo : read.error().code;
  };
  Delta many;
  for (size_t i = 0; i < kItems; ++i) many.items.push_back(item("", i, ""));
  EXPECT_TRUE(read_message(write_message({.part = Part{"", 1, many}})).has_value());
  many.items.push_back(item("", 1, ""));
  EXPECT_EQ(refused({.part = Part{"", 1, many}}), Code::kTooLarge);
  Delta large{.items = {item("a", 1, std::string(kItemBytes, 'x'))}};
  EXPECT_TRUE(read_message(write_message({.part = Part{"", 1, large}})).has_value());
  large.items = {item("a", 1, std::string(kItemBytes + 1, 'x'))};
  EXPECT_EQ(refused({.part = Part{"", 1, large}}), Code::kTooLarge);
  Hello hello;
  for (size_t i = 0; i < kReplicas; ++i) hello.seen[""][std::to_string(i)] = i;
  EXPECT_TRUE(read_message(write_message({.hello = hello})).has_value());
  hello.seen[""]["more"] = 1;
  EXPECT_EQ(refused({.hello = hello}), Code::kTooLarge);
  hello.seen.clear();
  for (size_t i = 0; i <= kScopes; ++i) hello.seen[std::to_string(i)];
  EXPECT_EQ(refused({.hello = hello}), Code::kTooLarge);
  EXPECT_EQ(read_message(std::string(kMessageBytes + 1, '\0')).error().code, Code::kTooLarge);
  EXPECT_EQ(read_message("\x0a\x05").error().code, Code::kMalformed);
  EXPECT_EQ(refused({.part = Part{"\xff", 1, {}}}), Code::kMalformed);
}

}  // namespace
}  // namespace clew::mesh::sync
