// Searching one block, row group by row group from the newest: the index says which groups can
// match, dictionaries which codes, and rows are told apart by their codes.
#include <algorithm>
#include <map>

#include "store/block.h"
#include "store/newest_first_search.h"
#include "store/query_plan.h"

namespace clew::store {
namespace {

using namespace block_format;
using Alternative = QueryPlan::Alternative;

uint32_t file_column(const Alternative& alternative) {
  switch (alternative.kind) {
    case Alternative::Kind::kOperation:
      return kOperation;
    case Alternative::Kind::kResource:
      return kResource;
    case Alternative::Kind::kScope:
      return kScope;
    case Alternative::Kind::kColumn:
      break;
  }
  return alternative.column + kOwnColumns;
}

/// One segment's share of a search.
class SegmentSearch final : public NewestFirstSearch {
 public:
  SegmentSearch(const Query& query, std::unique_ptr<SegmentRows> rows)
      : segment_(rows->segment()),
        filter_(query.filter()),
        rows_(std::move(rows)),
        plan_(query, rows_->vocabulary()) {}

  /// Finds the groups to look into.
  Result<void> prepare() {
    if (rows_->vocabulary().error()) return std::unexpected(*rows_->vocabulary().error());
    if (plan_.is_impossible()) return {};
    std::vector<uint8_t> possible(rows_->groups(), 1);
    for (const auto& alternatives : plan_.requirements())
      if (auto pruned = prune(alternatives, possible); !pruned) return pruned;
    std::vector<Stretch> groups;
    for (uint32_t i = 0; i < rows_->groups(); ++i)
      if (possible[i] != 0 && may_match(rows_->group(i)))
        groups.push_back({i, rows_->group(i).max_trace_start});
    plan(std::move(groups));
    return {};
  }

 private:
  bool may_match(const Group& group) const {
    return group.rows > 0 && group.min_start <= filter_.start_max &&
           group.max_start >= filter_.start_min &&
           group.min_duration <= filter_.max_duration.value_or(UINT64_MAX) &&
           group.max_duration >= filter_.min_duration.value_or(0);
  }

  /// Leaves the groups that have one of the alternatives.
  Result<void> prune(const std::vector<Alternative>& alternatives,
                     std::vector<uint8_t>& possible) const {
    std::vector<uint8_t> here(possible.size());
    for (const Alternative& alternative : alternatives) {
      auto presence =
          segment_.presence(rows_->vocabulary().file_columns(), file_column(alternative));
      if (!presence) return std::unexpected(presence.error());
      auto mark = [&](uint32_t code) {
        for (uint32_t group : (*presence)->groups_of(code)) here[group] = 1;
      };
      for (uint32_t code : alternative.codes) mark(kFirstCode + code);
      if (alternative.literals) mark(kLiteralCode);
    }
    for (size_t i = 0; i < possible.size(); ++i) possible[i] &= here[i];
    return {};
  }

  Result<void> look_into(uint32_t number) override {
    std::unique_ptr<GroupReader> group = rows_->read(number);
    rows_->vocabulary().set_group(group.get());
    candidates_.resize(group->rows());
    for (uint32_t row = 0; row < group->rows(); ++row) candidates_[row] = row;
    auto looked = in_order([&] { return by_time(*group); }, [&] { return by_operation(*group); },
                           [&] { return by_plan(*group); }, [&] { return offer(*group); });
    rows_->vocabulary().set_group(nullptr);
    if (looked && rows_->vocabulary().error())
      looked = std::unexpected(*rows_->vocabulary().error());
    return looked;
  }

  /// Keeps the candidates that started in time and took as long as asked.
  Result<void> by_time(GroupReader& reader) {
    const Group& group = reader.group();
    if (filter_.min_duration || filter_.max_duration) {
      auto lengths = reader.lengths();
      if (!lengths) return std::unexpected(lengths.error());
      uint64_t least = filter_.min_duration.value_or(0);
      uint64_t most = filter_.max_duration.value_or(UINT64_MAX);
      // Where start + length wraps around, the end comes first and the duration is 0: those are
      // looked at again below.
      uint64_t may_wrap = UINT64_MAX - group.max_start;
      keep([&, lengths = lengths->data()](uint32_t row) {
        uint64_t length = lengths[row];
        return (length >= least && length <= most) || length > may_wrap;
      });
    }
    if (candidates_.empty()) return {};
    if (is_in_time(group)) return {};
    auto starts = reader.starts();
    if (!starts) return std::unexpected(starts.error());
    keep([&, starts = starts->data()](uint32_t row) {
      return starts[row] >= filter_.start_min && starts[row] <= filter_.start_max;
    });
    return {};
  }

  bool is_in_time(const Group& group) const {
    return group.min_start >= filter_.start_min && group.max_start <= filter_.start_max;
  }

  Result<void> by_operation(GroupReader& reader) {
    if (candidates_.empty() || !plan_.needs_operation()) return {};
    auto operations = reader.own(kOperation);
    if (!operations) return std::unexpected(operations.error());
    keep([&](uint32_t row) { return plan_.accepts_operation((*operations)[row]); });
    return {};
  }

  /// The columns that the plan needs of a group.
  struct PlanColumns {
    std::span<const uint32_t> operations, resources, scopes;
    std::span<const UnixNanos> starts;
    std::span<const uint64_t> lengths;
    std::vector<std::span<const uint32_t>> cells;  // by column of the plan
  };

  Result<PlanColumns> plan_columns(GroupReader& reader) {
    PlanColumns columns;
    Result<void> done;
    auto get = [&](bool needed, auto&& load, auto& place) {
      if (!done || !needed) return;
      auto loaded = load();
      if (loaded)
        place = *loaded;
      else
        done = std::unexpected(loaded.error());
    };
    get(plan_.needs_operation(), [&] { return reader.own(kOperation); }, columns.operations);
    get(plan_.needs_resource(), [&] { return reader.own(kResource); }, columns.resources);
    get(plan_.needs_scope(), [&] { return reader.own(kScope); }, columns.scopes);
    bool needs_time = plan_.needs_time() &&
                      (!is_in_time(reader.group()) || filter_.min_duration || filter_.max_duration);
    get(needs_time, [&] { return reader.starts(); }, columns.starts);
    get(needs_time, [&] { return reader.lengths(); }, columns.lengths);
    for (uint32_t column : plan_.columns())
      get(true, [&] { return reader.cells(column); }, columns.cells.emplace_back());
    if (!done) return std::unexpected(done.error());
    return columns;
  }

  /// Everything exactly.
  Result<void> by_plan(GroupReader& reader) {
    if (candidates_.empty()) return {};
    auto columns = plan_columns(reader);
    if (!columns) return std::unexpected(columns.error());
    std::vector<uint32_t> cells(columns->cells.size());
    auto input = [&, this](uint32_t row) {
      RowInput input{.start = filter_.start_min, .cells = cells.data()};
      if (!columns->starts.empty()) {
        RowFields fields{.start = columns->starts[row], .length = columns->lengths[row]};
        input.start = fields.start;
        input.duration = fields.duration();
      }
      if (!columns->operations.empty()) input.operation = columns->operations[row];
      if (!columns->resources.empty()) input.resource = columns->resources[row];
      if (!columns->scopes.empty()) input.scope = columns->scopes[row];
      for (size_t i = 0; i < cells.size(); ++i) cells[i] = columns->cells[i][row];
      return input;
    };
    auto narrowed = narrow_by_templates(reader);
    if (!narrowed) return std::unexpected(narrowed.error());
    if (*narrowed) keep([&](uint32_t row) { return plan_.may_match(input(row)); });
    if (candidates_.empty()) return {};
    for (uint32_t column : plan_.columns())
      if (auto loaded = reader.load_literals(column); !loaded) return loaded;
    keep([&](uint32_t row) { return plan_.matches(input(row)); });
    return {};
  }

  /// Tells the plan which texts of the group cannot pass, by their templates. False if all may.
  Result<bool> narrow_by_templates(GroupReader& reader) {
    bool narrowed = false;
    for (size_t i = 0; i < plan_.text_tests().size(); ++i) {
      auto passing = passing_templates(i);
      if (!passing) return std::unexpected(passing.error());
      std::vector<uint8_t> may_pass;
      if (!(*passing)->empty()) {
        auto templates = reader.literal_templates(plan_.text_tests()[i].column);
        if (!templates) return std::unexpected(templates.error());
        for (uint64_t code : *templates)
          may_pass.push_back(code < (*passing)->size() ? (**passing)[code] : 1);
        narrowed = true;
      }
      plan_.narrow(i, std::move(may_pass));
    }
    return narrowed;
  }

  /// By 1 + code of a template, and 0 for texts without one: 1 if its texts may pass a test. Empty
  /// if all may.
  Result<const std::vector<uint8_t>*> passing_templates(size_t test) {
    auto [at, is_new] = passing_.try_emplace(test);
    if (!is_new) return &at->second;
    auto [column, value_test] = plan_.text_tests()[test];
    auto templates = segment_.templates(rows_->vocabulary().file_columns(), column + kOwnColumns);
    if (!templates) return std::unexpected(templates.error());
    std::vector<uint8_t> passing = {1};
    for (size_t code = 0; code < (*templates)->size(); ++code)
      passing.push_back(value_test->may_accept_text(
          [&](std::string_view text) { return (*templates)->may_contain(code, text); }));
    if (std::ranges::find(passing, 0) != passing.end()) at->second = std::move(passing);
    return &at->second;
  }

  /// Notes the traces of the candidates that are left.
  Result<void> offer(GroupReader& reader) {
    if (candidates_.empty()) return {};
    auto ends = reader.piece_ends();
    if (!ends) return std::unexpected(ends.error());
    auto starts = reader.piece_starts();
    if (!starts) return std::unexpected(starts.error());
    auto ids = reader.trace_ids();
    if (!ids) return std::unexpected(ids.error());
    size_t piece = 0, noted = SIZE_MAX;
    for (uint32_t row : candidates_) {
      while (row >= (*ends)[piece]) ++piece;
      if (piece == noted) continue;
      noted = piece;
      found((*starts)[piece], (*ids)[piece]);
    }
    return {};
  }

  /// Keeps the candidates that pass, without branches.
  template <typename Test>
  void keep(Test&& test) {
    size_t kept = 0;
    for (uint32_t row : candidates_) {
      candidates_[kept] = row;
      kept += test(row) ? 1 : 0;
    }
    candidates_.resize(kept);
  }

  const SegmentReader& segment_;
  const Filter& filter_;
  std::unique_ptr<SegmentRows> rows_;
  QueryPlan plan_;
  std::vector<uint32_t> candidates_;
  std::map<size_t, std::vector<uint8_t>> passing_;  // see passing_templates()
};

/// Segments from the newest; one is opened when its traces may be next.
class BlockSearch final : public PartSearch {
 public:
  BlockSearch(const BlockReader& block, const Query& query) : query_(query) {
    for (const SegmentReader& segment : block.segments()) {
      const Segment& info = segment.segment();
      if (info.min_start <= query.filter().start_max && info.max_start >= query.filter().start_min)
        waiting_.push_back({info.newest_trace_start, &segment, nullptr});
    }
    std::ranges::make_heap(waiting_, {}, &Waiting::next_start);
  }

  std::optional<UnixNanos> next_start() const override {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front().next_start;
  }

  Result<std::optional<TraceId>> take() override {
    std::ranges::pop_heap(waiting_, {}, &Waiting::next_start);
    Waiting segment = std::move(waiting_.back());
    waiting_.pop_back();
    Result<std::optional<TraceId>> taken = std::nullopt;
    if (segment.search)
      taken = segment.search->take();
    else if (auto opened = open(segment); !opened)
      return std::unexpected(opened.error());
    if (auto next = segment.search->next_start()) {
      segment.next_start = *next;
      waiting_.push_back(std::move(segment));
      std::ranges::push_heap(waiting_, {}, &Waiting::next_start);
    }
    return taken;
  }

 private:
  struct Waiting {
    UnixNanos next_start;
    const SegmentReader* segment;
    std::unique_ptr<SegmentSearch> search;  // null: not opened yet
  };

  Result<void> open(Waiting& segment) const {
    auto rows = SegmentRows::open(*segment.segment);
    if (!rows) return std::unexpected(rows.error());
    segment.search = std::make_unique<SegmentSearch>(query_, std::move(*rows));
    return segment.search->prepare();
  }

  const Query& query_;
  std::vector<Waiting> waiting_;  // a heap
};

}  // namespace

Result<std::unique_ptr<PartSearch>> Block::search(const Query& query) const {
  return std::make_unique<BlockSearch>(*reader_, query);
}

}  // namespace clew::store
