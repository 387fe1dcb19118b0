// A block taken apart, changed and put together with right checksums, so that tests and fuzzers
// reach what lies behind them. For tests only.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "store/block_format.h"
#include "store/coding.h"
#include "store/compress.h"

namespace clew::store::testing {

class BlockPieces {
 public:
  /// `block` must be whole and of one segment.
  static BlockPieces of(const std::string& block) {
    using namespace block_format;
    BlockPieces pieces;
    pieces.footer_ = decode_footer(block.substr(block.size() - kTailBytes), block.size()).value();
    auto raw = [&](const SectionRef& ref) {
      return decompress(block.substr(ref.offset, ref.stored_bytes), ref.raw_bytes).value();
    };
    pieces.segment_ =
        decode_segments(raw(pieces.footer_.segments), pieces.footer_, block.size()).value().at(0);
    uint64_t tables = pieces.segment_.tables_at;
    auto table = [&](SectionRef ref) { return ref.offset += tables, raw(ref); };
    pieces.columns_ = decode_columns(table(pieces.segment_.columns), pieces.segment_).value();
    pieces.groups_ =
        decode_groups(raw(pieces.segment_.groups), pieces.segment_, block.size()).value();
    pieces.chunks_ = decode_chunks(raw(pieces.segment_.chunks), pieces.groups_).value();
    for (size_t i = 0; i < pieces.groups_.size(); ++i)
      for (uint32_t at = pieces.chunks_.begins[i]; at < pieces.chunks_.begins[i + 1]; ++at) {
        const ChunkRef& ref = pieces.chunks_.refs[at];
        pieces.pieces_.push_back(block.substr(pieces.groups_[i].offset + ref.offset, ref.bytes)
                                     .substr(kChunkChecksumBytes));
      }
    for (Column& column : pieces.columns_)
      for (SectionRef* ref : tables_of(column)) pieces.pieces_.push_back(table(*ref));
    const SectionRef& index = pieces.footer_.trace_index;
    pieces.pieces_.push_back(block.substr(index.offset, index.stored_bytes));
    return pieces;
  }

  /// Changes piece `number` (modulo their count: chunks, tables of columns, trace index, columns,
  /// groups, chunks, segments, footer). Of `change` the first byte says how, two bytes where, the
  /// rest what.
  void damage(size_t number, std::string_view change) {
    number %= pieces_.size() + kLatePieces;
    if (number < pieces_.size())
      apply(change, pieces_[number]);
    else
      late_.push_back({number - pieces_.size(), std::string(change)});
  }

  std::string assemble() const {
    using namespace block_format;
    std::string out(kMagic);
    Footer footer = footer_;
    std::vector<Group> groups = groups_;
    Chunks chunks = chunks_;
    std::vector<Column> columns = columns_;
    auto piece = pieces_.begin();
    for (size_t i = 0; i < groups.size(); ++i) {
      size_t begin = out.size();
      for (uint32_t at = chunks.begins[i]; at < chunks.begins[i + 1]; ++at, ++piece) {
        put(out, static_cast<uint32_t>(checksum(*piece)));
        out += *piece;
        chunks.refs[at].bytes = static_cast<uint32_t>(kChunkChecksumBytes + piece->size());
      }
      groups[i].bytes = out.size() - begin;
    }
    auto add = [&](const std::string& raw, uint64_t base = 0, bool compressed = true) {
      std::string stored = compressed ? compress(raw) : raw;
      SectionRef ref{out.size() - base, stored.size(), raw.size(),
                     compressed ? checksum(stored) : 0};
      out += stored;
      return ref;
    };
    Segment segment = segment_;
    segment.tables_at = out.size();
    for (Column& column : columns)
      for (SectionRef* ref : tables_of(column)) *ref = add(*piece++, segment.tables_at);
    segment.columns = add(changed(0, encode_columns(columns)), segment.tables_at);
    segment.tables_bytes = out.size() - segment.tables_at;
    segment.groups = add(changed(1, encode_groups(groups)));
    segment.chunks = add(changed(2, encode_chunks(chunks)));
    footer.trace_index = add(*piece, /*base=*/0, /*compressed=*/false);
    footer.segments = add(changed(3, encode_segments({segment})));
    std::string tail = encode_footer(footer);
    std::string fields = changed(4, tail.substr(0, kFooterBytes));
    if (fields.size() == kFooterBytes) {
      tail.replace(0, kFooterBytes, fields);
      uint64_t sum = checksum(std::string_view(tail).substr(0, kFooterBytes + 8));
      std::memcpy(tail.data() + kFooterBytes + 8, &sum, sizeof sum);
    }
    return out + tail;
  }

 private:
  static constexpr size_t kTailBytes = block_format::kFooterBytes + block_format::kTrailerBytes;
  static constexpr size_t kLatePieces = 5;  // what is written when everything else has its place

  struct Late {
    size_t piece;
    std::string change;
  };

  static std::vector<block_format::SectionRef*> tables_of(block_format::Column& column) {
    return {&column.dictionary, &column.ranks, &column.templates, &column.presence};
  }

  static void apply(std::string_view change, std::string& piece) {
    if (change.size() < 3) return;
    size_t at = get<uint16_t>(change, 1) % (piece.size() + 1);
    std::string_view what = change.substr(3);
    switch (static_cast<uint8_t>(change[0]) % 4) {
      case 0:
        piece.replace(at, std::min(what.size(), piece.size() - at), what);
        break;
      case 1:
        piece.insert(at, what);
        break;
      case 2:
        piece.resize(at);
        break;
      default:
        piece = what;
    }
  }

  std::string changed(size_t piece, std::string content) const {
    for (const Late& late : late_)
      if (late.piece == piece) apply(late.change, content);
    return content;
  }

  block_format::Footer footer_;
  block_format::Segment segment_;
  std::vector<block_format::Column> columns_;
  std::vector<block_format::Group> groups_;
  block_format::Chunks chunks_;
  std::vector<std::string> pieces_;
  std::vector<Late> late_;
};

}  // namespace clew::store::testing
