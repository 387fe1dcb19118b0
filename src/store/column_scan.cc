#include "store/column_scan.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "otlp/writer.h"
#include "store/second_thread.h"
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

namespace {

/// Decoding goes on beside each other, what the scan does with it one after the other.
class SharedScan final : public ColumnScan {
 public:
  explicit SharedScan(ColumnScan& scan) : scan_(scan) {}

  const ScanColumns& columns() const override { return scan_.columns(); }
  bool wants(UnixNanos first, UnixNanos last) const override { return scan_.wants(first, last); }
  uint32_t class_of(const otlp::Batch& sample) override {
    std::lock_guard lock(mutex_);
    return scan_.class_of(sample);
  }
  void rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
            std::span<const uint64_t> durations) override {
    std::lock_guard lock(mutex_);
    scan_.rows(classes, starts, durations);
  }

 private:
  ColumnScan& scan_;
  std::mutex mutex_;
};

}  // namespace

bool scan_parts(const std::vector<std::shared_ptr<const Part>>& parts, ColumnScan& scan,
                const std::function<bool()>& is_over) {
  SharedScan shared(scan);
  std::atomic<size_t> next = 0;
  std::atomic<bool> complete = true;
  auto work = [&] {
    for (size_t part = next++; part < parts.size(); part = next++) {
      if (is_over && is_over()) {
        complete = false;
        return;
      }
      if (!parts[part]->scan_columns(shared)) complete = false;
    }
  };
  auto second = parts.size() > 1 ? SecondThread::hire() : nullptr;
  if (second) second->begin(work);
  work();
  if (second) second->wait();
  return complete;
}

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
  if (!(needs_operation_ && needs_resource_) && !has_cell(cells)) {
    size_t code = only_code(operation, resource);
    if (by_code_.size() <= code) by_code_.resize(code + 1, kUnknown);
    if (by_code_[code] != kUnknown) return by_code_[code];
    auto number = ask(operation, resource, cells);
    if (number) by_code_[code] = *number;
    return number;
  }
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
