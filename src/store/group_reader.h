// Decoding one row group, chunk by chunk as they are asked for.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/block_reader.h"
#include "store/block_vocabulary.h"

namespace clew::store {

/// One row group of a block. Everything is decoded once, when it is first asked for. One thread.
/// A chunk that is damaged is reported and is an error each time.
class GroupReader {
 public:
  /// `vocabulary` must outlive the reader; it is the block's.
  GroupReader(const SegmentReader& segment, BlockVocabulary& vocabulary,
              std::shared_ptr<const SegmentReader::Groups> groups,
              std::shared_ptr<const block_format::Chunks> chunks, uint32_t number);

  uint32_t number() const { return number_; }
  const SegmentReader& segment() const { return segment_; }
  BlockVocabulary& vocabulary() { return vocabulary_; }
  const block_format::Group& group() const { return (*groups_)[number_]; }
  uint32_t rows() const { return group().rows; }

  /// Reads all bytes at once: better when most of it will be asked for.
  Result<void> read_all();

  /// Pieces of traces: one past the last row of each, and the starts of their traces.
  Result<std::span<const uint32_t>> piece_ends();
  Result<std::span<const UnixNanos>> piece_starts();
  Result<std::span<const TraceId>> trace_ids();
  Result<std::span<const UnixNanos>> starts();
  Result<std::span<const uint64_t>> lengths();

  /// By row: its code of one of the block's own columns.
  Result<std::span<const uint32_t>> own(block_format::OwnColumn column);
  /// By row: its cell of a column of the vocabulary, or kNoCell. Literals are valid in value().
  Result<std::span<const uint32_t>> cells(uint32_t column);

  /// By literal of a column of texts: 1 + its template's code, or 0 (codec/texts.h).
  Result<std::vector<uint64_t>> literal_templates(uint32_t column);
  /// The literals of a column, so that literal() knows them.
  Result<void> load_literals(uint32_t column);
  std::string_view literal(uint32_t column, uint32_t cell) const;

  /// Loads all that fields() and operation() need; any thread may call them afterwards.
  Result<void> load_outlines();
  RowFields fields(uint32_t row) const {
    return {span_ids_[row], parents_[row], parent_forms_[row], starts_[row], lengths_[row]};
  }
  uint32_t operation(uint32_t row) const { return codes_[block_format::kOperation].cells[row]; }

  /// Loads all that row() needs, and forgets what only loading needs: cells() and load_literals()
  /// are no longer to be called. Any thread may read rows and literals afterwards.
  Result<void> load_rows() { return load_rows({0, rows()}); }
  struct RowRange {
    uint32_t begin, end;
  };
  /// The same for the rows of a piece or of several in a row, before anything else is loaded: a
  /// third of the work where few are wanted. If `columns` is given (as wanted_columns() makes it),
  /// cells of the others are not loaded, and not to be looked at.
  Result<void> load_rows(RowRange wanted, std::span<const uint8_t> columns = {});
  /// The row; its cells are the reader's.
  Row row(uint32_t number) const;
  /// Frees what only loading needs. Nothing more can be loaded afterwards.
  void forget_codes();
  /// About what it holds after load_rows() or load_outlines().
  size_t memory_bytes() const;

 private:
  using Decode = bool(Decoder& in);

  struct Literals {
    codec::Texts texts;
    std::string numbers;  // 8 bytes each
    size_t count = 0;     // as the codes say
    size_t first = 0;     // the number of the first text
    bool loaded = false;
  };
  struct Codes {
    std::vector<uint32_t> dense;  // by row: code + 1, or 0
    std::vector<uint32_t> cells;  // by row
    bool loaded = false;
  };

  /// The rows whose shape is one of some.
  struct RowList {
    std::vector<uint8_t> has;  // by shape: 1 if it is; empty: all rows
    std::vector<uint32_t> rows;
  };

  /// Where rows of a shape have the cell of a column.
  struct CellPlace {
    uint32_t shape, at;
  };

  Result<std::string> chunk(uint32_t number);
  std::unexpected<Error> damaged(std::string_view what) const;
  Result<void> load_traces();
  Result<void> load_ids();
  Result<void> load_codes(uint32_t column);
  Result<std::span<const uint32_t>> rows_with(uint32_t column);
  /// Codes as they are written, and those of some rows of a column.
  struct Coded {
    std::vector<uint8_t> ranks;
    std::vector<uint64_t> escapes = {};
  };
  struct CodedRows {
    std::span<const uint32_t> rows;
    std::span<const uint8_t> ranks;
    std::span<const uint64_t> escapes = {};
  };
  Result<Coded> read_codes(uint32_t column, size_t count);
  CodedRows cut(CodedRows& coded) const;
  size_t count_literals(uint32_t column, const CodedRows& coded) const;
  Result<void> place_codes(uint32_t column, const CodedRows& coded);
  bool fill_cells(uint32_t column, std::span<const uint32_t> rows, size_t first_literal);
  std::vector<uint32_t> spare();
  std::vector<std::vector<CellPlace>> place_cells();
  Result<void> load_row_cells(uint32_t column, std::span<const CellPlace> places);
  std::vector<uint8_t> contexts() const;
  void choose_columns();
  /// Whether only the wanted rows of a column are loaded.
  bool is_cut(uint32_t file_column) const {
    return !is_whole_.empty() && is_whole_[file_column] == 0;
  }
  std::span<const uint32_t> within(std::span<const uint32_t> rows) const;
  codec::TextRange wanted_literals(uint32_t file_column) const;

  const SegmentReader& segment_;
  BlockVocabulary& vocabulary_;
  std::shared_ptr<const SegmentReader::Groups> groups_;
  std::shared_ptr<const block_format::Chunks> chunks_;
  uint32_t number_;
  std::string bytes_;              // after read_all()
  RowRange wanted_;                // what is loaded of columns that are not read whole
  std::vector<uint8_t> is_whole_;  // by column of the block: 1 if all rows are needed; empty: all
  std::vector<uint32_t> piece_ends_;
  std::vector<UnixNanos> piece_starts_;
  std::vector<TraceId> trace_ids_;
  std::vector<SpanId> span_ids_, parents_;
  std::vector<ParentForm> parent_forms_;
  std::vector<UnixNanos> starts_;
  std::vector<uint64_t> lengths_;
  std::vector<RowList> row_lists_;
  std::vector<Codes> codes_;          // by column of the block
  std::vector<Literals> literals_;    // the same
  std::vector<uint32_t> row_cells_;   // after load_rows(): those of each row behind one another
  std::vector<uint32_t> row_begins_;  // by row: its first
  std::vector<std::vector<uint32_t>> spare_;  // memory of codes that are no longer needed
};

/// The block's vocabulary with the literals of one of its groups. One thread.
class GroupVocabulary final : public Vocabulary {
 public:
  GroupVocabulary(const BlockVocabulary& block, const GroupReader& group)
      : block_(block), group_(group) {}

  uint32_t operations() const override { return block_.operations(); }
  std::string_view operation(uint32_t code) const override { return block_.operation(code); }
  uint32_t resources() const override { return block_.resources(); }
  std::string_view resource(uint32_t code) const override { return block_.resource(code); }
  uint32_t scopes() const override { return block_.scopes(); }
  std::string_view scope(uint32_t code) const override { return block_.scope(code); }
  uint32_t shapes() const override { return block_.shapes(); }
  std::span<const uint32_t> shape(uint32_t code) const override { return block_.shape(code); }
  uint32_t columns() const override { return block_.columns(); }
  const ColumnKey& column(uint32_t column) const override { return block_.column(column); }
  uint32_t values(uint32_t column) const override { return block_.values(column); }
  bool has_literals(uint32_t column) const override { return block_.has_literals(column); }
  std::string_view value(uint32_t column, uint32_t cell) const override {
    return (cell & kLiteral) != 0 ? group_.literal(column, cell) : block_.value(column, cell);
  }

 private:
  const BlockVocabulary& block_;
  const GroupReader& group_;
};

/// A row group with the vocabulary for its rows, held as long as rows of it wait to be written.
struct HeldGroup {
  explicit HeldGroup(std::unique_ptr<GroupReader> group)
      : reader(std::move(group)), vocabulary(reader->vocabulary(), *reader) {}

  std::unique_ptr<GroupReader> reader;
  GroupVocabulary vocabulary;
};

}  // namespace clew::store
