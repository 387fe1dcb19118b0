// `clew store export` and `import`.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <future>
#include <thread>

#include "base/time_text.h"
#include "main/store_command.h"
#include "main/terminal.h"
#include "otlp/json_writer.h"
#include "receive/otlp_file.h"
#include "store/admin/export.h"

namespace clew {
namespace {

using Command = StoreCommands::Command;

/// A file or, as "-", a standard stream; closed at the end unless it is the latter.
class File {
 public:
  static Result<File> open(const std::string& path, bool write) {
    if (path == "-") return File(write ? stdout : stdin, "the standard stream");
    std::FILE* file = std::fopen(path.c_str(), write ? "wb" : "rb");
    if (!file) return fail(Code::kIo, "cannot open {}: {}", path, std::strerror(errno));
    return File(file, path);
  }
  File(File&& other) noexcept
      : file_(std::exchange(other.file_, nullptr)), path_(std::move(other.path_)) {}
  File(const File&) = delete;
  ~File() {
    if (file_ && file_ != stdin && file_ != stdout) std::fclose(file_);
  }

  Result<void> write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return {};
    return error("write to");
  }
  /// Returns when all is in the hands of the system.
  Result<void> finish() { return std::fflush(file_) == 0 ? Result<void>() : error("write to"); }

  Result<size_t> read(char* place, size_t size) {
    size_t got = std::fread(place, 1, size, file_);
    if (got == 0 && std::ferror(file_) != 0) return error("read");
    return got;
  }

 private:
  File(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}

  std::unexpected<Error> error(std::string_view what) const {
    return fail(Code::kIo, "cannot {} {}: {}", what, path_, std::strerror(errno));
  }

  std::FILE* file_;
  std::string path_;
};

class ExportCommand final : public Command {
 public:
  explicit ExportCommand(CLI::App& store)
      : Command(store.add_subcommand("export", "Write traces that match into a file of OTLP")) {
    auto text = [&](const char* flag, std::string& place, const char* type, const char* help) {
      return app().add_option(flag, place, help)->type_name(type);
    };
    text("--tenant", tenant_, "TENANT", "Whose traces")->default_str("anonymous");
    app()
        .add_option("--where", where_,
                    "A condition on one attribute, e.g. 'http.route = \"/\"' or "
                    "'span.retries > 2'; may be repeated, all must hold")
        ->type_name("COND")
        ->expected(1);
    text("--service", service_, "NAME", "Service of a span of the trace");
    text("--operation", operation_, "NAME", "Name of that span");
    text("--start", start_, "TIME",
         "Spans that start then or later: 2026-07-01T12:00:00Z, or 2h ago");
    text("--end", end_, "TIME", "Spans that start then or earlier");
    app().add_option("--limit", limit_, "Only so many traces, the newest")->type_name("N");
    text("--format", format_, "FORMAT",
         "otlp-proto: messages with their length before them; "
         "otlp-json: one on each line")
        ->check(CLI::IsMember({"otlp-proto", "otlp-json"}))
        ->capture_default_str();
    text("-o,--output", output_, "FILE", "The file; - is the standard output")->required();
    app().footer(
        "A trace matches if one span of it satisfies everything; all its spans are written. "
        "Changes\n"
        "nothing and may run beside the server. The forms are those of the OpenTelemetry "
        "Collector's\n"
        "file exporter. Exit code 1 also when damage or limits kept something out.");
  }

  Result<int> run(const std::string& data) override {
    auto filter = make_filter();
    if (!filter) return std::unexpected(filter.error());
    auto tenant = Tenant::parse(tenant_);
    if (!tenant) return std::unexpected(tenant.error());
    store::StoreOptions options;
    options.directory = data;
    options.read_only = true;
    auto store = store::Store::open(options);
    if (!store) return std::unexpected(store.error());
    auto file = File::open(output_, /*write=*/true);
    if (!file) return std::unexpected(file.error());
    auto write = [&](std::string_view request) { return write_request(*file, request); };
    auto summary = store::export_traces(**store, *tenant, *filter, limit_, write);
    if (!summary) return std::unexpected(summary.error());
    if (auto finished = file->finish(); !finished) return std::unexpected(finished.error());
    fmt::print(stderr, "{} spans of {} traces\n", with_commas(summary->spans),
               with_commas(summary->traces));
    bool complete = summary->complete && summary->cut_traces == 0;
    if (!complete)
      fmt::print(stderr, "not all: {} traces are cut{}; see `clew store verify`\n",
                 summary->cut_traces, summary->complete ? "" : ", and damage hides others");
    return complete ? 0 : 1;
  }

 private:
  Result<store::Filter> make_filter() const {
    store::Filter filter;
    filter.service = service_;
    filter.operation = operation_;
    UnixNanos now = Clock::system().now();
    for (auto [text, place] : {std::pair(&start_, &filter.start_min), {&end_, &filter.start_max}}) {
      if (text->empty()) continue;
      auto time = parse_time(*text, now);
      if (!time) return std::unexpected(time.error());
      *place = *time;
    }
    for (const std::string& text : where_) {
      auto condition = store::Condition::parse(text);
      if (!condition) return std::unexpected(condition.error());
      filter.conditions.push_back(std::move(*condition));
    }
    return filter;
  }

  Result<void> write_request(File& file, std::string_view request) const {
    if (format_ == "otlp-json") return file.write(otlp::request_json(request) + "\n");
    auto size = static_cast<uint32_t>(request.size());
    const char header[] = {static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                           static_cast<char>(size >> 8), static_cast<char>(size)};
    return in_order([&] { return file.write({header, sizeof header}); },
                    [&] { return file.write(request); });
  }

  std::string tenant_, service_, operation_, start_, end_, output_, format_ = "otlp-proto";
  std::vector<std::string> where_;
  std::optional<size_t> limit_;
};

class ImportCommand final : public Command {
 public:
  explicit ImportCommand(CLI::App& store)
      : Command(store.add_subcommand("import", "Add traces from files of OTLP to a store")) {
    app()
        .add_option("FILE", files_,
                    "What `clew store export` or the OpenTelemetry Collector's "
                    "file exporter wrote; - is the standard input")
        ->required();
    app()
        .add_option("--tenant", tenant_, "Whose traces they become")
        ->type_name("TENANT")
        ->default_str("anonymous");
    app().footer(
        "The server must not run. Importing a file again adds nothing: equal spans are kept once.\n"
        "Spans that are older than the server's retention are removed when it runs next. "
        "Compressed\n"
        "files: zcat FILE | clew store import -");
  }

  Result<int> run(const std::string& data) override {
    auto tenant = Tenant::parse(tenant_);
    if (!tenant) return std::unexpected(tenant.error());
    store::StoreOptions options;
    options.directory = data;
    // The end of it is synced; until then one can begin again.
    options.durability = store::Durability::kOs;
    // Removing is for the server, which knows what is configured.
    options.retention = std::chrono::hours(24 * 365 * 50);
    options.max_bytes = UINT64_MAX;
    auto store = store::Store::open(options);
    if (!store) return std::unexpected(store.error());
    for (const std::string& path : files_)
      if (auto imported = import_file(**store, *tenant, path); !imported)
        return fail(imported.error().code, "{}: {}", path, imported.error().message);
    if (auto flushed = (*store)->flush(); !flushed) return std::unexpected(flushed.error());
    (*store)->close();
    fmt::print("{} spans in {} requests\n", with_commas(spans_), with_commas(requests_));
    if (rejected_ > 0) fmt::print("{} spans without IDs were left out\n", with_commas(rejected_));
    return 0;
  }

 private:
  Result<void> import_file(store::Store& store, const Tenant& tenant, const std::string& path) {
    auto file = File::open(path, /*write=*/false);
    if (!file) return std::unexpected(file.error());
    receive::OtlpFileReader reader(
        [&](char* place, size_t size) { return file->read(place, size); });
    for (;;) {
      auto piece = reader.next();
      if (!piece) return std::unexpected(piece.error());
      if (!*piece) return {};
      auto batch = otlp::Batch::index((*piece)->request);
      if (!batch) return fail(batch.error().code, "{}: {}", (*piece)->where, batch.error().message);
      ++requests_;
      spans_ += batch->spans().size();
      rejected_ += batch->rejected_spans();
      if (auto kept = append(store, tenant, *batch); !kept) return kept;
    }
  }

  /// Waits while the store is busy; a disk that stays full ends it.
  static Result<void> append(store::Store& store, const Tenant& tenant, const otlp::Batch& batch) {
    constexpr int kTries = 30;
    for (int tries = 1;; ++tries) {
      std::promise<Result<void>> answer;
      store.append(tenant, batch,
                   [&](Result<void> result) { answer.set_value(std::move(result)); });
      Result<void> kept = answer.get_future().get();
      if (kept || !is_retryable(kept.error()) || tries == kTries) return kept;
      std::this_thread::sleep_for(kept.error().retry_after.value_or(std::chrono::seconds(1)));
    }
  }

  std::vector<std::string> files_;
  std::string tenant_;
  uint64_t requests_ = 0, spans_ = 0, rejected_ = 0;
};

}  // namespace

std::unique_ptr<Command> export_command(CLI::App& store) {
  return std::make_unique<ExportCommand>(store);
}
std::unique_ptr<Command> import_command(CLI::App& store) {
  return std::make_unique<ImportCommand>(store);
}

}  // namespace clew
