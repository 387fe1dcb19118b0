// The golden suite's searches: test/data/traceql/cases.txt.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "otlp/span.h"
#include "query/traceql/golden.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/parse.h"
#include "query/traceql/pipeline.h"

namespace clew::query::traceql::testing {
namespace {

std::string span_text(const TraceView& trace, uint32_t span, const std::vector<Field>& selected,
                      bool is_select) {
  std::string text(trace.span(span).name);
  if (!is_select) return text;
  SpanEvaluator evaluator(trace);
  std::vector<std::string> values;
  for (const Field& field : selected) {
    Literal value = evaluator.value(field, span).literal();
    if (value.type != Type::kNil)
      values.push_back(fmt::format("{}={}", field.spelling, text_of(value)));
  }
  return fmt::format("{}{{{}}}", text, fmt::join(values, ","));
}

/// The lines of one trace.
std::vector<std::string> answer(const Pipeline& pipeline, const otlp::Batch& batch, char name) {
  TraceView trace(batch);
  std::vector<Field> selected;
  bool is_select = false;
  for (const Stage& stage : pipeline)
    if (const auto* select = std::get_if<Select>(&stage.what)) {
      is_select = true;
      selected.insert(selected.end(), select->fields.begin(), select->fields.end());
    }
  std::vector<std::string> lines;
  for (const FoundSpans& found : find_spans(pipeline, trace)) {
    std::string labels;
    for (const auto& [label, value] : found.labels)
      labels += fmt::format(" [{}={}]", label, text_of(value));
    std::string line = fmt::format("t{}{}:", name, labels);
    for (uint32_t span : found.spans) line += " " + span_text(trace, span, selected, is_select);
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> answer(const GoldenCase& golden, const std::vector<otlp::Batch>& traces) {
  auto query = parse(golden.query);
  if (!query) {
    // "column 7: …"
    std::string message = query.error().message;
    std::string column = message.substr(7, message.find(':') - 7);
    std::string expected = golden.expected.at(0);
    size_t word = expected.find(" ~ ");
    if (word == std::string::npos) return {"error " + column};
    bool named = message.find(expected.substr(word + 3)) != std::string::npos;
    return {"error " + column + (named ? expected.substr(word) : " without the word: " + message)};
  }
  std::vector<std::string> lines;
  for (const otlp::Batch& batch : traces) {
    char name = batch.decode(batch.spans()[0]).trace_id.hex().back();
    for (std::string& line : answer(std::get<Pipeline>(query->what), batch, name))
      lines.push_back(std::move(line));
  }
  if (lines.empty()) lines.emplace_back("none");
  return lines;
}

TEST(Golden, Searches) {
  auto traces = golden_traces();
  auto cases = golden_cases("cases.txt");
  ASSERT_GE(cases.size(), 1000U);
  for (const GoldenCase& golden : cases)
    EXPECT_EQ(answer(golden, traces), golden.expected)
        << "cases.txt:" << golden.line << ": " << golden.query;
}

}  // namespace
}  // namespace clew::query::traceql::testing
