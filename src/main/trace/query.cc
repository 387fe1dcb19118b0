// `clew query`: metrics of TraceQL in the terminal, and how a query will be answered.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "main/text_table.h"
#include "main/trace/command.h"
#include "main/trace/query_error.h"
#include "main/trace/spinner.h"
#include "main/trace/time_options.h"
#include "query/traceql/explain.h"
#include "query/traceql/parse.h"

namespace clew {
namespace {

using Json = nlohmann::ordered_json;
namespace traceql = query::traceql;

constexpr size_t kPictureColumns = 40;

std::string text_of(const Json& value) {
  for (const auto& [type, content] : value.items())
    return content.is_string() ? content.get<std::string>() : content.dump();
  return "nil";
}

/// `{service="shop", p="0.99"}`.
std::string labels_of(const Json& series) {
  std::vector<std::string> labels;
  for (const Json& label : series.value("labels", Json::array()))
    labels.push_back(fmt::format("{}=\"{}\"", label.value("key", ""),
                                 text_of(label.value("value", Json::object()))));
  return fmt::format("{{{}}}", fmt::join(labels, ", "));
}

std::vector<double> points_of(const Json& series) {
  std::vector<double> points;
  for (const Json& sample : series.value("samples", Json::array()))
    points.push_back(sample.value("value", 0.0));
  return points;
}

/// A picture in blocks of eight heights, from 0 (or the least, if it is below) to `most`; of
/// neighbours that share a column the highest.
std::string picture_of(const std::vector<double>& points, double least, double most) {
  constexpr std::array<std::string_view, 8> kHeights = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  size_t columns = std::min(points.size(), kPictureColumns);
  std::string picture;
  for (size_t column = 0; column < columns; ++column) {
    size_t first = column * points.size() / columns;
    size_t last = (column + 1) * points.size() / columns;
    double value = *std::max_element(points.begin() + static_cast<ptrdiff_t>(first),
                                     points.begin() + static_cast<ptrdiff_t>(last));
    double part = most > least ? (value - least) / (most - least) : 0;
    picture += kHeights[static_cast<size_t>(std::clamp(part * 7.999, 0.0, 7.0))];
  }
  return picture;
}

class Query final : public TraceCommands::Command {
 public:
  explicit Query(CLI::App& app)
      : Command(app, "query", "Show metrics of TraceQL, or explain a query") {
    app_->add_option("QUERY", query_, "TraceQL, as '{ status = error } | rate() by (name)'")
        ->required();
    app_->add_flag("--explain", explain_,
                   "Say what would be looked up, read and tested; asks no server");
    times_.add_to(*app_);
    app_->add_option("--step", step_, "Time between points; without it so that there are 250")
        ->type_name("DURATION");
    app_->add_flag("--json", json_, "The series as Tempo's API describes them");
  }

  Result<void> run(const StoreClient& store) override {
    auto query = traceql::parse(query_);
    if (!query)
      return fail(Code::kInvalid, "{}", with_column_marked(query.error().message, query_));
    if (explain_) return write_out(traceql::explain(*query));
    if (!std::holds_alternative<traceql::Metrics>(query->what))
      return fail(Code::kInvalid,
                  "this query finds traces: clew trace search QUERY lists them; for metrics add "
                  "| rate()");
    return show(store);
  }

 private:
  Result<void> show(const StoreClient& store) {
    auto range = times_.range(Clock::system().now());
    if (!range) return std::unexpected(range.error());
    Spinner spinner("counting");
    QueryParams params = {{"q", query_},
                          {"start", std::to_string(range->from)},
                          {"end", std::to_string(range->to)},
                          {"exemplars", "0"}};
    if (!step_.empty()) params.emplace_back("step", step_);
    auto answer = store.get("/tempo/api/metrics/query_range", params, spinner.waiting());
    if (!answer) return std::unexpected(answer.error());
    Json json = Json::parse(answer->body, nullptr, false);
    if (!json.is_object())
      return fail(Code::kMalformed, "{}: the answer is none of metrics", store.address().url);
    if (auto shown = json_ ? write_out(json.dump(2) + "\n") : print(json); !shown) return shown;
    if (json.value("status", "") == "PARTIAL")
      fmt::print(stderr, "incomplete: a deadline, a limit or damage cut the answer short\n");
    return {};
  }

  static Result<void> print(const Json& answer) {
    std::vector<std::vector<std::string>> rows = {{"SERIES", "LAST", "MIN", "MAX", ""}};
    auto series = answer.value("series", Json::array());
    double least = 0;
    double most = 0;
    for (const Json& one : series)
      for (double point : points_of(one)) {
        least = std::min(least, point);
        most = std::max(most, point);
      }
    for (const Json& one : series) {
      auto points = points_of(one);
      if (points.empty()) continue;
      auto [low, high] = std::ranges::minmax(points);
      rows.push_back({labels_of(one), fmt::format("{:.4g}", points.back()),
                      fmt::format("{:.4g}", low), fmt::format("{:.4g}", high),
                      picture_of(points, least, most)});
    }
    if (rows.size() == 1) {
      fmt::print(stderr, "no spans; look further back with --since 24h\n");
      return {};
    }
    return write_out(fmt::format("{}\n", fmt::join(table_lines(rows), "\n")));
  }

  std::string query_, step_;
  bool explain_ = false, json_ = false;
  TimeOptions times_;
};

}  // namespace

std::unique_ptr<TraceCommands::Command> query_command(CLI::App& app) {
  return std::make_unique<Query>(app);
}

}  // namespace clew
