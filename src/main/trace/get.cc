// `clew trace get`: one trace, for people or for programs.
#include <fmt/format.h>
#include <simdjson.h>

#include "main/terminal_text.h"
#include "main/trace/command.h"
#include "main/trace/spinner.h"
#include "main/trace/trace_reading.h"
#include "main/trace/trace_reference.h"
#include "main/trace/waterfall.h"

namespace clew {
namespace {

constexpr size_t kColumnsWithoutTerminal = 100;

/// The OTLP in the answer of Jaeger's v3 API, as it stands there.
Result<std::string> otlp_of(const std::string& answer) {
  simdjson::padded_string text(answer);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object otlp;
  std::string_view result;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document["result"].get_object().get(otlp) != simdjson::SUCCESS ||
      otlp.raw_json().get(result) != simdjson::SUCCESS)
    return fail(Code::kMalformed, "the answer is none of Jaeger's v3 API");
  return std::string(result);
}

class Get final : public TraceCommands::Command {
 public:
  explicit Get(CLI::App& trace) : Command(trace, "get", "Print one trace as a waterfall") {
    app_->add_option("ID", id_, "16 or 32 hex digits, a traceparent, or a trace's URL")->required();
    auto format = [&](const char* flag, bool& place, const char* help) {
      return app_->add_flag(flag, place, help)->group("Instead of the waterfall");
    };
    auto* json = format("--json", json_, "Clew's JSON, every type kept");
    auto* otlp = format("--otlp", otlp_, "OTLP as JSON, {\"resourceSpans\": …}");
    auto* jaeger = format("--jaeger", jaeger_, "Jaeger's JSON, as its UI opens it");
    json->excludes(otlp)->excludes(jaeger);
    otlp->excludes(jaeger);
    app_->add_flag("--all", all_,
                   "A line for every span; else equal siblings are one in traces\n"
                   "of more than 100 spans");
    app_->add_option("--width", columns_, "Columns; otherwise the terminal's, or 100")
        ->type_name("N")
        ->check(CLI::Range(size_t{kLeastWaterfallColumns}, size_t{10'000}));
    add_colour_flag();
  }

  Result<void> run(const StoreClient& store) override {
    auto id = parse_trace_reference(id_);
    if (!id) return std::unexpected(id.error());
    std::string hex = id->hex();
    std::string path = (jaeger_ ? "/api/traces/"
                        : otlp_ ? "/api/v3/traces/"
                                : "/api/clew/v1/traces/") +
                       hex;
    Spinner spinner("getting the trace");
    auto answer = store.get(path, {}, spinner.waiting());
    if (!answer && answer.error().code == Code::kNotFound)
      return not_found(store, hex, answer.error().message);
    if (!answer) return std::unexpected(answer.error());
    if (answer->incomplete)
      fmt::print(stderr, "incomplete: a limit, a deadline or damage kept the rest away\n");
    auto text = otlp_              ? otlp_of(answer->body)
                : json_ || jaeger_ ? Result<std::string>(std::move(answer->body))
                                   : drawn(answer->body);
    if (!text) return std::unexpected(text.error());
    if (!text->ends_with('\n')) *text += '\n';
    return write_out(*text);
  }

 private:
  Result<std::string> drawn(const std::string& answer) const {
    auto trace = read_trace(answer);
    if (!trace) return std::unexpected(trace.error());
    size_t columns = columns_ != 0 ? columns_ : terminal_columns(kColumnsWithoutTerminal);
    return waterfall(*trace, {.columns = columns,
                              .colour = colour(),
                              .fold = !all_ && trace->spans.size() > kFoldedFrom});
  }

  Result<void> not_found(const StoreClient& store, const std::string& hex,
                         const std::string& message) const {
    // Clew names the trace; whoever does not know the path cannot.
    if (!otlp_ && !jaeger_ && message.find(hex) == message.npos)
      return fail(Code::kNotFound, "{} is no Clew, or an older one: {}", store.address().url,
                  message);
    const std::string& tenant = store.address().tenant;
    return fail(Code::kNotFound,
                "there is no trace {} at {} for tenant {}\n"
                "spans come a few seconds after the request: try again; sampling may have left it "
                "out,\nretention may have removed it, or another tenant has it (--tenant)",
                hex, store.address().url, tenant.empty() ? "anonymous" : tenant);
  }

  std::string id_;
  bool json_ = false, otlp_ = false, jaeger_ = false, all_ = false;
  size_t columns_ = 0;
};

}  // namespace

std::unique_ptr<TraceCommands::Command> trace_get_command(CLI::App& trace) {
  return std::make_unique<Get>(trace);
}

}  // namespace clew
