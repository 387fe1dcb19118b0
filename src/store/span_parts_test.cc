// The rest of what this does is tested by store_lossless_test.cc.
#include "store/span_parts.h"

#include <gtest/gtest.h>

#include <random>

#include "base/limits.h"
#include "store/testing.h"

namespace clew::store {
namespace {

namespace o = otlp::testing;

std::string written_again(const std::string& span, const TraceId& trace) {
  SpanCutter cutter;
  cutter.cut(span);
  std::string out;
  write_span(trace, cutter.fields, cutter.name, cutter.kind, cutter.cells, out);
  return out;
}

TEST(SpanParts, ASpanInTheUsualOrderComesOutAsItWentIn) {
  std::string span = o::span_bytes(
      {.trace = 1,
       .span = 2,
       .parent = 3,
       .status = otlp::StatusCode::kError,
       .attributes = {{"a", "x"}, {"b", std::string(300, 'y')}},
       .extra_key_values = {o::key_value("n", o::any_int(-1)), o::key_value("t", o::any_bool(true)),
                            o::key_value("d", o::any_double(0.5)), o::key_value("empty", "")}});
  EXPECT_EQ(written_again(span, o::trace_id(1)), span);
}

TEST(SpanParts, CellsHaveTheirTypes) {
  SpanCutter cutter;
  std::string span = o::span_bytes(
      {.attributes = {{"a", "x"}},
       .extra_key_values = {o::key_value("n", o::any_int(-1)), o::key_value("t", o::any_bool(true)),
                            o::key_value("none", "")}});
  cutter.cut(span);
  ASSERT_EQ(cutter.cells.size(), 4u);
  EXPECT_EQ(cutter.cells[0].type, CellType::kText);
  EXPECT_EQ(cutter.cells[0].bytes, "x");
  EXPECT_EQ(cutter.cells[1].type, CellType::kInt);
  EXPECT_EQ(cutter.cells[1].number, UINT64_MAX);
  EXPECT_EQ(cutter.cells[2].type, CellType::kBool);
  EXPECT_EQ(cutter.cells[3].type, CellType::kRaw);
  EXPECT_EQ(cutter.cells[3].key, "none");
  span = o::span_bytes({});
  cutter.cut(span);
  EXPECT_TRUE(cutter.cells.empty());
}

TEST(SpanParts, AttributesPastTheLimitAreKeptWhole) {
  for (size_t count : {limits::kCellsPerSpan, limits::kCellsPerSpan + 1}) {
    o::SpanSpec spec;
    for (size_t i = 0; i < count; ++i) spec.attributes.push_back({fmt::format("k{}", i), "v"});
    std::string span = o::span_bytes(spec);
    SpanCutter cutter;
    cutter.cut(span);
    bool has_other = cutter.cells.back().kind == ColumnKind::kOther;
    EXPECT_EQ(has_other, count > limits::kCellsPerSpan);
    EXPECT_EQ(cutter.cells.size(), count);
    EXPECT_EQ(written_again(span, o::trace_id(1)), span);
  }
}

TEST(SpanParts, AnEmptyStatusIsNotNone) {
  std::string span = o::span_bytes({});
  protozero::pbf_writer(span).add_message(otlp::fields::span::kStatus, std::string());
  EXPECT_EQ(written_again(span, o::trace_id(1)), span);
}

TEST(SpanParts, AnEndBeforeTheStartIsKept) {
  std::string span = o::span_bytes({.start = 100, .duration = UnixNanos{0} - 40});
  SpanCutter cutter;
  cutter.cut(span);
  EXPECT_EQ(cutter.fields.end(), 60u);
  EXPECT_EQ(cutter.fields.duration(), 0u);
  EXPECT_EQ(written_again(span, o::trace_id(1)), span);
}

TEST(SpanParts, DictionaryValuesReadBack) {
  OperationParts operation;
  std::string bytes = operation_bytes("shop", "GET", -7);
  ASSERT_TRUE(parse_operation(bytes, operation));
  EXPECT_EQ(operation.service, "shop");
  EXPECT_EQ(operation.name, "GET");
  EXPECT_EQ(operation.kind, -7);
  EXPECT_EQ(operation.span_kind(), otlp::SpanKind::kUnspecified);
  EXPECT_FALSE(parse_operation("\1\2\3", operation));
  GroupParts group;
  bytes = group_bytes("https://x", "bytes");
  ASSERT_TRUE(parse_group(bytes, group));
  EXPECT_EQ(group.schema_url, "https://x");
  EXPECT_EQ(group.message, "bytes");
  EXPECT_FALSE(parse_group(std::string("\xFF\0\0\0x", 5), group));
  ColumnKey key{ColumnKind::kAttribute, CellType::kDouble, "k", 513};
  EXPECT_EQ(ColumnKey::decode(key.encode()), key);
  EXPECT_FALSE(ColumnKey::decode("\1\1\1"));
  EXPECT_FALSE(ColumnKey::decode(std::string("\x0B\0\0\0", 4)));
  EXPECT_FALSE(ColumnKey::decode(std::string("\0\x06\0\0", 4)));
}

}  // namespace
}  // namespace clew::store
