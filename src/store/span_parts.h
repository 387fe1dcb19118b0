// A span taken apart into the columns it is kept in, and put together again.
#pragma once

#include <cstdint>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::store {

/// What a column holds of the spans that have it. Every field of a span that is not in RowFields is
/// a column: an attribute, or one of these.
enum class ColumnKind : uint8_t {
  kAttribute,
  kStatusCode,  // there whenever the span has a Status, also an empty one
  kStatusMessage,
  kTraceState,
  kFlags,
  kDroppedAttributes,
  kDroppedEvents,
  kDroppedLinks,
  kEvents,  // the fields as they stand in the span, one behind the other
  kLinks,   // the same
  kOther,   // the same: fields we do not know, attributes past a limit
};
inline constexpr uint8_t kColumnKinds = 11;

/// How the column's values are written.
enum class CellType : uint8_t {
  kText,    // the text
  kBool,    // a number, as are the next two: 8 bytes, little-endian
  kInt,     // two's complement
  kDouble,  // IEEE 754
  kBytes,   // the bytes
  kRaw,     // attributes: the KeyValue message (arrays, maps, empty values, anything unusual);
            // kEvents, kLinks, kOther: whole fields, with their tags
};
inline constexpr uint8_t kCellTypes = 6;

inline bool is_number(CellType type) {
  return type == CellType::kBool || type == CellType::kInt || type == CellType::kDouble;
}

struct ColumnKey {
  ColumnKind kind = ColumnKind::kAttribute;
  CellType type = CellType::kText;
  /// Of an attribute. With kRaw it may be empty for attributes of all keys, past limits::kColumns.
  std::string key;
  /// A span that has several attributes of this key and type has the second in column 1, and so on:
  /// no span has two values in one column.
  uint16_t nth = 0;

  bool operator==(const ColumnKey&) const = default;

  /// The key as bytes, for dictionaries, and back. nullopt if they are none.
  std::string encode() const;
  static std::optional<ColumnKey> decode(std::string_view bytes);
};

/// One cell: which column, and its value.
struct SpanCell {
  ColumnKind kind = ColumnKind::kAttribute;
  CellType type = CellType::kRaw;
  std::string_view key;    // of an attribute
  std::string_view bytes;  // the value unless is_number(type)
  uint64_t number = 0;     // the value if it is
};

/// How a span names its parent. The two forms of "none" are told apart, since OTLP can.
enum class ParentForm : uint8_t { kNone, kZero, kId };

/// What every span has.
struct RowFields {
  SpanId id;
  SpanId parent;
  ParentForm parent_form = ParentForm::kNone;
  UnixNanos start = 0;
  uint64_t length = 0;  // end - start, wrapping around

  UnixNanos end() const { return start + length; }
  /// As otlp::Span::duration: 0 where the end comes first.
  uint64_t duration() const { return end() > start ? length : 0; }
};

/// Takes spans apart. Reuse one for many: it keeps its memory.
class SpanCutter {
 public:
  /// `span` is a Span message that passed Batch::index. The views are valid as long as the bytes
  /// and until the next call.
  void cut(std::string_view span);

  RowFields fields;
  std::string_view name;
  int32_t kind = 0;  // as on the wire, also numbers we do not know
  std::vector<SpanCell> cells;

 private:
  std::string* cut_field(protozero::pbf_reader& reader);
  void cut_parent(std::string_view raw);
  void add_attribute(std::string_view message);
  void add_rest();
  void cut_status(std::string_view message);

  UnixNanos end_ = 0;
  bool has_status_ = false;
  int32_t status_code_ = 0;
  std::string_view status_message_, trace_state_;
  uint32_t flags_ = 0, dropped_attributes_ = 0, dropped_events_ = 0, dropped_links_ = 0;
  std::string events_, links_, other_;
};

/// The KeyValue message of an attribute.
std::string key_value_bytes(const SpanCell& cell);

/// Appends a Span message. Its fields stand in one fixed order, so equal spans are equal bytes.
void write_span(const TraceId& trace, const RowFields& fields, std::string_view name, int32_t kind,
                std::span<const SpanCell> cells, std::string& out);

/// The operation of a span as one dictionary value, and back: kind, service, name.
std::string operation_bytes(std::string_view service, std::string_view name, int32_t kind);
struct OperationParts {
  std::string_view service, name;
  int32_t kind = 0;
  otlp::SpanKind span_kind() const;
};
/// False if the bytes are no operation.
bool parse_operation(std::string_view bytes, OperationParts& parts);

/// A resource or a scope with its schema URL as one dictionary value, and back.
std::string group_bytes(std::string_view schema_url, std::string_view message);
struct GroupParts {
  std::string_view schema_url, message;
};
bool parse_group(std::string_view bytes, GroupParts& parts);

}  // namespace clew::store
