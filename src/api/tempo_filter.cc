#include "api/tempo_filter.h"

#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

#include "query/traceql/parse.h"

namespace clew::api {
namespace {

using namespace query::traceql;

std::optional<Pipeline> pipeline_of(std::string_view text) {
  auto query = parse(text);
  if (!query || !std::holds_alternative<Pipeline>(query->what)) return std::nullopt;
  return std::get<Pipeline>(std::move(query->what));
}

bool asks_for_all(const Pipeline& pipeline) {
  const auto* spans = pipeline.size() == 1 ? std::get_if<Spanset>(&pipeline[0].what) : nullptr;
  return spans != nullptr && spans->op == SpansetOp::kFilter && spans->filter.op == Op::kConstant &&
         spans->filter.constant.integer != 0;
}

/// Where the text that `quote` opened at `at` ends: at its last character.
size_t end_of_quote(std::string_view text, size_t at) {
  char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at)
    if (text[at] == '\\' && quote == '"') ++at;
  return at;
}

/// The parts between `&&`, outside texts and parentheses; none if `||` parts them too.
std::vector<std::string_view> conjuncts(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  int depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"' || text[at] == '`') {
      at = end_of_quote(text, at);
      continue;
    }
    depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
    std::string_view two = text.substr(at, 2);
    if (depth != 0 || (two != "&&" && two != "||")) continue;
    if (two == "||") return {};
    parts.push_back(text.substr(begin, at - begin));
    begin = ++at + 1;
  }
  parts.push_back(text.substr(std::min(begin, text.size())));
  return parts;
}

/// A filter of those conditions that can be read; empty if there are none.
std::string readable_part(std::string_view query) {
  size_t open = query.find('{'), close = query.rfind('}');
  if (open == query.npos) return {};
  if (close == query.npos || close < open) close = query.size();
  std::string filter;
  for (std::string_view part : conjuncts(query.substr(open + 1, close - open - 1))) {
    if (part.find_first_not_of(" \t\r\n") == part.npos) continue;
    if (!pipeline_of(fmt::format("{{{}}}", part))) continue;
    filter += fmt::format("{}{}", filter.empty() ? "" : " && ", part);
  }
  return filter.empty() ? filter : fmt::format("{{{}}}", filter);
}

}  // namespace

std::optional<Pipeline> tempo_filter(std::string_view query) {
  auto pipeline = pipeline_of(query);
  // Metrics are no unfinished filter.
  if (!pipeline && !parse(query)) pipeline = pipeline_of(readable_part(query));
  if (pipeline && asks_for_all(*pipeline)) return std::nullopt;
  return pipeline;
}

}  // namespace clew::api
