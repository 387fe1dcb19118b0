// `clew trace search`: lists traces that match, by TraceQL or by service and operation.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "main/terminal_text.h"
#include "main/text_table.h"
#include "main/trace/command.h"
#include "main/trace/found_trace.h"
#include "main/trace/local_time.h"
#include "main/trace/query_error.h"
#include "main/trace/spinner.h"
#include "main/trace/time_options.h"

namespace clew {
namespace {

using Json = nlohmann::ordered_json;

constexpr UnixNanos kSecondNanos = 1'000'000'000;
/// The newest slice of time; each before it is twice as long as the one after. So a fortnight takes
/// nine requests, each with a deadline of its own, and the newest traces come first.
constexpr UnixNanos kFirstSlice = 3600 * kSecondNanos;
constexpr size_t kMostNameColumns = 60;

std::vector<TimeRange> slices_of(TimeRange whole) {
  std::vector<TimeRange> slices;
  UnixNanos length = kFirstSlice;
  for (UnixNanos to = whole.to;;) {
    // A rest shorter than the slice before it is not worth a request.
    if (to - whole.from < 2 * length) {
      slices.push_back({whole.from, to});
      return slices;
    }
    slices.push_back({to - length, to});
    to -= length + 1;
    length *= 2;
  }
}

/// Tempo's answers are in whole milliseconds.
std::string duration_text_of(const FoundTraceLine& line) {
  return line.matched && line.duration == 0 ? "< 1 ms" : span_duration_text(line.duration);
}

struct Found {
  FoundTraceLine line;
  Json json;
};

class Search final : public TraceCommands::Command {
 public:
  explicit Search(CLI::App& trace) : Command(trace, "search", "List the newest traces that match") {
    app_->add_option("QUERY", query_,
                     "TraceQL, as '{ span.http.status_code = 503 }'; all traces without it");
    app_->add_option("--service", service_, "With a span of it (without QUERY)")->type_name("NAME");
    app_->add_option("--operation", operation_, "With a span of that name (without QUERY)")
        ->type_name("NAME");
    app_->add_flag("--error", error_, "With a failed span (without QUERY)");
    app_->add_option("--limit", limit_, "Traces")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    times_.add_to(*app_);
    app_->add_flag("--json", json_, "The traces as the API describes them");
    add_colour_flag();
  }

  Result<void> run(const StoreClient& store) override {
    if (!query_.empty() && (!service_.empty() || !operation_.empty() || error_))
      return fail(
          Code::kInvalid,
          "say it in the query instead of --service, --operation and --error: "
          "{{ resource.service.name = \"checkout\" && name = \"GET /\" && status = error }}");
    auto range = times_.range(Clock::system().now());
    if (!range) return std::unexpected(range.error());
    auto searched = search(store, *range);
    if (!searched) return searched;
    std::ranges::stable_sort(found_, std::ranges::greater(),
                             [](const Found& each) { return each.line.start; });
    if (found_.size() > limit_) found_.resize(limit_);
    return json_ ? print_json() : print_lines();
  }

 private:
  /// From the newest slice of time to the oldest, until there are enough.
  Result<void> search(const StoreClient& store, TimeRange whole) {
    Spinner spinner("searching");
    for (const TimeRange& slice : slices_of(whole)) {
      auto searched =
          query_.empty() ? by_clew(store, slice, spinner) : by_traceql(store, slice, spinner);
      if (!searched) return searched;
      if (found_.size() >= limit_) break;
      auto done = static_cast<double>(whole.to - slice.from) /
                  static_cast<double>(std::max<UnixNanos>(whole.to - whole.from, 1));
      spinner.set_progress(
          fmt::format("{:.0f} % of the time, {} traces so far", 100 * done, found_.size()));
    }
    return {};
  }

  Result<Json> ask(const StoreClient& store, const std::string& path, const QueryParams& params,
                   Spinner& spinner) {
    auto answer = store.get(path, params, spinner.waiting());
    if (!answer) return std::unexpected(answer.error());
    complete_ &= !answer->incomplete;
    Json json = Json::parse(answer->body, nullptr, false);
    if (!json.is_object() || (json.contains("traces") && !json["traces"].is_array()))
      return fail(Code::kMalformed, "{}{}: the answer is none of a search", store.address().url,
                  path);
    return json;
  }

  /// Page by page, since a page may be cut short by the server's deadline.
  Result<void> by_clew(const StoreClient& store, TimeRange slice, Spinner& spinner) {
    QueryParams params = {{"start", std::to_string(slice.from / 1000)},
                          {"end", std::to_string(slice.to / 1000)},
                          {"limit", std::to_string(limit_)}};
    if (!service_.empty()) params.emplace_back("service", service_);
    if (!operation_.empty()) params.emplace_back("operation", operation_);
    if (error_) params.emplace_back("tag", "error=true");
    params.emplace_back("pageToken", "");
    for (bool more = true; more;) {
      auto answer = ask(store, "/api/clew/v1/search", params, spinner);
      if (!answer) return std::unexpected(answer.error());
      for (Json& trace : (*answer)["traces"]) keep(found_by_clew, std::move(trace));
      params.back().second = answer->value("nextPageToken", "");
      more = !params.back().second.empty() && found_.size() < limit_;
      if (!more && params.back().second.empty()) complete_ &= answer->value("complete", true);
    }
    return {};
  }

  Result<void> by_traceql(const StoreClient& store, TimeRange slice, Spinner& spinner) {
    auto answer = ask(store, "/tempo/api/search",
                      {{"q", query_},
                       {"start", std::to_string(slice.from / kSecondNanos)},
                       {"end", std::to_string(slice.to / kSecondNanos + 1)},
                       {"limit", std::to_string(limit_)}},
                      spinner);
    if (!answer && answer.error().code == Code::kInvalid)
      return fail(Code::kInvalid, "{}", with_column_marked(answer.error().message, query_));
    if (!answer) return std::unexpected(answer.error());
    for (Json& trace : (*answer)["traces"]) keep(found_by_tempo, std::move(trace));
    return {};
  }

  /// A trace that spans two slices is found in both.
  void keep(FoundTraceLine (*read)(const Json&), Json json) {
    FoundTraceLine line = read(json);
    if (!seen_.insert(line.id).second) return;
    found_.push_back({std::move(line), std::move(json)});
  }

  Result<void> print_json() {
    Json traces = Json::array();
    for (Found& each : found_) traces.push_back(std::move(each.json));
    Json answer = {{"traces", std::move(traces)}, {"complete", complete_}};
    return write_out(answer.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }

  Result<void> print_lines() {
    if (found_.empty()) {
      fmt::print(stderr,
                 "no traces; look further back with --since 24h, or elsewhere with "
                 "--tenant\n");
      return tell_if_incomplete();
    }
    bool traceql = std::ranges::any_of(
        found_, [](const Found& each) { return each.line.matched.has_value(); });
    std::vector<std::vector<std::string>> rows = {
        {"TIME", "TRACE", "SERVICE", "NAME", "DURATION", "SPANS", "ERRORS"}};
    if (traceql) rows[0].emplace_back("MATCHED");
    for (const Found& each : found_) rows.push_back(row_of(each.line, traceql));
    std::vector<std::string> lines = table_lines(rows);
    std::string out;
    for (size_t i = 0; i < lines.size(); ++i) {
      bool red = colour() && i > 0 && found_[i - 1].line.errors.value_or(0) > 0;
      out += red ? "\x1b[31m" + lines[i] + "\x1b[0m\n" : lines[i] + "\n";
    }
    auto written = write_out(out);
    return written ? tell_if_incomplete() : written;
  }

  static std::vector<std::string> row_of(const FoundTraceLine& line, bool traceql) {
    auto number = [](const std::optional<uint64_t>& count) {
      return count ? grouped(*count) : std::string("-");
    };
    std::string name = printable(line.name);
    if (columns_of(name) > kMostNameColumns) name = fitted(name, kMostNameColumns);
    std::vector<std::string> row = {
        local_time_text(line.start), printable(line.id), printable(line.service), std::move(name),
        duration_text_of(line),      number(line.spans), number(line.errors)};
    if (traceql) row.push_back(number(line.matched));
    return row;
  }

  Result<void> tell_if_incomplete() const {
    if (!complete_)
      fmt::print(stderr,
                 "incomplete: a deadline or damage cut the search short; narrow it with "
                 "--service, --start and --end\n");
    return {};
  }

  std::string query_, service_, operation_;
  TimeOptions times_;
  size_t limit_ = 20;
  bool json_ = false, error_ = false, complete_ = true;
  std::vector<Found> found_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::unique_ptr<TraceCommands::Command> trace_search_command(CLI::App& trace) {
  return std::make_unique<Search>(trace);
}

}  // namespace clew
