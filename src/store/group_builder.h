// Collecting the rows of one row group, column by column, in the block's codes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/block_format.h"
#include "store/block_tables.h"

namespace clew::store {

/// A row group before it is encoded. Literals are views; `keep` holds what they look into.
struct GroupData {
  struct Trace {
    TraceId id;
    UnixNanos start;
    uint32_t rows;
  };
  struct Entry {
    uint32_t row;
    uint32_t code;  // as block_format says
  };
  struct Column {
    std::vector<Entry> entries;  // of the rows that have the column
    std::vector<std::string_view> literals;
  };

  std::vector<Trace> traces;
  std::vector<RowFields> fields;
  std::vector<uint64_t> parents;  // as block_format says
  std::vector<Column> columns;    // by number; those past the end have no rows
  std::vector<std::shared_ptr<const void>> keep;
  size_t literal_bytes = 0;

  uint32_t rows() const { return static_cast<uint32_t>(fields.size()); }

  /// Empties it, but keeps its memory for the next group.
  void clear() {
    traces.clear();
    fields.clear();
    parents.clear();
    for (Column& column : columns) {
      column.entries.clear();
      column.literals.clear();
    }
    keep.clear();
    literal_bytes = 0;
  }
};

/// A row and where it comes from.
struct SourceRow {
  SourceMap* map;
  const Vocabulary* vocabulary;
  Row row;
};

/// One thread.
class GroupBuilder {
 public:
  explicit GroupBuilder(BlockTables& tables) : tables_(tables) {}

  /// Takes the rows of one trace, which must live until the last add_next(): orders them by start
  /// and leaves out those that are there twice (equal in everything).
  void begin_trace(const TraceId& id, std::span<const SourceRow> rows);
  /// Adds the next of them, at most `most`, to `group` as one piece. False if none is left.
  bool add_next(GroupData& group, uint32_t most);

  uint64_t duplicates() const { return duplicates_; }  // dropped so far

 private:
  /// What a column's last literal in this piece of a trace was.
  struct Before {
    uint64_t piece = 0;
    std::string_view literal;
  };

  void drop_duplicates();
  bool equal(const SourceRow& a, const SourceRow& b) const;
  void add_row(GroupData& group, const SourceRow& source);
  uint32_t literal_code(GroupData& group, uint32_t column, std::string_view literal);
  void add_parents(GroupData& group, size_t first);

  BlockTables& tables_;
  std::vector<const SourceRow*> rows_;
  size_t next_ = 0;
  TraceId id_;
  UnixNanos start_ = 0;
  uint64_t piece_ = 0;
  std::vector<Before> before_;  // by column
  uint64_t duplicates_ = 0;
};

}  // namespace clew::store
