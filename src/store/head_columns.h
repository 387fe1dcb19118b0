// The columns and shapes of a head: how values and sequences of attributes get their numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/code_sets.h"
#include "store/dictionary.h"
#include "store/rows.h"
#include "store/stable_vector.h"
#include "store/word_arena.h"

namespace clew::store {

/// One column of a head. Values that repeat get codes of a dictionary. When a dictionary turns out
/// to grow with the spans (random IDs, addresses, sizes) the column stops adding to it, and values
/// are kept as they are; one that came moments ago is still found and shared. One thread.
class HeadColumn {
 public:
  explicit HeadColumn(ColumnKey key);

  /// The cell for a value: a code, or kLiteral and its place in `arena`.
  uint32_t cell_of(std::string_view bytes, WordArena& arena) {
    // Spans of one request come from one place, so much is as it was in the span before.
    if (last_code_ != kNoCell && same_bytes(bytes, last_value_)) {
      ++uses_[last_code_];
      ++lookups_;
      return last_code_;
    }
    return find_cell(bytes, arena);
  }

  /// True if values are kept as they are; then prefetch() and literal_of() with the value's
  /// hash_of() do what cell_of() does, and the memory that is needed can be on its way before.
  bool stopped() const { return stopped_; }
  void prefetch(uint64_t hash) const;
  uint32_t literal_of(std::string_view bytes, uint64_t hash, WordArena& arena);

  /// What came since the last start_run().
  const CodeSet& run() const { return run_; }
  void start_run() {
    run_.clear();
    last_code_ = kNoCell;  // so that what comes again is noted again
  }

  const ColumnKey& key() const { return key_; }
  const Dictionary& values() const { return values_; }
  bool has_literals() const { return has_literals_; }
  /// In a column that stopped adding most values of the dictionary came by chance.
  bool is_rare(uint32_t code) const { return stopped_ && uses_[code] < kRareUses; }
  uint64_t memory_bytes() const;

 private:
  static constexpr uint32_t kRareUses = 32;

  /// A place where the latest literals are found again by their hash.
  struct Recent {
    uint32_t hash = 0;
    uint32_t cell = kNoCell;
  };

  uint32_t find_cell(std::string_view bytes, WordArena& arena);
  void review(std::string_view bytes);

  ColumnKey key_;
  Dictionary values_;
  std::vector<uint32_t> uses_;  // by code
  CodeSet run_;
  std::string_view last_value_;
  uint32_t last_code_ = kNoCell;
  uint64_t lookups_ = 0;
  bool stopped_ = false;
  bool has_literals_ = false;
  std::vector<Recent> recent_;
  uint32_t recent_hits_ = 0, recent_lookups_ = 0;
  uint32_t recent_pause_ = 0;  // literals for which nothing is looked for: it was in vain
};

/// The shapes of a head, as a trie of columns: after the same columns mostly comes the same one.
/// One thread adds.
class ShapeTrie {
 public:
  ShapeTrie();

  /// Starts a span.
  void begin() { node_ = 0; }
  /// The column of the span's next cell. kNoCell if it must share one: there are too many columns.
  uint32_t next(const SpanCell& cell);
  /// The same for an attribute that shares a column with those of other keys.
  uint32_t next_shared();
  /// The shape of the span.
  uint32_t end();

  HeadColumn& column(uint32_t number) { return *columns_[number]; }
  const std::vector<std::unique_ptr<HeadColumn>>& columns() const { return columns_; }
  /// By code: the columns of each shape.
  const StableVector<std::vector<uint32_t>, 64>& shapes() const { return shapes_; }
  uint64_t memory_bytes() const { return memory_; }

 private:
  struct Edge {
    uint32_t hash;
    uint32_t column;
    uint32_t node;
    ColumnKind kind;
    CellType type;
    std::string_view key;  // of the column
  };
  struct Node {
    uint32_t parent = 0;
    uint32_t column = 0;
    uint32_t shape = kNoCell;
    uint32_t likely = 0;  // the edge taken last
    std::vector<Edge> edges;
  };

  uint32_t follow(ColumnKind kind, CellType type, std::string_view key);
  uint32_t add_edge(uint32_t hash, ColumnKind kind, CellType type, std::string_view key);
  uint32_t free_column(ColumnKind kind, CellType type, std::string_view key);
  bool has_column(uint32_t node, uint32_t column) const;

  std::vector<Node> nodes_;
  uint32_t node_ = 0;
  std::vector<std::unique_ptr<HeadColumn>> columns_;
  Dictionary keys_;  // ColumnKey::encode(); codes are columns
  StableVector<std::vector<uint32_t>, 64> shapes_;
  uint64_t memory_ = 0;
};

}  // namespace clew::store
