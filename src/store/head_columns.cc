#include "store/head_columns.h"

#include <algorithm>
#include <bit>

#include "base/limits.h"
#include "base/metrics.h"

namespace clew::store {
namespace {

/// A dictionary of this size is looked at: does it grow with the spans? Below it nobody can tell: a
/// thousand addresses in random order look like random numbers.
constexpr size_t kReviewValues = 4096;
/// Decimal numbers are looked at earlier: as literals they take no more than a code would.
constexpr size_t kReviewNumbers = 1024;
/// It does unless each value was used this often.
constexpr uint64_t kWorthwhileUses = 24;
constexpr size_t kMostValues = 64 << 10;
/// Larger values are never worth a dictionary's memory.
constexpr size_t kMostBytes = 4096;

constexpr size_t kRecentSlots = 4096;
/// After this many look-ups it is decided whether looking goes on.
constexpr uint32_t kRecentReview = 2048;
constexpr uint32_t kRecentPause = 64 << 10;

bool never_repeats(const ColumnKey& key) {
  return key.kind == ColumnKind::kEvents || key.kind == ColumnKind::kLinks ||
         key.kind == ColumnKind::kOther;
}

}  // namespace

HeadColumn::HeadColumn(ColumnKey key) : key_(std::move(key)), stopped_(never_repeats(key_)) {}

uint32_t HeadColumn::find_cell(std::string_view bytes, WordArena& arena) {
  if (stopped_ || bytes.size() > kMostBytes) return literal_of(bytes, hash_of(bytes), arena);
  ++lookups_;
  uint64_t hash = hash_of(bytes);
  uint32_t code = values_.find(bytes, hash);
  if (code == Dictionary::kNone) {
    if (std::has_single_bit(values_.size())) review(bytes);
    if (stopped_) {
      last_code_ = kNoCell;
      return literal_of(bytes, hash, arena);
    }
    uses_.push_back(0);
    code = values_.insert(bytes, hash);
  }
  ++uses_[code];
  run_.insert(code);
  last_code_ = code;
  last_value_ = values_[code];
  return code;
}

/// Whether to stop, judging by what came so far and the value that is new.
void HeadColumn::review(std::string_view bytes) {
  bool is_decimal =
      !bytes.empty() && std::ranges::all_of(bytes, [](char c) { return c >= '0' && c <= '9'; });
  if (values_.size() < (is_decimal ? kReviewNumbers : kReviewValues)) return;
  stopped_ = values_.size() >= kMostValues || lookups_ / values_.size() < kWorthwhileUses;
}

void HeadColumn::prefetch(uint64_t hash) const {
  if (!recent_.empty()) __builtin_prefetch(&recent_[static_cast<uint32_t>(hash) % kRecentSlots]);
}

uint32_t HeadColumn::literal_of(std::string_view bytes, uint64_t full_hash, WordArena& arena) {
  has_literals_ = true;
  run_.insert_literal();
  if (recent_pause_ > 0) {
    --recent_pause_;
    return kLiteral | arena.add_bytes(bytes);
  }
  if (recent_.empty()) recent_.resize(kRecentSlots);
  auto hash = static_cast<uint32_t>(full_hash);
  Recent& recent = recent_[hash % kRecentSlots];
  bool hit = recent.cell != kNoCell && recent.hash == hash &&
             same_bytes(arena.bytes(recent.cell & ~kLiteral), bytes);
  if (!hit) recent = {hash, kLiteral | arena.add_bytes(bytes)};
  recent_hits_ += hit ? 1 : 0;
  uint32_t cell = recent.cell;
  if (++recent_lookups_ == kRecentReview) {
    if (recent_hits_ < kRecentReview / 16) {
      recent_pause_ = kRecentPause;
      recent_ = {};
    }
    recent_hits_ = recent_lookups_ = 0;
  }
  return cell;
}

uint64_t HeadColumn::memory_bytes() const {
  return sizeof *this + key_.key.size() + values_.memory_bytes() +
         uses_.capacity() * sizeof(uint32_t) + run_.memory_bytes() +
         recent_.size() * sizeof(Recent);
}

ShapeTrie::ShapeTrie() : nodes_(1) {}

uint32_t ShapeTrie::next(const SpanCell& cell) {
  const Node& node = nodes_[node_];
  if (node.likely < node.edges.size()) {
    const Edge& edge = node.edges[node.likely];
    if (edge.kind == cell.kind && edge.type == cell.type && same_bytes(edge.key, cell.key)) {
      node_ = edge.node;
      return edge.column;
    }
  }
  return follow(cell.kind, cell.type, cell.key);
}

uint32_t ShapeTrie::next_shared() {
  return follow(ColumnKind::kAttribute, CellType::kRaw, {});
}

uint32_t ShapeTrie::follow(ColumnKind kind, CellType type, std::string_view key) {
  auto hash = static_cast<uint32_t>(hash_of(key));
  std::vector<Edge>& edges = nodes_[node_].edges;
  auto at = std::ranges::find_if(edges, [&](const Edge& edge) {
    return edge.hash == hash && edge.kind == kind && edge.type == type && edge.key == key;
  });
  auto number = static_cast<uint32_t>(at - edges.begin());
  if (at == edges.end()) number = add_edge(hash, kind, type, key);
  if (number == kNoCell) return kNoCell;
  nodes_[node_].likely = number;
  const Edge& edge = nodes_[node_].edges[number];
  node_ = edge.node;
  return edge.column;
}

uint32_t ShapeTrie::add_edge(uint32_t hash, ColumnKind kind, CellType type, std::string_view key) {
  uint32_t column = free_column(kind, type, key);
  if (column == kNoCell) return kNoCell;
  auto child = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({.parent = node_, .column = column});
  std::vector<Edge>& edges = nodes_[node_].edges;
  edges.push_back({hash, column, child, kind, type, columns_[column]->key().key});
  memory_ += sizeof(Node) + 2 * sizeof(Edge);
  return static_cast<uint32_t>(edges.size() - 1);
}

/// The first column of this key that the span does not have yet.
uint32_t ShapeTrie::free_column(ColumnKind kind, CellType type, std::string_view key) {
  ColumnKey wanted{kind, type, std::string(key)};
  for (;; ++wanted.nth) {
    std::string encoded = wanted.encode();
    uint32_t column = keys_.find(encoded, hash_of(encoded));
    if (column == Dictionary::kNone) {
      // The shared column and its repetitions are always there to take what is too much.
      bool shared = kind == ColumnKind::kAttribute && type == CellType::kRaw && key.empty();
      if (columns_.size() >= limits::kColumns && kind == ColumnKind::kAttribute && !shared) {
        metrics::count_limit_hit("columns");
        return kNoCell;
      }
      column = keys_.insert(encoded, hash_of(encoded));
      columns_.push_back(std::make_unique<HeadColumn>(wanted));
      return column;
    }
    if (!has_column(node_, column)) return column;
  }
}

bool ShapeTrie::has_column(uint32_t node, uint32_t column) const {
  for (; node != 0; node = nodes_[node].parent)
    if (nodes_[node].column == column) return true;
  return false;
}

uint32_t ShapeTrie::end() {
  uint32_t& shape = nodes_[node_].shape;
  if (shape != kNoCell) return shape;
  std::vector<uint32_t> columns;
  for (uint32_t node = node_; node != 0; node = nodes_[node].parent)
    columns.push_back(nodes_[node].column);
  std::ranges::reverse(columns);
  memory_ += columns.size() * sizeof(uint32_t) + sizeof columns;
  shape = static_cast<uint32_t>(shapes_.size());
  shapes_.push_back(std::move(columns));
  return shape;
}

}  // namespace clew::store
