#include "query/traceql/fields.h"

#include <algorithm>

namespace clew::query::traceql {
namespace {

class Collector {
 public:
  void add(const Field& field) {
    bool known = std::ranges::any_of(fields_, [&](const Field& other) {
      return other.scope == field.scope && other.intrinsic == field.intrinsic &&
             other.key == field.key;
    });
    if (!known) fields_.push_back(field);
  }
  void add(const Expression& expression) {
    if (expression.op == Op::kField) add(expression.field);
    for (const Expression& arg : expression.args) add(arg);
  }
  void add(const Spanset& spanset) {
    if (spanset.op == SpansetOp::kFilter) add(spanset.filter);
    if (spanset.pipeline) add(*spanset.pipeline);
    for (const Spanset& arg : spanset.args) add(arg);
  }
  void add(const Scalar& scalar) {
    if (scalar.aggregate && scalar.aggregate->argument) add(*scalar.aggregate->argument);
    for (const Scalar& arg : scalar.args) add(arg);
  }
  void add(const ScalarFilter& filter) {
    add(filter.left);
    add(filter.right);
  }
  void add(const GroupBy& group) { add(group.expression); }
  void add(const Coalesce&) {}
  void add(const Select& select) {
    for (const Field& field : select.fields) add(field);
  }
  void add(const Pipeline& pipeline) {
    for (const Stage& stage : pipeline)
      std::visit([this](const auto& what) { add(what); }, stage.what);
  }

  std::vector<Field> take() { return std::move(fields_); }

 private:
  std::vector<Field> fields_;
};

}  // namespace

std::vector<Field> fields_of(const Pipeline& pipeline) {
  Collector collector;
  collector.add(pipeline);
  return collector.take();
}

}  // namespace clew::query::traceql
