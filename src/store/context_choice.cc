#include "store/context_choice.h"

#include <algorithm>
#include <array>
#include <bit>

namespace clew::store {
namespace {

using namespace block_format;

constexpr size_t kSampleGroups = 1;

/// What things cost, in bits, roughly.
constexpr double kFirstBits = 0.1;  // the value seen first
constexpr double kOtherBits = 5;    // another value of the context
constexpr double kEntryBits = 24;   // a line of the table
constexpr double kEscapeBits = 9;   // beside the code itself

/// Plays a rank table with few ranks.
class TrialTable {
 public:
  /// The bits that this row would cost.
  double cost(uint32_t context, uint32_t code, double code_bits) {
    if (context >= seen_.size()) seen_.resize(std::max<size_t>(context + 1, seen_.size() * 2));
    std::array<uint32_t, kSlots>& values = seen_[context];
    if (values[0] == code + 1) return kFirstBits;
    for (uint32_t& value : values) {
      if (value == code + 1) return kOtherBits;
      if (value == 0) {
        value = code + 1;
        ++entries_;
        return kOtherBits + code_bits;
      }
    }
    return kEscapeBits + code_bits;
  }

  size_t entries() const { return entries_; }

 private:
  static constexpr size_t kSlots = 4;
  std::vector<std::array<uint32_t, kSlots>> seen_;
  size_t entries_ = 0;
};

class Chooser {
 public:
  Chooser(std::span<const GroupData> groups, uint64_t expected_rows, BlockTables& tables)
      : groups_(groups.first(std::min(groups.size(), kSampleGroups))), tables_(tables) {
    uint64_t rows = 0;
    for (const GroupData& group : groups_) {
      rows += group.rows();
      ends_.push_back(piece_ends(group));
    }
    scale_ = std::max(
        1.0, static_cast<double>(expected_rows) / static_cast<double>(std::max<uint64_t>(rows, 1)));
    dense_.resize(groups_.size());
    for (auto& columns : dense_) columns.resize(tables.columns().size());
  }

  void run() {
    for (uint32_t column = 0; column < tables_.columns().size(); ++column) {
      tables_.column(column).context = best(column);
      for (size_t i = 0; i < groups_.size(); ++i) fill_dense(i, column);
    }
  }

 private:
  const GroupData::Column* data(size_t group, uint32_t column) const {
    const auto& columns = groups_[group].columns;
    return column < columns.size() ? &columns[column] : nullptr;
  }

  void fill_dense(size_t group, uint32_t column) {
    std::vector<uint32_t>& dense = dense_[group][column];
    dense.resize(groups_[group].rows());
    if (const auto* codes = data(group, column))
      for (const GroupData::Entry& entry : codes->entries) dense[entry.row] = entry.code + 1;
  }

  Context best(uint32_t column) {
    Context best{ContextKind::kNone, 0};
    double least = cost(column, best);
    auto consider = [&](Context context) {
      double bits = cost(column, context);
      if (bits < least) {
        least = bits;
        best = context;
      }
    };
    consider({ContextKind::kPrevious, 0});
    for (uint32_t other = 0; other < column; ++other) consider({ContextKind::kColumn, other});
    return best;
  }

  double cost(uint32_t column, Context context) const {
    TrialTable table;
    double bits = 0;
    size_t early = 0;  // entries after half of the rows
    double code_bits =
        static_cast<double>(std::bit_width(tables_.column(column).values.size() + kFirstCode));
    for (size_t group = 0; group < groups_.size(); ++group) {
      const auto* codes = data(group, column);
      if (!codes) continue;
      PreviousContext previous(ends_[group]);
      size_t half = codes->entries.size() / 2;
      const uint32_t* dense =
          context.kind == ContextKind::kColumn ? dense_[group][context.column].data() : nullptr;
      for (size_t i = 0; i < codes->entries.size(); ++i) {
        if (i == half) early = table.entries();
        auto [row, code] = codes->entries[i];
        uint32_t at = 0;
        if (dense) at = dense[row];
        if (context.kind == ContextKind::kPrevious) {
          at = previous.at(row);
          previous.set(code);
        }
        bits += table.cost(at, code, code_bits);
      }
    }
    return bits * scale_ + expected_entries(early, table.entries()) * kEntryBits;
  }

  /// Lines of the table at the end of the block: when the second half of the sample added as many
  /// as the first, it goes on like that; when it added few, the table is nearly whole.
  double expected_entries(size_t early, size_t all) const {
    auto late = static_cast<double>(all - early);
    double slowing = early == 0 ? 1 : std::min(1.0, late / static_cast<double>(early));
    return static_cast<double>(all) + 2 * late * (scale_ - 1) * slowing;
  }

  std::span<const GroupData> groups_;
  BlockTables& tables_;
  std::vector<std::vector<uint32_t>> ends_;                // by group
  std::vector<std::vector<std::vector<uint32_t>>> dense_;  // by group and column
  double scale_ = 1;
};

}  // namespace

std::vector<uint32_t> piece_ends(const GroupData& group) {
  std::vector<uint32_t> ends;
  uint32_t end = 0;
  for (const GroupData::Trace& trace : group.traces) ends.push_back(end += trace.rows);
  return ends;
}

void choose_contexts(std::span<const GroupData> groups, uint64_t expected_rows,
                     BlockTables& tables) {
  Chooser(groups, expected_rows, tables).run();
}

}  // namespace clew::store
