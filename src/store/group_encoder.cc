#include "store/group_encoder.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "store/codec/bytes.h"
#include "store/codec/numbers.h"
#include "store/coding.h"
#include "store/context_choice.h"

namespace clew::store {
namespace {

using namespace block_format;
using codec::encode_bytes;
using codec::encode_numbers;
using codec::zigzag;

class Encoder {
 public:
  Encoder(uint32_t number, const GroupData& data, BlockTables& tables)
      : number_(number), data_(data), tables_(tables), ends_(piece_ends(data)) {}

  EncodedGroup run() {
    encode_traces();
    encode_ids();
    encode_parents();
    encode_times();
    encode_columns();
    out_.group.rows = data_.rows();
    out_.group.traces = static_cast<uint32_t>(data_.traces.size());
    out_.group.bytes = out_.bytes.size();
    return std::move(out_);
  }

 private:
  /// Appends a chunk: write(std::string&) gives its bytes.
  template <typename Write>
  void chunk(uint32_t number, Write&& write) {
    auto begin = out_.bytes.size();
    put(out_.bytes, uint32_t{0});
    write(out_.bytes);
    std::string_view content = std::string_view(out_.bytes).substr(begin + kChunkChecksumBytes);
    auto sum = static_cast<uint32_t>(checksum(content));
    std::memcpy(out_.bytes.data() + begin, &sum, sizeof sum);
    out_.chunks.push_back(
        {number, static_cast<uint32_t>(begin), static_cast<uint32_t>(out_.bytes.size() - begin)});
  }

  void encode_traces() {
    Group& group = out_.group;
    group.min_trace_start = std::numeric_limits<UnixNanos>::max();
    std::vector<uint64_t> rows, starts;
    UnixNanos last = data_.traces.front().start;
    for (const GroupData::Trace& trace : data_.traces) {
      rows.push_back(trace.rows);
      starts.push_back(zigzag(trace.start - std::exchange(last, trace.start)));
      group.min_trace_start = std::min(group.min_trace_start, trace.start);
      group.max_trace_start = std::max(group.max_trace_start, trace.start);
    }
    chunk(kTraces, [&](std::string& out) {
      encode_numbers(rows, out);
      put(out, data_.traces.front().start);
      encode_numbers(starts, out);
    });
  }

  void encode_ids() {
    chunk(kTraceIds, [&](std::string& out) {
      for (const GroupData::Trace& trace : data_.traces) out += trace.id.raw();
    });
    chunk(kSpanIds, [&](std::string& out) {
      out.reserve(out.size() + data_.fields.size() * sizeof(SpanId));
      for (const RowFields& row : data_.fields) out += row.id.raw();
    });
  }

  void encode_parents() {
    std::string elsewhere;
    for (size_t i = 0; i < data_.parents.size(); ++i)
      if (data_.parents[i] == 2) elsewhere += data_.fields[i].parent.raw();
    chunk(kParents, [&](std::string& out) {
      encode_numbers(data_.parents, out);
      encode_bytes(elsewhere, out);
    });
  }

  void encode_times() {
    Group& group = out_.group;
    group.min_start = group.min_duration = std::numeric_limits<uint64_t>::max();
    std::vector<uint64_t> starts, lengths;
    size_t row = 0;
    for (size_t piece = 0; piece < ends_.size(); ++piece) {
      UnixNanos last = data_.traces[piece].start;
      for (; row < ends_[piece]; ++row) {
        const RowFields& fields = data_.fields[row];
        starts.push_back(zigzag(fields.start - std::exchange(last, fields.start)));
        lengths.push_back(fields.length);
        group.min_start = std::min(group.min_start, fields.start);
        group.max_start = std::max(group.max_start, fields.start);
        group.min_duration = std::min(group.min_duration, fields.duration());
        group.max_duration = std::max(group.max_duration, fields.duration());
      }
    }
    chunk(kStarts, [&](std::string& out) { encode_numbers(starts, out); });
    chunk(kLengths, [&](std::string& out) { encode_numbers(lengths, out); });
  }

  void encode_columns() {
    dense_.resize(data_.columns.size());
    std::vector<uint8_t> is_context(data_.columns.size());
    for (size_t i = 0; i < data_.columns.size(); ++i) {
      const Context& context = tables_.column(static_cast<uint32_t>(i)).context;
      if (context.kind == ContextKind::kColumn) is_context[context.column] = 1;
    }
    for (uint32_t i = 0; i < data_.columns.size(); ++i) {
      const GroupData::Column& column = data_.columns[i];
      if (is_context[i]) fill_dense(i);
      if (column.entries.empty()) continue;
      codes_.clear();
      for (const GroupData::Entry& entry : column.entries) codes_.push_back(entry.code);
      tables_.column(i).presence.add_group(number_, codes_);
      encode_codes(i, column);
      if (!column.literals.empty()) encode_literals(i, column);
    }
  }

  void fill_dense(uint32_t column) {
    dense_[column].assign(data_.rows(), 0);
    for (const GroupData::Entry& entry : data_.columns[column].entries)
      dense_[column][entry.row] = entry.code + 1;
  }

  void encode_codes(uint32_t number, const GroupData::Column& column) {
    BlockColumn& table = tables_.column(number);
    const std::vector<GroupData::Entry>& entries = column.entries;
    ranks_.resize(entries.size());
    escapes_.clear();
    auto rank = [&](size_t i, uint32_t context) {
      uint8_t rank = table.ranks.rank_of(context, entries[i].code);
      ranks_[i] = static_cast<char>(rank);
      if (rank == codec::RankTable::kEscape) escapes_.push_back(entries[i].code);
    };
    switch (table.context.kind) {
      case ContextKind::kNone:
        for (size_t i = 0; i < entries.size(); ++i) rank(i, 0);
        break;
      case ContextKind::kPrevious: {
        PreviousContext previous(ends_);
        for (size_t i = 0; i < entries.size(); ++i) {
          rank(i, previous.at(entries[i].row));
          previous.set(entries[i].code);
        }
        break;
      }
      case ContextKind::kColumn: {
        const std::vector<uint32_t>& dense = dense_[table.context.column];
        for (size_t i = 0; i < entries.size(); ++i) rank(i, dense[entries[i].row]);
      }
    }
    chunk(codes_chunk(number), [&](std::string& out) {
      encode_bytes(ranks_, out);
      encode_numbers(escapes_, out);
    });
  }

  void encode_literals(uint32_t number, const GroupData::Column& column) {
    BlockColumn& table = tables_.column(number);
    chunk(literals_chunk(number), [&](std::string& out) {
      if (is_number(table.key.type)) {
        numbers_.clear();
        for (std::string_view literal : column.literals) {
          auto value = get<uint64_t>(literal, 0);
          numbers_.push_back(table.key.type == CellType::kInt ? zigzag(value) : value);
        }
        encode_numbers(numbers_, out);
      } else if (table.key.type == CellType::kText) {
        codec::encode_texts(column.literals, table.templates, out);
      } else {
        numbers_.clear();
        std::string bytes;
        for (std::string_view literal : column.literals) {
          numbers_.push_back(literal.size());
          bytes += literal;
        }
        encode_numbers(numbers_, out);
        encode_bytes(bytes, out);
      }
    });
  }

  uint32_t number_;
  const GroupData& data_;
  BlockTables& tables_;
  std::vector<uint32_t> ends_;
  EncodedGroup out_;
  std::vector<std::vector<uint32_t>> dense_;  // by column; only of those that are contexts
  std::vector<uint32_t> codes_;
  std::string ranks_;
  std::vector<uint64_t> escapes_, numbers_;
};

}  // namespace

EncodedGroup encode_group(uint32_t number, const GroupData& data, BlockTables& tables) {
  return Encoder(number, data, tables).run();
}

}  // namespace clew::store
