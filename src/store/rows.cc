#include "store/rows.h"

#include <bit>
#include <cstring>
#include <deque>

#include "otlp/writer.h"

namespace clew::store {
namespace {

uint64_t number_of(std::string_view bytes) {
  uint64_t number = 0;
  // Of a damaged block a value may be empty.
  if (bytes.size() == sizeof number) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

SpanCell span_cell(const Vocabulary& vocabulary, uint32_t column, uint32_t cell) {
  const ColumnKey& key = vocabulary.column(column);
  std::string_view value = vocabulary.value(column, cell);
  if (is_number(key.type)) return {key.kind, key.type, key.key, {}, number_of(value)};
  return {key.kind, key.type, key.key, value};
}

std::optional<otlp::Value> cell_value(const ColumnKey& key, std::string_view bytes) {
  switch (key.type) {
    case CellType::kText:
      return otlp::Value::of_string(bytes);
    case CellType::kBytes:
      return otlp::Value::of_bytes(bytes);
    case CellType::kBool:
      return otlp::Value::of_bool(number_of(bytes) != 0);
    case CellType::kInt:
      return otlp::Value::of_int(static_cast<int64_t>(number_of(bytes)));
    case CellType::kDouble:
      return otlp::Value::of_double(std::bit_cast<double>(number_of(bytes)));
    case CellType::kRaw:
      break;
  }
  return otlp::Attribute::decode(bytes).value;
}

std::vector<uint8_t> wanted_columns(const Vocabulary& vocabulary, const AttributeChoice& wanted) {
  std::vector<uint8_t> columns(vocabulary.columns(), 1);
  if (!wanted) return columns;
  for (uint32_t column = 0; column < columns.size(); ++column) {
    const ColumnKey& key = vocabulary.column(column);
    bool is_named = key.kind == ColumnKind::kAttribute && !key.key.empty();
    if (is_named && !wanted(key.key)) columns[column] = 0;
  }
  return columns;
}

namespace {

/// A batch is finished past these, so that no trace makes one larger than a batch can be.
constexpr size_t kBatchRows = 4096;
constexpr size_t kBatchBytes = 16 << 20;

/// Builds one batch from spans whose bytes it owns.
class Assembler {
 public:
  Assembler(const Vocabulary& vocabulary, const AttributeChoice& wanted)
      : vocabulary_(vocabulary), wanted_(wanted_columns(vocabulary, wanted)) {}

  Result<void> add(const TraceId& trace, const Row& row) {
    OperationParts operation;
    GroupParts resource, scope;
    bool whole = parse_operation(vocabulary_.operation(row.operation), operation) &&
                 parse_group(vocabulary_.resource(row.resource), resource) &&
                 parse_group(vocabulary_.scope(row.scope), scope);
    if (!whole) return fail(Code::kMalformed, "an operation, resource or scope does not decode");
    cells_.clear();
    std::span<const uint32_t> columns = vocabulary_.shape(row.shape);
    for (size_t i = 0; i < columns.size(); ++i)
      if (wanted_[columns[i]] != 0)
        cells_.push_back(span_cell(vocabulary_, columns[i], row.cells[i]));
    std::string& bytes = spans_.emplace_back();
    write_span(trace, row.fields, operation.name, operation.kind, cells_, bytes);
    bytes_ += bytes.size();
    writer_.add({.bytes = resource.message, .schema_url = resource.schema_url},
                {.bytes = scope.message, .schema_url = scope.schema_url}, bytes);
    return {};
  }

  bool full() const { return spans_.size() >= kBatchRows || bytes_ >= kBatchBytes; }
  bool empty() const { return spans_.empty(); }

  /// Fails on what only a damaged block has.
  Result<otlp::Batch> finish() {
    auto batch = otlp::Batch::index(SharedBytes::take(writer_.finish()));
    spans_.clear();
    bytes_ = 0;
    return batch;
  }

 private:
  const Vocabulary& vocabulary_;
  const std::vector<uint8_t> wanted_;  // by column
  otlp::RequestWriter writer_;
  std::deque<std::string> spans_;  // the writer holds views
  std::vector<SpanCell> cells_;
  size_t bytes_ = 0;
};

}  // namespace

Result<void> visit_rows(
    const Vocabulary& vocabulary, const TraceId& trace, std::span<const Row> rows,
    const AttributeChoice& wanted,
    const std::function<void(const otlp::Batch&, const otlp::SpanRef&)>& visit) {
  Assembler assembler(vocabulary, wanted);
  auto finish = [&]() -> Result<void> {
    auto batch = assembler.finish();
    if (!batch) return std::unexpected(batch.error());
    for (const otlp::SpanRef& ref : batch->spans()) visit(*batch, ref);
    return {};
  };
  for (const Row& row : rows) {
    if (auto added = assembler.add(trace, row); !added) return added;
    if (assembler.full())
      if (auto finished = finish(); !finished) return finished;
  }
  return assembler.empty() ? Result<void>() : finish();
}

}  // namespace clew::store
