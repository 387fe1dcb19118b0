// `clew store verify`, `repair`, `stat` and `snapshot`.
#include <fmt/format.h>

#include "base/json.h"
#include "base/time_text.h"
#include "main/store_command.h"
#include "main/terminal.h"
#include "store/admin/repair.h"
#include "store/admin/snapshot.h"
#include "store/admin/stat.h"
#include "store/admin/verify.h"

namespace clew {
namespace {

using Command = StoreCommands::Command;

/// Places of damage that one line tells; a wholly broken block has thousands.
constexpr size_t kPlacesTold = 4;

std::string name_of(const store::BlockKey& key) {
  return fmt::format("block {}/{}", key.tenant.name(), key.id);
}

std::string places_of(const store::BlockCheck& check) {
  std::string text;
  for (size_t i = 0; i < check.damage.size() && i < kPlacesTold; ++i)
    text += (i == 0 ? "" : "; ") + check.damage[i];
  if (check.damage.size() > kPlacesTold)
    text += fmt::format("; and {} more places", check.damage.size() - kPlacesTold);
  return text;
}

std::string places_of(const store::SegmentCheck& check) {
  return fmt::format("{} damaged places, {} records can be read", check.damaged, check.records);
}

class VerifyCommand final : public Command {
 public:
  explicit VerifyCommand(CLI::App& store)
      : Command(store.add_subcommand("verify",
                                     "Read everything a store holds and check that it is whole")) {
    app().footer(
        "Changes nothing and may run beside the server. Exit code 0: all is whole, 1: something "
        "is\n"
        "damaged (`clew store repair` sets it aside) or could not be read.");
  }

  Result<int> run(const std::string& data) override {
    Progress progress("verify");
    store::VerifyEvents events;
    events.progress = [&](uint64_t done, uint64_t all) { progress.show(done, all); };
    events.block = [&](const store::BlockCheck& check) {
      if (check.is_whole()) return;
      progress.clear();
      fmt::print("{}: {}: {}\n", name_of(check.key),
                 check.is_other_version ? "cannot be checked" : "damaged", places_of(check));
    };
    events.segment = [&](const store::SegmentCheck& check) {
      if (check.is_whole()) return;
      progress.clear();
      fmt::print("log segment {}: damaged: {}\n", check.path, places_of(check));
    };
    auto summary = store::verify_store(Disk::system(), data, events);
    progress.clear();
    if (!summary) return std::unexpected(summary.error());
    tell(*summary);
    return summary->is_whole() ? 0 : 1;
  }

 private:
  static void tell(const store::VerifySummary& summary) {
    fmt::print("{} blocks with {} spans in {} traces; {} log segments with {} spans; {} read\n",
               summary.blocks, with_commas(summary.spans), with_commas(summary.traces),
               summary.segments, with_commas(summary.log_spans), bytes_text(summary.bytes));
    if (summary.vanished_blocks > 0)
      fmt::print("{} blocks were merged or expired meanwhile\n", summary.vanished_blocks);
    if (summary.is_whole()) {
      fmt::print("all is whole\n");
      return;
    }
    fmt::print("damaged: {} blocks, {} log segments", summary.damaged_blocks,
               summary.damaged_segments);
    if (summary.other_versions > 0)
      fmt::print("; of another version: {} blocks", summary.other_versions);
    fmt::print("\n");
  }
};

class RepairCommand final : public Command {
 public:
  explicit RepairCommand(CLI::App& store)
      : Command(store.add_subcommand(
            "repair", "Set damaged blocks and log segments aside and rebuild what can be read")) {
    app().footer(
        "The server must not run. What is damaged goes to DIR/damaged, which nothing reads and\n"
        "nobody empties; what can be read of it takes its place. Interrupted, it can be run "
        "again.\n"
        "Exit code 0: the store is whole now.");
  }

  Result<int> run(const std::string& data) override {
    Progress progress("repair");
    store::RepairEvents events;
    events.progress = [&](uint64_t done, uint64_t all) { progress.show(done, all); };
    events.block = [&](const store::BlockRepair& repair) {
      progress.clear();
      tell(repair);
    };
    events.segment = [&](const store::SegmentRepair& repair) {
      progress.clear();
      fmt::print(
          "log segment {}: {}; it was written anew without the rest; lost: unknown\n"
          "  set aside: {}\n",
          repair.check.path, places_of(repair.check), repair.set_aside);
    };
    auto summary = store::repair_store(Disk::system(), data, Clock::system().now(), events);
    progress.clear();
    if (!summary) return std::unexpected(summary.error());
    if (summary->damaged_blocks + summary->damaged_segments == 0) {
      fmt::print("{} blocks and {} log segments are whole: nothing to repair\n", summary->blocks,
                 summary->segments);
      return 0;
    }
    fmt::print("{} of {} blocks and {} of {} log segments were damaged; lost: {} spans",
               summary->damaged_blocks, summary->blocks, summary->damaged_segments,
               summary->segments, with_commas(summary->lost_spans));
    if (summary->unknown_losses > 0)
      fmt::print(", and what {} of them held is unknown", summary->unknown_losses);
    if (summary->damaged_blocks > 0 && summary->segments > 0)
      fmt::print(" (but for what the log still has, which is read again)");
    fmt::print("\n");
    return 0;
  }

 private:
  static void tell(const store::BlockRepair& repair) {
    std::string lost = "unknown";
    if (repair.lost_spans)
      lost = fmt::format("{} spans of {} traces", with_commas(*repair.lost_spans),
                         with_commas(*repair.lost_traces));
    if (repair.lost_spans == uint64_t{0}) lost = "nothing";
    fmt::print("{}: {}; {}; lost: {}\n  set aside: {}\n", name_of(repair.check.key),
               places_of(repair.check),
               repair.rewritten ? "the rest was written anew" : "nothing of it can be read", lost,
               repair.set_aside);
  }
};

class StatCommand final : public Command {
 public:
  explicit StatCommand(CLI::App& store)
      : Command(store.add_subcommand("stat", "Show what a store holds and what takes the bytes")) {
    app().add_flag("--json", json_, "For machines");
    app()
        .add_option("--columns", columns_, "Columns to show; 0 shows all")
        ->type_name("N")
        ->capture_default_str();
    app().footer(
        "Changes nothing and may run beside the server. What is only in the log is not\n"
        "counted as spans.");
  }

  Result<int> run(const std::string& data) override {
    auto stat = store::stat_store(Disk::system(), data);
    if (!stat) return std::unexpected(stat.error());
    if (json_)
      print_json(*stat);
    else
      print_tables(*stat);
    return 0;
  }

 private:
  static double per_span(uint64_t bytes, uint64_t spans) {
    return spans == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(spans);
  }

  void print_tables(const store::StoreStat& stat) const {
    fmt::print("{:<24} {:<10} {:>7} {:>16} {:>14} {:>10} {:>8}\n", "TENANT", "DAY", "BLOCKS",
               "SPANS", "TRACES", "BYTES", "B/SPAN");
    auto row = [](std::string_view tenant, std::string_view day, const auto& entry) {
      fmt::print("{:<24} {:<10} {:>7} {:>16} {:>14} {:>10} {:>8.2f}\n", tenant, day, entry.blocks,
                 with_commas(entry.spans), with_commas(entry.traces), bytes_text(entry.bytes),
                 per_span(entry.bytes, entry.spans));
    };
    for (const store::DayStat& day : stat.days) row(day.tenant.name(), day_text(day.day), day);
    row("total", "", stat);
    fmt::print("log: {} segments, {}\n", stat.log_segments, bytes_text(stat.log_bytes));
    if (stat.unreadable_blocks > 0)
      fmt::print("{} damaged blocks are not counted: see `clew store verify`\n",
                 stat.unreadable_blocks);
    fmt::print("\nBytes per span by column:\n");
    print_columns(stat);
  }

  void print_columns(const store::StoreStat& stat) const {
    fmt::print("{:<40} {:>9} {:>8} {:>8} {:>10} {:>8} {:>9} {:>8} {:>10}\n", "COLUMN", "TOTAL",
               "CODES", "LITERALS", "DICTIONARY", "RANKS", "TEMPLATES", "PRESENCE", "BYTES");
    size_t shown = 0;
    for (const store::ColumnStat& column : stat.columns) {
      if (columns_ != 0 && shown++ == columns_) {
        fmt::print("… and {} smaller columns (--columns 0 shows all)\n",
                   stat.columns.size() - columns_);
        break;
      }
      auto share = [&](uint64_t bytes) { return per_span(bytes, stat.spans); };
      fmt::print("{:<40} {:>9.3f} {:>8.3f} {:>8.3f} {:>10.3f} {:>8.3f} {:>9.3f} {:>8.3f} {:>10}\n",
                 column.name, share(column.total()), share(column.codes), share(column.literals),
                 share(column.dictionary), share(column.ranks), share(column.templates),
                 share(column.presence), bytes_text(column.total()));
    }
  }

  static void print_json(const store::StoreStat& stat) {
    JsonWriter out;
    auto counts = [&](const auto& entry) {
      out.member("blocks", entry.blocks).member("spans", entry.spans);
      out.member("traces", entry.traces).member("bytes", entry.bytes);
    };
    out.begin_object();
    counts(stat);
    out.member("unreadableBlocks", stat.unreadable_blocks);
    out.member("logSegments", stat.log_segments).member("logBytes", stat.log_bytes);
    out.key("days").begin_array();
    for (const store::DayStat& day : stat.days) {
      out.begin_object().member("tenant", day.tenant.name()).member("day", day_text(day.day));
      counts(day);
      out.end_object();
    }
    out.end_array().key("columns").begin_array();
    for (const store::ColumnStat& column : stat.columns) {
      out.begin_object().member("name", column.name).member("attribute", column.is_attribute);
      out.member("bytes", column.total()).member("codes", column.codes);
      out.member("literals", column.literals).member("dictionary", column.dictionary);
      out.member("ranks", column.ranks).member("templates", column.templates);
      out.member("presence", column.presence).end_object();
    }
    out.end_array().end_object();
    fmt::print("{}\n", out.take());
  }

  bool json_ = false;
  size_t columns_ = 40;
};

class SnapshotCommand final : public Command {
 public:
  explicit SnapshotCommand(CLI::App& store)
      : Command(store.add_subcommand("snapshot", "Make a consistent copy of a running store")) {
    app().add_option("TARGET", target_, "Directory for the copy: missing or empty")->required();
    app().footer(
        "Every span that was acknowledged before it began is in the copy, which `clew store "
        "--data\n"
        "TARGET` opens. Blocks are hard links and take no space while the original has them, so "
        "the\n"
        "target should be on the same file system; on another one they are copied.");
  }

  Result<int> run(const std::string& data) override {
    auto summary = store::snapshot_store(Disk::system(), data, target_);
    if (!summary) return std::unexpected(summary.error());
    fmt::print("{}: {} blocks ({}), {} log segments ({})\n", target_, summary->blocks,
               bytes_text(summary->block_bytes), summary->log_segments,
               bytes_text(summary->log_bytes));
    if (summary->copied_blocks > 0)
      fmt::print("{} blocks were copied, not linked: {} is on another file system\n",
                 summary->copied_blocks, target_);
    return 0;
  }

 private:
  std::string target_;
};

}  // namespace

std::unique_ptr<Command> verify_command(CLI::App& store) {
  return std::make_unique<VerifyCommand>(store);
}
std::unique_ptr<Command> repair_command(CLI::App& store) {
  return std::make_unique<RepairCommand>(store);
}
std::unique_ptr<Command> stat_command(CLI::App& store) {
  return std::make_unique<StatCommand>(store);
}
std::unique_ptr<Command> snapshot_command(CLI::App& store) {
  return std::make_unique<SnapshotCommand>(store);
}

}  // namespace clew
