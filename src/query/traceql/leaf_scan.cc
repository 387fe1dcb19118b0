#include "query/traceql/leaf_scan.h"

#include <algorithm>

#include "query/traceql/fields.h"
#include "query/traceql/pipeline.h"

namespace clew::query::traceql {
namespace {

/// Adds what the field needs; false if no column has it.
bool add_field(const Field& field, store::ScanColumns& columns) {
  switch (field.intrinsic) {
    case Intrinsic::kName:
    case Intrinsic::kKind:
      columns.operation = true;
      return true;
    case Intrinsic::kStatus:
    case Intrinsic::kStatusMessage:
      columns.status = true;
      return true;
    case Intrinsic::kNone:
      break;
    default:
      return false;
  }
  if (field.scope == Scope::kResource) {
    columns.resource = true;
    return true;
  }
  if (field.scope != Scope::kSpan) return false;
  if (std::ranges::count(columns.attributes, field.key) == 0)
    columns.attributes.push_back(field.key);
  return true;
}

class LeafScan final : public store::ColumnScan {
 public:
  LeafScan(const MetricsRun::Leaf& leaf, const Timeline& timeline, store::ScanColumns columns)
      : leaf_(leaf), timeline_(timeline), columns_(std::move(columns)) {}

  const store::ScanColumns& columns() const override { return columns_; }

  bool wants(UnixNanos first, UnixNanos last) const override {
    return first <= timeline_.end() && last > timeline_.start();
  }

  uint32_t class_of(const otlp::Batch& sample) override {
    TraceView trace(sample);
    if (find_spans(leaf_.pipeline, trace).empty()) return MetricCollector::kNowhere;
    return leaf_.collector->place_of(trace, 0);
  }

  void rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
            std::span<const uint64_t> durations) override {
    leaf_.collector->count(classes, starts, durations);
  }

 private:
  const MetricsRun::Leaf& leaf_;
  const Timeline& timeline_;
  const store::ScanColumns columns_;
};

}  // namespace

std::optional<store::ScanColumns> columns_for(const Pipeline& pipeline,
                                              const MetricFunction& function) {
  const auto* spanset = pipeline.size() == 1 ? std::get_if<Spanset>(&pipeline[0].what) : nullptr;
  if (!spanset || spanset->op != SpansetOp::kFilter || function.op == MetricOp::kCompare)
    return std::nullopt;
  store::ScanColumns columns;
  std::vector<Field> fields = fields_of(pipeline);
  fields.insert(fields.end(), function.by.begin(), function.by.end());
  bool has_field = function.op != MetricOp::kRate && function.op != MetricOp::kCount;
  columns.duration = has_field && function.field.intrinsic == Intrinsic::kDuration;
  if (has_field && !columns.duration) fields.push_back(function.field);
  for (const Field& field : fields)
    if (!add_field(field, columns)) return std::nullopt;
  return columns;
}

std::unique_ptr<store::ColumnScan> make_leaf_scan(const MetricsRun::Leaf& leaf,
                                                  const Timeline& timeline) {
  auto columns = columns_for(leaf.pipeline, leaf.function);
  if (!columns) return nullptr;
  return std::make_unique<LeafScan>(leaf, timeline, *std::move(columns));
}

}  // namespace clew::query::traceql
