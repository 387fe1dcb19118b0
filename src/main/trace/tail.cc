// `clew trace tail`: a line for every trace as it comes in.
#include <fmt/format.h>

#include <algorithm>

#include "main/signals.h"
#include "main/terminal_text.h"
#include "main/trace/command.h"
#include "main/trace/event_stream.h"
#include "main/trace/found_trace.h"
#include "main/trace/local_time.h"

namespace clew {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{500}, kLongestPause{15'000};

class Tail final : public TraceCommands::Command {
 public:
  explicit Tail(CLI::App& trace) : Command(trace, "tail", "Follow traces as they come in") {
    app_->add_option("--service", service_, "With a span of it")->type_name("NAME");
    app_->add_option("--operation", operation_, "With a span of that name")->type_name("NAME");
    app_->add_flag("--error", error_, "With a failed span");
    app_->add_option("--rate", rate_, "At most so many traces a second; 20 without it")
        ->check(CLI::Range(1, 200));
    app_->add_flag("--json", json_, "One JSON document a line");
    app_->footer("Ends with Ctrl-C. A store that goes away is asked again until it is back.");
    add_colour_flag();
  }

  Result<void> run(const StoreClient& store) override {
    for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
      EventStream events;
      Result<void> shown;
      bool got_something = false;
      auto ended = store.follow("/api/clew/v1/tail", params(), [&](std::string_view bytes) {
        got_something = true;
        shown = show(events, bytes);
        return shown.has_value();
      });
      if (store.was_interrupted()) return {};  // that is how it ends
      if (!shown) return shown;
      if (!ended && !is_retryable(ended.error())) return std::unexpected(explained(ended.error()));
      if (got_something) pause = kFirstPause;
      fmt::print(stderr, "clew trace tail: {}; asking again in {:.1f} s\n",
                 ended ? "the server has ended the stream" : ended.error().message,
                 static_cast<double>(pause.count()) / 1000);
      if (stop_came_within(pause)) return {};
    }
  }

 private:
  QueryParams params() const {
    QueryParams params;
    if (!service_.empty()) params.emplace_back("service", service_);
    if (!operation_.empty()) params.emplace_back("operation", operation_);
    if (error_) params.emplace_back("tag", "error=true");
    if (rate_ != 0) params.emplace_back("rate", std::to_string(rate_));
    return params;
  }

  static Error explained(Error error) {
    if (error.code == Code::kNotFound)
      error.message = "this server has no /api/clew/v1/tail: it is older than `clew trace tail`";
    return error;
  }

  Result<void> show(EventStream& stream, std::string_view bytes) const {
    auto events = stream.take(bytes);
    if (!events) return std::unexpected(events.error());
    std::string out;
    for (const ServerEvent& event : *events) {
      if (event.type != "trace" && event.type != "dropped") continue;
      Json json = Json::parse(event.data, nullptr, false);
      if (!json.is_object())
        return fail(Code::kMalformed, "an event of the server is no JSON: {}",
                    printable(event.data.substr(0, 200)));
      if (event.type == "dropped")
        fmt::print(stderr,
                   "clew trace tail: {} traces were not shown: more came than could be "
                   "sent here\n",
                   json.value("count", Json(0)).dump());
      else
        out += json_ ? event.data + "\n" : line_of(found_by_clew(json));
    }
    return out.empty() ? Result<void>() : write_out(out);
  }

  std::string line_of(const FoundTraceLine& trace) const {
    uint64_t errors = trace.errors.value_or(0);
    std::string line =
        fmt::format("{}  {}  {} {}  {}  {}", local_time_text(trace.start), printable(trace.id),
                    fitted(span_duration_text(trace.duration), 9),
                    fitted(counted(trace.spans.value_or(0), "span"), 11),
                    errors == 0 ? std::string(9, ' ') : fitted(counted(errors, "error"), 9),
                    printable(trace.service) + "  " + printable(trace.name));
    return errors > 0 && colour() ? "\x1b[31m" + line + "\x1b[0m\n" : line + "\n";
  }

  static std::string counted(uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
  }

  std::string service_, operation_;
  int rate_ = 0;  // 0: the server's own
  bool error_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<TraceCommands::Command> trace_tail_command(CLI::App& trace) {
  return std::make_unique<Tail>(trace);
}

}  // namespace clew
