#include "agent/export/rotating_file.h"

#include <gtest/gtest.h>

#include "base/disk_memory.h"
#include "otlp/json_writer.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace std::chrono_literals;
using namespace otlp::testing;
using otlp::Signal;
using Format = RotatingFileOptions::Format;

constexpr UnixNanos kNewYear = 1'767'225'599'999'000'000;  // 2025-12-31T23:59:59.999Z

class RotatingFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<RotatingFile> open(RotatingFileOptions options) {
    options.path = "/out/spans.json";
    return RotatingFile::open(disk, clock, options).value();
  }
  std::string content(const std::string& name) {
    auto file = disk.open_read("/out/" + name).value();
    return file->read(0, file->size()).value();
  }
  std::vector<std::string> names() { return disk.list("/out").value(); }

  MemoryDisk disk{1 << 20};
  ManualClock clock{kNewYear};
  SharedBytes request = SharedBytes::take(request_bytes({{.name = "one"}}));
  std::string line = otlp::request_json(request.view()) + "\n";
};

TEST_F(RotatingFileTest, WritesALineForEachRequest) {
  auto file = open({});
  ASSERT_TRUE(file->write(Signal::kTraces, request).has_value());
  ASSERT_TRUE(file->write(Signal::kTraces, request).has_value());
  EXPECT_EQ(content("spans.json"), line + line);
  EXPECT_EQ(file->write(Signal::kLogs, request).error().code, Code::kUnsupported);
}

TEST_F(RotatingFileTest, GoesOnWhereItWas) {
  ASSERT_TRUE(open({})->write(Signal::kTraces, request).has_value());
  ASSERT_TRUE(open({})->write(Signal::kTraces, request).has_value());
  EXPECT_EQ(content("spans.json"), line + line);
}

TEST_F(RotatingFileTest, ProtobufStandsBehindItsLength) {
  auto file = open({.format = Format::kProto});
  SharedBytes logs = SharedBytes::take(std::string(258, 'x'));
  ASSERT_TRUE(file->write(Signal::kLogs, logs).has_value());
  EXPECT_EQ(content("spans.json"), std::string("\0\0\1\2", 4) + std::string(258, 'x'));
}

TEST_F(RotatingFileTest, IsPutAsideWhenItWouldBeTooLarge) {
  auto file = open({.max_bytes = 2 * line.size(), .max_backups = 2});
  ASSERT_TRUE(disk.open_append("/out/spans-mine.json").has_value());
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(file->write(Signal::kTraces, request).has_value());
    clock.advance(1ms);
  }
  EXPECT_EQ(content("spans.json"), line);
  EXPECT_EQ(names(), (std::vector<std::string>{"spans-2026-01-01T00-00-00.005.json",
                                               "spans-2026-01-01T00-00-00.007.json",
                                               "spans-mine.json", "spans.json"}));
}

TEST_F(RotatingFileTest, ARequestThatAloneIsTooLargeStillGetsAFile) {
  auto file = open({.max_bytes = 1});
  ASSERT_TRUE(file->write(Signal::kTraces, request).has_value());
  EXPECT_EQ(names(), (std::vector<std::string>{"spans.json"}));
}

}  // namespace
}  // namespace clew::agent
