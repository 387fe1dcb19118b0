#include "store/span_parts.h"

#include <iterator>
#include <protozero/pbf_writer.hpp>

#include "base/limits.h"
#include "otlp/fields.h"
#include "otlp/reader.h"
#include "store/coding.h"

namespace clew::store {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

namespace f = otlp::fields;

/// Reads an AnyValue that holds exactly one scalar; false for all others.
bool cut_value(std::string_view value, SpanCell& cell) {
  if (value.empty()) return false;
  pbf_reader reader(value.data(), value.size());
  reader.next();
  switch (reader.tag()) {
    case f::any_value::kString:
      cell.type = CellType::kText;
      cell.bytes = otlp::view_of(reader);
      break;
    case f::any_value::kBytes:
      cell.type = CellType::kBytes;
      cell.bytes = otlp::view_of(reader);
      break;
    case f::any_value::kBool:
      cell.type = CellType::kBool;
      cell.number = reader.get_bool() ? 1 : 0;
      break;
    case f::any_value::kInt:
      cell.type = CellType::kInt;
      cell.number = static_cast<uint64_t>(reader.get_int64());
      break;
    case f::any_value::kDouble:
      cell.type = CellType::kDouble;
      cell.number = reader.get_fixed64();
      break;
    default:
      return false;
  }
  return reader.length() == 0;
}

/// The usual form of a KeyValue: a key and one value, lengths below 128, the value a string.
bool cut_short_text(std::string_view message, SpanCell& cell) {
  auto byte = [&](size_t at) { return static_cast<uint8_t>(message[at]); };
  if (message.size() < 6 || byte(0) != 0x0A || byte(1) >= 128) return false;
  size_t key_end = 2 + byte(1);
  if (message.size() < key_end + 4 || byte(key_end) != 0x12 || byte(key_end + 1) >= 128)
    return false;
  size_t value = key_end + 2;
  if (value + byte(key_end + 1) != message.size() || byte(value) != 0x0A ||
      byte(value + 1) >= 128 || value + 2 + byte(value + 1) != message.size())
    return false;
  cell.type = CellType::kText;
  cell.key = message.substr(2, byte(1));
  cell.bytes = message.substr(value + 2);
  return true;
}

/// Any other KeyValue that is a key and then one scalar.
bool cut_key_value(std::string_view message, SpanCell& cell) {
  pbf_reader reader(message.data(), message.size());
  if (!reader.next() || reader.tag() != f::key_value::kKey) return false;
  cell.key = otlp::view_of(reader);
  if (!reader.next() || reader.tag() != f::key_value::kValue) return false;
  std::string_view value = otlp::view_of(reader);
  return reader.length() == 0 && cut_value(value, cell);
}

/// The key wherever it stands.
std::string_view key_of(std::string_view message) {
  std::string_view key;
  otlp::for_each_field(message, [&](pbf_reader& reader) {
    if (reader.tag() == f::key_value::kKey)
      key = otlp::view_of(reader);
    else
      reader.skip();
  });
  return key;
}

}  // namespace

std::string ColumnKey::encode() const {
  std::string out{static_cast<char>(kind), static_cast<char>(type)};
  put(out, nth);
  return out + key;
}

std::optional<ColumnKey> ColumnKey::decode(std::string_view bytes) {
  if (bytes.size() < 4 || static_cast<uint8_t>(bytes[0]) >= kColumnKinds ||
      static_cast<uint8_t>(bytes[1]) >= kCellTypes)
    return std::nullopt;
  return ColumnKey{static_cast<ColumnKind>(bytes[0]), static_cast<CellType>(bytes[1]),
                   std::string(bytes.substr(4)), get<uint16_t>(bytes, 2)};
}

void SpanCutter::cut(std::string_view span) {
  fields = {};
  name = status_message_ = trace_state_ = {};
  kind = status_code_ = 0;
  flags_ = dropped_attributes_ = dropped_events_ = dropped_links_ = 0;
  has_status_ = false;
  cells.clear();
  events_.clear();
  links_.clear();
  other_.clear();
  end_ = 0;
  pbf_reader reader(span.data(), span.size());
  for (size_t field_at = 0; reader.next(); field_at = span.size() - reader.length()) {
    std::string* raw = cut_field(reader);
    if (!raw) continue;
    reader.skip();
    *raw += span.substr(field_at, span.size() - reader.length() - field_at);
  }
  fields.length = end_ - fields.start;
  add_rest();
}

/// Reads one field; or says where it is to be kept as it stands, and leaves it to be skipped.
std::string* SpanCutter::cut_field(pbf_reader& reader) {
  switch (reader.tag()) {
    case f::span::kAttributes:
      if (cells.size() >= limits::kCellsPerSpan) return &other_;
      add_attribute(otlp::view_of(reader));
      return nullptr;
    case f::span::kTraceId:
      return reader.skip(), nullptr;
    case f::span::kSpanId:
      return fields.id = *SpanId::from_raw(otlp::view_of(reader)), nullptr;
    case f::span::kParentSpanId:
      return cut_parent(otlp::view_of(reader)), nullptr;
    case f::span::kName:
      return name = otlp::view_of(reader), nullptr;
    case f::span::kKind:
      return kind = reader.get_enum(), nullptr;
    case f::span::kStart:
      return fields.start = reader.get_fixed64(), nullptr;
    case f::span::kEnd:
      return end_ = reader.get_fixed64(), nullptr;
    case f::span::kStatus:
      return cut_status(otlp::view_of(reader)), nullptr;
    case f::span::kTraceState:
      return trace_state_ = otlp::view_of(reader), nullptr;
    case f::span::kFlags:
      return flags_ = reader.get_fixed32(), nullptr;
    case f::span::kDroppedAttributes:
      return dropped_attributes_ = reader.get_uint32(), nullptr;
    case f::span::kDroppedEvents:
      return dropped_events_ = reader.get_uint32(), nullptr;
    case f::span::kDroppedLinks:
      return dropped_links_ = reader.get_uint32(), nullptr;
    case f::span::kEvents:
      return &events_;
    case f::span::kLinks:
      return &links_;
    default:
      return &other_;
  }
}

void SpanCutter::cut_parent(std::string_view raw) {
  auto parent = SpanId::from_raw(raw);
  fields.parent = parent.value_or(SpanId());
  fields.parent_form = !parent             ? ParentForm::kNone
                       : parent->is_zero() ? ParentForm::kZero
                                           : ParentForm::kId;
}

void SpanCutter::add_attribute(std::string_view message) {
  SpanCell cell;
  if (!cut_short_text(message, cell) && !cut_key_value(message, cell))
    cell = {ColumnKind::kAttribute, CellType::kRaw, key_of(message), message};
  cells.push_back(cell);
}

void SpanCutter::cut_status(std::string_view message) {
  has_status_ = true;
  std::string unknown;
  pbf_reader reader(message.data(), message.size());
  for (size_t field_at = 0; reader.next(); field_at = message.size() - reader.length()) {
    switch (reader.tag()) {
      case f::status::kMessage:
        status_message_ = otlp::view_of(reader);
        break;
      case f::status::kCode:
        status_code_ = reader.get_enum();
        break;
      default:
        reader.skip();
        unknown += message.substr(field_at, message.size() - reader.length() - field_at);
    }
  }
  // Protobuf merges a message that stands twice, so what we do not know can stand in one of its
  // own.
  if (!unknown.empty())
    protozero::pbf_writer(other_).add_message(f::span::kStatus, unknown.data(), unknown.size());
}

/// What is not an attribute and not its default.
void SpanCutter::add_rest() {
  auto add_number = [&](ColumnKind column, uint64_t number) {
    cells.push_back({column, CellType::kInt, {}, {}, number});
  };
  auto add_bytes = [&](ColumnKind column, CellType type, std::string_view bytes) {
    if (!bytes.empty()) cells.push_back({column, type, {}, bytes});
  };
  if (has_status_) add_number(ColumnKind::kStatusCode, static_cast<uint32_t>(status_code_));
  add_bytes(ColumnKind::kStatusMessage, CellType::kText, status_message_);
  add_bytes(ColumnKind::kTraceState, CellType::kText, trace_state_);
  if (flags_ != 0) add_number(ColumnKind::kFlags, flags_);
  if (dropped_attributes_ != 0) add_number(ColumnKind::kDroppedAttributes, dropped_attributes_);
  if (dropped_events_ != 0) add_number(ColumnKind::kDroppedEvents, dropped_events_);
  if (dropped_links_ != 0) add_number(ColumnKind::kDroppedLinks, dropped_links_);
  add_bytes(ColumnKind::kEvents, CellType::kRaw, events_);
  add_bytes(ColumnKind::kLinks, CellType::kRaw, links_);
  add_bytes(ColumnKind::kOther, CellType::kRaw, other_);
}

namespace {

/// Bytes of a varint.
size_t varint_size(uint64_t number) {
  return static_cast<size_t>(protozero::length_of_varint(number));
}

/// Bytes of the AnyValue of a scalar.
size_t value_size(const SpanCell& cell) {
  switch (cell.type) {
    case CellType::kText:
    case CellType::kBytes:
      return 1 + varint_size(cell.bytes.size()) + cell.bytes.size();
    case CellType::kBool:
    case CellType::kInt:
      return 1 + varint_size(cell.number);
    default:
      return 9;
  }
}

/// Appends the fields of a KeyValue whose AnyValue has `value` bytes.
void write_key_value(const SpanCell& cell, size_t value, std::string& out) {
  protozero::pbf_writer writer(out);
  writer.add_string(f::key_value::kKey, cell.key.data(), cell.key.size());
  out += '\x12';
  protozero::write_varint(std::back_inserter(out), value);
  switch (cell.type) {
    case CellType::kText:
      return writer.add_string(f::any_value::kString, cell.bytes.data(), cell.bytes.size());
    case CellType::kBytes:
      return writer.add_bytes(f::any_value::kBytes, cell.bytes.data(), cell.bytes.size());
    case CellType::kBool:
      return writer.add_uint64(f::any_value::kBool, cell.number);
    case CellType::kInt:
      return writer.add_uint64(f::any_value::kInt, cell.number);
    default:
      writer.add_fixed64(f::any_value::kDouble, cell.number);
  }
}

/// Appends field 9.
void write_attribute(const SpanCell& cell, std::string& out) {
  if (cell.type == CellType::kRaw)
    return protozero::pbf_writer(out).add_message(f::span::kAttributes, cell.bytes.data(),
                                                  cell.bytes.size());
  size_t value = value_size(cell);
  out += '\x4A';
  protozero::write_varint(
      std::back_inserter(out),
      1 + varint_size(cell.key.size()) + cell.key.size() + 1 + varint_size(value) + value);
  write_key_value(cell, value, out);
}

const SpanCell* find_cell(std::span<const SpanCell> cells, ColumnKind kind) {
  for (const SpanCell& cell : cells)
    if (cell.kind == kind) return &cell;
  return nullptr;
}

void write_status(const SpanCell& code, const SpanCell* message, std::string& out) {
  protozero::pbf_writer span(out);
  if (!message && code.number == 0) return span.add_message(f::span::kStatus, "", 0);
  protozero::pbf_writer status(span, f::span::kStatus);
  if (message) status.add_string(f::status::kMessage, message->bytes.data(), message->bytes.size());
  if (code.number != 0) status.add_enum(f::status::kCode, static_cast<int32_t>(code.number));
}

/// Everything but attributes and status.
void write_cell(const SpanCell& cell, std::string& out) {
  protozero::pbf_writer span(out);
  auto number = static_cast<uint32_t>(cell.number);
  switch (cell.kind) {
    case ColumnKind::kTraceState:
      span.add_string(f::span::kTraceState, cell.bytes.data(), cell.bytes.size());
      break;
    case ColumnKind::kFlags:
      span.add_fixed32(f::span::kFlags, number);
      break;
    case ColumnKind::kDroppedAttributes:
      span.add_uint32(f::span::kDroppedAttributes, number);
      break;
    case ColumnKind::kDroppedEvents:
      span.add_uint32(f::span::kDroppedEvents, number);
      break;
    case ColumnKind::kDroppedLinks:
      span.add_uint32(f::span::kDroppedLinks, number);
      break;
    case ColumnKind::kEvents:
    case ColumnKind::kLinks:
    case ColumnKind::kOther:
      out += cell.bytes;
      break;
    default:
      break;
  }
}

}  // namespace

std::string key_value_bytes(const SpanCell& cell) {
  if (cell.type == CellType::kRaw) return std::string(cell.bytes);
  std::string out;
  write_key_value(cell, value_size(cell), out);
  return out;
}

void write_span(const TraceId& trace, const RowFields& fields, std::string_view name, int32_t kind,
                std::span<const SpanCell> cells, std::string& out) {
  protozero::pbf_writer span(out);
  auto add_id = [&](f::Tag tag, std::string_view raw) {
    span.add_bytes(tag, raw.data(), raw.size());
  };
  add_id(f::span::kTraceId, trace.raw());
  add_id(f::span::kSpanId, fields.id.raw());
  if (fields.parent_form != ParentForm::kNone) add_id(f::span::kParentSpanId, fields.parent.raw());
  if (!name.empty()) span.add_string(f::span::kName, name.data(), name.size());
  if (kind != 0) span.add_enum(f::span::kKind, kind);
  if (fields.start != 0) span.add_fixed64(f::span::kStart, fields.start);
  if (fields.end() != 0) span.add_fixed64(f::span::kEnd, fields.end());
  for (const SpanCell& cell : cells) {
    if (cell.kind == ColumnKind::kAttribute)
      write_attribute(cell, out);
    else if (cell.kind == ColumnKind::kStatusCode)
      write_status(cell, find_cell(cells, ColumnKind::kStatusMessage), out);
    else
      write_cell(cell, out);
  }
}

std::string operation_bytes(std::string_view service, std::string_view name, int32_t kind) {
  std::string out;
  out.reserve(8 + service.size() + name.size());
  put(out, static_cast<uint32_t>(kind));
  put_text(out, service);
  out += name;
  return out;
}

otlp::SpanKind OperationParts::span_kind() const {
  return kind >= 0 && kind <= static_cast<int32_t>(otlp::SpanKind::kConsumer)
             ? static_cast<otlp::SpanKind>(kind)
             : otlp::SpanKind::kUnspecified;
}

bool parse_operation(std::string_view bytes, OperationParts& parts) {
  Decoder decoder(bytes);
  parts.kind = static_cast<int32_t>(decoder.number<uint32_t>());
  parts.service = decoder.text();
  parts.name = decoder.rest();
  return decoder.ok();
}

std::string group_bytes(std::string_view schema_url, std::string_view message) {
  std::string out;
  out.reserve(4 + schema_url.size() + message.size());
  put_text(out, schema_url);
  out += message;
  return out;
}

bool parse_group(std::string_view bytes, GroupParts& parts) {
  Decoder decoder(bytes);
  parts.schema_url = decoder.text();
  parts.message = decoder.rest();
  return decoder.ok();
}

}  // namespace clew::store
