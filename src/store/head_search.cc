#include "store/head_search.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>

#include "store/head_cells.h"
#include "store/newest_first_search.h"
#include "store/query_plan.h"

namespace clew::store {
namespace {

/// Looks into runs of rows, and skips those that cannot match.
class HeadSearch final : public NewestFirstSearch {
 public:
  /// `head` and `query` must outlive it.
  HeadSearch(const HeadTenant& head, const Query& query)
      : head_(head),
        snapshot_(head.snapshot()),
        plan_(query, snapshot_),
        cells_(snapshot_, plan_.columns()) {
    if (plan_.is_impossible()) return;
    plan_shapes();
    std::vector<Stretch> runs;
    for (uint32_t run = 0; first_row(run) < snapshot_.rows(); ++run)
      if (starts_of(run).least <= query.filter().start_max &&
          starts_of(run).most >= query.filter().start_min)
        runs.push_back({run, starts_of(run).most});
    for (const auto& alternatives : plan_.requirements()) prune(alternatives, runs);
    plan(std::move(runs));
  }

 private:
  using Alternative = QueryPlan::Alternative;
  static uint32_t first_row(uint32_t run) { return run * HeadRun::kRows; }
  const RowStarts& starts_of(uint32_t run) const {
    return run < snapshot_.runs() ? snapshot_.run(run).starts : snapshot_.last_starts();
  }

  /// Finds the shapes whose rows can match: they have a column for whatever only columns satisfy.
  /// Of the others no cell is read, which is what looking takes its time for.
  void plan_shapes() {
    may_match_.assign(snapshot_.shapes(), 1);
    for (const std::vector<Alternative>& alternatives : plan_.requirements()) {
      auto is_column = [](const Alternative& one) {
        return one.kind == Alternative::Kind::kColumn;
      };
      if (!std::ranges::all_of(alternatives, is_column)) continue;
      for (uint32_t shape = 0; shape < may_match_.size(); ++shape) {
        std::span<const uint32_t> columns = snapshot_.shape(shape);
        bool has_one = std::ranges::any_of(alternatives, [&](const Alternative& one) {
          return std::ranges::find(columns, one.column) != columns.end();
        });
        if (!has_one) may_match_[shape] = 0;
      }
    }
  }

  /// Leaves the runs that have one of the alternatives, and the one that is not full.
  void prune(const std::vector<Alternative>& alternatives, std::vector<Stretch>& runs) const {
    std::vector<std::pair<size_t, CodeSet>> wanted;
    for (const Alternative& one : alternatives) wanted.emplace_back(set_of(one), codes_of(one));
    std::erase_if(runs, [&](const Stretch& run) {
      if (run.number >= snapshot_.runs()) return false;
      const CodeSets& codes = snapshot_.run(run.number).codes;
      return std::ranges::none_of(
          wanted, [&](const auto& one) { return codes.meets(one.first, one.second); });
    });
  }

  static size_t set_of(const Alternative& alternative) {
    switch (alternative.kind) {
      case Alternative::Kind::kOperation:
        return HeadRun::kOperations;
      case Alternative::Kind::kResource:
        return HeadRun::kResources;
      case Alternative::Kind::kScope:
        return HeadRun::kScopes;
      case Alternative::Kind::kColumn:
        break;
    }
    return HeadRun::kColumns + alternative.column;
  }

  static CodeSet codes_of(const Alternative& alternative) {
    CodeSet codes;
    for (uint32_t code : alternative.codes) codes.insert(code);
    if (alternative.literals) codes.insert_literal();
    return codes;
  }

  bool matches(const HeadRow& row) {
    if (may_match_[row.shape] == 0 || !plan_.accepts_operation(row.operation)) return false;
    return plan_.matches({row.fields.start, row.fields.duration(), row.operation, row.resource,
                          row.scope, cells_.pick(row)});
  }

  /// Notes the traces of the rows that match.
  Result<void> look_into(uint32_t run) override {
    std::vector<uint32_t> traces;
    uint32_t end = std::min(first_row(run + 1), snapshot_.rows());
    for (uint32_t number = first_row(run); number < end; ++number) {
      const HeadRow& row = snapshot_.head_row(number);
      if (matches(row) && noted_.insert(row.trace).second) traces.push_back(row.trace);
    }
    if (traces.empty()) return {};
    for (const HeadTrace& trace : head_.traces(traces)) found(trace.min_start, trace.id);
    return {};
  }

  const HeadTenant& head_;
  HeadSnapshot snapshot_;
  QueryPlan plan_;
  CellPicker cells_;
  std::vector<uint8_t> may_match_;       // by shape
  absl::flat_hash_set<uint32_t> noted_;  // numbers of traces
};

}  // namespace

std::unique_ptr<PartSearch> search_head(const HeadTenant& head, const Query& query) {
  return std::make_unique<HeadSearch>(head, query);
}

}  // namespace clew::store
