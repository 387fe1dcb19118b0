#include "store/column_scan.h"

#include <algorithm>

#include "otlp/writer.h"
#include "store/span_parts.h"

namespace clew::store {
namespace {

bool is_wanted(const ColumnKey& key, const ScanColumns& wanted) {
  switch (key.kind) {
    case ColumnKind::kStatusCode:
    case ColumnKind::kStatusMessage:
      return wanted.status;
    case ColumnKind::kAttribute:
      // Without a key it may hold attributes of any.
      return !wanted.attributes.empty() &&
             (key.key.empty() || std::ranges::count(wanted.attributes, key.key) > 0);
    case ColumnKind::kOther:
      return !wanted.attributes.empty();  // attributes past a limit are there
    default:
      return false;
  }
}

void append(std::string& key, uint32_t code) {
  key.append(reinterpret_cast<const char*>(&code), sizeof code);
}

}  // namespace

RowClasses::RowClasses(ColumnScan& scan, const Vocabulary& vocabulary)
    : scan_(scan),
      vocabulary_(vocabulary),
      needs_operation_(scan.columns().operation),
      needs_resource_(scan.columns().resource) {
  for (uint32_t column = 0; column < vocabulary.columns(); ++column)
    if (is_wanted(vocabulary.column(column), scan.columns())) columns_.push_back(column);
}

Result<uint32_t> RowClasses::class_of(uint32_t operation, uint32_t resource,
                                      const uint32_t* cells) {
  key_.clear();
  if (needs_operation_) append(key_, operation);
  if (needs_resource_) append(key_, resource);
  bool has_literal = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    append(key_, cells[i]);
    has_literal |= cells[i] != kNoCell && (cells[i] & kLiteral) != 0;
  }
  if (has_literal) return ask(operation, resource, cells);  // the number means another value soon
  if (key_ == last_key_ && !known_.empty()) return last_;
  auto found = known_.find(key_);
  if (found == known_.end()) {
    auto number = ask(operation, resource, cells);
    if (!number) return number;
    found = known_.emplace(key_, *number).first;
  }
  last_key_ = key_;
  last_ = found->second;
  return last_;
}

Result<uint32_t> RowClasses::ask(uint32_t operation, uint32_t resource, const uint32_t* cells) {
  OperationParts named;
  GroupParts group;
  bool whole = (!needs_operation_ || parse_operation(vocabulary_.operation(operation), named)) &&
               (!needs_resource_ || parse_group(vocabulary_.resource(resource), group));
  if (!whole) return fail(Code::kMalformed, "an operation or resource does not decode");
  std::vector<SpanCell> values;
  for (size_t i = 0; i < columns_.size(); ++i)
    if (cells[i] != kNoCell) values.push_back(span_cell(vocabulary_, columns_[i], cells[i]));
  TraceId trace;
  RowFields fields;
  trace.bytes.back() = fields.id.bytes.back() = 1;  // a span without IDs would be none
  std::string span;
  write_span(trace, fields, named.name, named.kind, values, span);
  otlp::RequestWriter writer;
  writer.add({.bytes = group.message, .schema_url = group.schema_url}, {}, span);
  auto sample = otlp::Batch::index(SharedBytes::take(writer.finish()));
  if (!sample) return std::unexpected(sample.error());
  return scan_.class_of(*sample);
}

}  // namespace clew::store
