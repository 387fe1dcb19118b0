// Counting the calls in one block. Row groups do not change, so what they hold is added up once,
// for runs of them, and kept in the cache.
#include <algorithm>

#include "store/block.h"
#include "store/calls.h"
#include "store/group_errors.h"

namespace clew::store {
namespace {

using namespace block_format;

/// Row groups that are added up together: many, so that the sums of all are few; and few, for the
/// runs that the ends of a range cut. Those that are cut again are looked at call by call.
constexpr uint32_t kRunGroups[] = {64, 8};

/// What a Cache::Key's `kind` says; block_traces.cc has others.
constexpr uint32_t kRuns[] = {uint32_t{1} << 29, uint32_t{1} << 28};
constexpr uint32_t kLists = uint32_t{1} << 27;

/// Finds calls in the row groups of a segment, in the numbers of one CallEdges. One thread.
class SegmentCalls {
 public:
  SegmentCalls(SegmentRows& rows, CallEdges& edges) : rows_(rows), edges_(edges) {}

  /// Calls visit(call) for each call of the group, as its pieces of traces tell.
  template <typename Visit>
  Result<void> visit(uint32_t number, Visit&& visit) {
    auto reader = rows_.read(number);
    BlockVocabulary& vocabulary = rows_.vocabulary();
    vocabulary.set_group(reader.get());
    auto visited = visit_group(*reader, visit);
    vocabulary.set_group(nullptr);
    if (visited && vocabulary.error()) return std::unexpected(*vocabulary.error());
    return visited;
  }

 private:
  struct Operation {
    uint32_t service = 0;
    otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
    bool known = false;
  };

  template <typename Visit>
  Result<void> visit_group(GroupReader& reader, Visit&& visit) {
    if (auto loaded = reader.load_outlines(); !loaded) return loaded;
    auto errors = errors_of(reader);
    if (!errors) return std::unexpected(errors.error());
    operations_.resize(rows_.vocabulary().operations());
    auto ends = reader.piece_ends();
    if (!ends) return std::unexpected(ends.error());
    uint32_t row = 0;
    for (uint32_t end : *ends) {
      spans_.clear();
      for (; row < end; ++row) {
        RowFields fields = reader.fields(row);
        const Operation* operation = operation_of(reader.operation(row));
        if (!operation)
          return std::unexpected(rows_.segment().damaged_group(
              reader.number(), {Code::kMalformed, "an operation is none"}));
        spans_.push_back({.id = CallSpan::number_of(fields.id),
                          .parent = CallSpan::number_of(fields.parent),
                          .start = fields.start,
                          .duration = fields.duration(),
                          .operation = reader.operation(row),
                          .service = operation->service,
                          .kind = operation->kind,
                          .is_error = (*errors)[row] != 0});
      }
      finder_.find(spans_, edges_,
                   [&](const CallSpan& span, uint32_t edge) { visit(call_of(span, edge)); });
    }
    return {};
  }

  const Operation* operation_of(uint32_t code) {
    if (code >= operations_.size()) return nullptr;
    Operation& operation = operations_[code];
    if (operation.known) return &operation;
    OperationParts parts;
    if (!parse_operation(rows_.vocabulary().operation(code), parts)) return nullptr;
    operation = {edges_.service(parts.service), parts.span_kind(), true};
    return &operation;
  }

  SegmentRows& rows_;
  CallEdges& edges_;
  CallFinder finder_;
  std::vector<Operation> operations_;  // by code
  std::vector<CallSpan> spans_;
};

/// The row groups [first, end), and when their spans start.
struct Run {
  uint32_t first, end;
  UnixNanos min_start, max_start;
};

Run run_of(const SegmentReader::Groups& groups, uint32_t first, uint32_t end) {
  Run run{first, end, UINT64_MAX, 0};
  for (uint32_t number = first; number < end; ++number) {
    if (groups[number].rows == 0) continue;
    run.min_start = std::min(run.min_start, groups[number].min_start);
    run.max_start = std::max(run.max_start, groups[number].max_start);
  }
  return run;
}

Result<std::shared_ptr<const CallSums>> sums_of(const SegmentReader& segment, const Run& run,
                                                uint32_t kind) {
  Cache::Key key{segment.file().number(), kind | segment.number(), run.first};
  return segment.file().cache().get<CallSums>(key, [&]() -> Result<Cache::Loaded<CallSums>> {
    auto rows = SegmentRows::open(segment);
    if (!rows) return std::unexpected(rows.error());
    CallTable table;
    SegmentCalls calls(**rows, table.names());
    for (uint32_t number = run.first; number < run.end; ++number) {
      if ((*rows)->group(number).rows == 0) continue;
      auto visited = calls.visit(number, [&](const Call& call) { table.add(call); });
      if (!visited) return std::unexpected(visited.error());
    }
    auto sums = std::make_shared<const CallSums>(table.packed());
    return Cache::Loaded<CallSums>{sums, sums->memory_bytes()};
  });
}

Result<std::shared_ptr<const CallList>> list_of(const SegmentReader& segment, uint32_t number) {
  Cache::Key key{segment.file().number(), kLists | segment.number(), number};
  return segment.file().cache().get<CallList>(key, [&]() -> Result<Cache::Loaded<CallList>> {
    auto rows = SegmentRows::open(segment);
    if (!rows) return std::unexpected(rows.error());
    auto list = std::make_shared<CallList>();
    SegmentCalls calls(**rows, list->edges);
    auto visited = calls.visit(number, [&](const Call& call) { list->calls.push_back(call); });
    if (!visited) return std::unexpected(visited.error());
    list->calls.shrink_to_fit();
    return Cache::Loaded<CallList>{list, list->memory_bytes()};
  });
}

/// Adds the calls of one segment that start in a range. Damage costs the groups it is in.
class SegmentSum {
 public:
  SegmentSum(const SegmentReader& segment, const SegmentReader::Groups& groups,
             const StartRange& range, CallTable& table, const std::function<bool()>& is_over)
      : segment_(segment), groups_(groups), range_(range), table_(table), is_over_(is_over) {}

  Result<void> run() {
    add(0, static_cast<uint32_t>(groups_.size()), 0);
    return result_;
  }

 private:
  /// The groups [first, end), in runs of a level or, past the last, one by one.
  void add(uint32_t first, uint32_t end, size_t level) {
    if (level == std::size(kRunGroups)) {
      for (uint32_t number = first; number < end; ++number) add_group(number);
      return;
    }
    for (; first < end; first += kRunGroups[level])
      add_run(run_of(groups_, first, std::min(first + kRunGroups[level], end)), level);
  }

  void add_run(const Run& run, size_t level) {
    if (!range_.meets(run.min_start, run.max_start)) return;
    if (level == 0 && is_over_ && is_over_()) {
      result_ = fail(Code::kTimeout, "the calls of block {} are not all counted",
                     segment_.file().key().id);
      return;
    }
    if (range_.has(run.min_start) && range_.has(run.max_start))
      if (auto sums = sums_of(segment_, run, kRuns[level])) return table_.add(**sums);
    add(run.first, run.end, level + 1);
  }

  void add_group(uint32_t number) {
    const Group& group = groups_[number];
    if (group.rows == 0 || !range_.meets(group.min_start, group.max_start)) return;
    if (auto list = list_of(segment_, number))
      table_.add(**list, range_);
    else
      result_ = std::unexpected(list.error());
  }

  const SegmentReader& segment_;
  const SegmentReader::Groups& groups_;
  const StartRange& range_;
  CallTable& table_;
  const std::function<bool()>& is_over_;
  Result<void> result_;
};

}  // namespace

Result<void> Block::count_calls(const StartRange& range, const TraceHalves& /*without*/,
                                CallTable& table, const std::function<bool()>& is_over) const {
  Result<void> result;
  for (const SegmentReader& segment : reader_->segments()) {
    if (!range.meets(segment.segment().min_start, segment.segment().max_start)) continue;
    auto groups = segment.groups();
    if (!groups) {
      result = std::unexpected(groups.error());  // the others may be whole
      continue;
    }
    if (auto added = SegmentSum(segment, **groups, range, table, is_over).run(); !added)
      result = added;
  }
  return result;
}

Result<void> Block::visit_trace_halves(const std::function<void(uint64_t)>& visit) const {
  Result<void> result;
  for (const SegmentReader& segment : reader_->segments()) {
    auto rows = SegmentRows::open(segment);
    if (!rows) {
      result = std::unexpected(rows.error());
      continue;
    }
    for (uint32_t number = 0; number < (*rows)->groups(); ++number) {
      if ((*rows)->group(number).rows == 0) continue;
      auto reader = (*rows)->read(number);
      auto ids = reader->trace_ids();
      if (!ids) {
        result = std::unexpected(ids.error());
        continue;
      }
      for (const TraceId& id : *ids) visit(right_half(id));
    }
  }
  return result;
}

}  // namespace clew::store
