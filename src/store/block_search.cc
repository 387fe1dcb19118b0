// Searching one block: which row groups can match is decided by the index, the rest by their spans.
#include <algorithm>

#include "store/block.h"
#include "store/bloom.h"

namespace clew::store {

class BlockSearch final : public PartSearch {
 public:
  static Result<std::unique_ptr<PartSearch>> open(const Block& block, const Filter& filter) {
    std::unique_ptr<BlockSearch> search(new BlockSearch(block, filter));
    if (auto prepared = search->prepare(); !prepared) return std::unexpected(prepared.error());
    return search;
  }

  std::optional<UnixNanos> next_start() const override {
    if (candidates_.empty()) return std::nullopt;
    return traces_->min_start[candidates_.front()];
  }

  Result<std::optional<TraceId>> take() override {
    std::ranges::pop_heap(candidates_, older());
    uint32_t row = candidates_.back();
    candidates_.pop_back();
    Result<void> damage;
    bool by_time = filter_.only_time() && traces_->min_start[row] >= filter_.start_min;
    if (!by_time)
      for (uint32_t group = traces_->first_group[row];
           group <= traces_->last_group[row] && !matching_[row]; ++group)
        if (auto looked = look_into(group); !looked) damage = looked;
    if (by_time || matching_[row]) return traces_->ids[row];
    if (!damage) return std::unexpected(damage.error());
    return std::nullopt;
  }

 private:
  /// Orders the heap: the newest trace on top.
  struct Older {
    const std::vector<UnixNanos>& start;
    bool operator()(uint32_t a, uint32_t b) const { return start[a] < start[b]; }
  };
  Older older() const { return {traces_->min_start}; }

  BlockSearch(const Block& block, const Filter& filter) : block_(block), filter_(filter) {}

  Result<void> prepare() {
    auto operations = block_.operations();
    // Without the dictionary nothing is pruned by it; the answer is the same.
    if (operations) {
      operations_.emplace((*operations)->size());
      for (size_t i = 0; i < operations_->size(); ++i)
        (*operations_)[i] = matches_operation(filter_, (**operations)[i]);
      if (std::ranges::find(*operations_, true) == operations_->end()) return {};
    }
    auto traces = block_.traces();
    if (!traces) return std::unexpected(traces.error());
    traces_ = *traces;
    auto groups = block_.groups();
    if (!groups) return std::unexpected(groups.error());
    groups_ = *groups;
    if (groups_->size() != block_.footer().groups)
      return fail(Code::kMalformed, "index and footer disagree");
    for (const Tag& tag : filter_.tags)
      if (!is_field_tag(tag.key)) tag_hashes_.push_back(tag_hash(tag.key, tag.value));
    if (!tag_hashes_.empty())
      if (auto filters = block_.tag_filters()) tag_filters_ = *filters;
    looked_into_.resize(groups_->size());
    matching_.resize(traces_->size());
    add_candidates();
    return {};
  }

  void add_candidates() {
    for (uint32_t row = 0; row < traces_->size(); ++row) {
      if (traces_->min_start[row] > filter_.start_max) continue;
      if (traces_->max_start[row] < filter_.start_min) continue;
      if (may_match(row)) candidates_.push_back(row);
    }
    std::ranges::make_heap(candidates_, older());
  }

  bool may_match(uint32_t row) {
    for (uint32_t group = traces_->first_group[row]; group <= traces_->last_group[row]; ++group)
      if (group_may_match(group)) return true;
    return false;
  }

  /// Neighbouring traces ask for the same group, so the last answer is kept.
  bool group_may_match(uint32_t number) {
    if (asked_group_ != number) {
      asked_group_ = number;
      asked_group_may_match_ = index_allows((*groups_)[number]);
    }
    return asked_group_may_match_;
  }

  bool index_allows(const block_format::RowGroup& group) const {
    if (group.min_start > filter_.start_max || group.max_start < filter_.start_min) return false;
    if (filter_.min_duration && group.max_duration < *filter_.min_duration) return false;
    if (filter_.max_duration && group.min_duration > *filter_.max_duration) return false;
    auto wanted = [&](uint32_t id) { return id >= operations_->size() || (*operations_)[id]; };
    if (operations_ && std::ranges::none_of(group.operations, wanted)) return false;
    if (!tag_filters_ || group.filter_offset > tag_filters_->size()) return true;
    std::string_view bloom =
        std::string_view(*tag_filters_).substr(group.filter_offset, group.filter_bytes);
    return std::ranges::all_of(tag_hashes_,
                               [&](uint64_t hash) { return may_contain(bloom, hash); });
  }

  /// Tests every span of the group, once, so that it is decompressed once in a search.
  Result<void> look_into(uint32_t number) {
    if (looked_into_[number] || !index_allows((*groups_)[number])) return {};
    looked_into_[number] = true;
    auto batch = block_.row_group(*groups_, number);
    if (!batch) return std::unexpected(batch.error());
    SpanMatcher matcher(filter_, **batch);
    for (const otlp::SpanRef& ref : (*batch)->spans()) {
      size_t row = traces_->find(ref.trace_id);
      if (row < traces_->size() && !matching_[row] && matcher.matches(ref)) matching_[row] = true;
    }
    return {};
  }

  const Block& block_;
  const Filter& filter_;
  std::shared_ptr<const block_format::Traces> traces_;
  std::shared_ptr<const Block::Groups> groups_;
  std::shared_ptr<const std::string> tag_filters_;  // null: not asked for, or damaged
  std::optional<std::vector<bool>> operations_;     // by number: may match; unset: not known
  std::vector<uint64_t> tag_hashes_;
  std::vector<uint32_t> candidates_;  // a heap, the newest first
  std::vector<bool> looked_into_;     // by row group
  std::vector<bool> matching_;        // by trace
  uint32_t asked_group_ = UINT32_MAX;
  bool asked_group_may_match_ = false;
};

Result<std::unique_ptr<PartSearch>> Block::search(const Filter& filter) const {
  return BlockSearch::open(*this, filter);
}

}  // namespace clew::store
