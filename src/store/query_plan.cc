#include "store/query_plan.h"

#include <algorithm>

#include "otlp/fields.h"
#include "otlp/messages.h"
#include "otlp/reader.h"

namespace clew::store {
namespace {

bool looks_in(const Term& term, AttributeScope scope) {
  return !term.scope || *term.scope == scope;
}

bool is_scope_field(std::string_view key) {
  return key == "otel.scope.name" || key == "otel.scope.version";
}

bool any(const std::vector<uint8_t>& bits) {
  return std::ranges::find(bits, 1) != bits.end();
}

otlp::ScopeRef scope_ref(std::string_view message) {
  otlp::ScopeRef scope{.bytes = message};
  otlp::for_each_field(message, [&](protozero::pbf_reader& reader) {
    if (reader.tag() == otlp::fields::scope::kName)
      scope.name = otlp::view_of(reader);
    else if (reader.tag() == otlp::fields::scope::kVersion)
      scope.version = otlp::view_of(reader);
    else
      reader.skip();
  });
  return scope;
}

bool events_satisfy(std::string_view fields, const Term& term) {
  for (otlp::Event event : otlp::DecodedRange<otlp::Event>(fields, otlp::fields::span::kEvents))
    if (satisfies(event.attributes(), term)) return true;
  return false;
}

}  // namespace

QueryPlan::QueryPlan(const Query& query, const Vocabulary& vocabulary)
    : filter_(query.filter()), vocabulary_(vocabulary) {
  needs_time_ = filter_.start_min > 0 || filter_.start_max < UINT64_MAX || filter_.min_duration ||
                filter_.max_duration;
  plan_operations();
  if (filter_.status) add_status_columns();
  for (const Term& term : query.terms()) plan_term(term);
}

size_t QueryPlan::place_of(uint32_t column) {
  auto at = std::ranges::find(columns_, column);
  if (at != columns_.end()) return static_cast<size_t>(at - columns_.begin());
  columns_.push_back(column);
  return columns_.size() - 1;
}

void QueryPlan::plan_operations() {
  if (filter_.service.empty() && filter_.operation.empty() && !filter_.kind) return;
  needs_operation_ = true;
  operations_.resize(vocabulary_.operations());
  Alternative codes{Alternative::Kind::kOperation, 0, {}, false};
  for (uint32_t code = 0; code < operations_.size(); ++code) {
    OperationParts parts;
    if (!parse_operation(vocabulary_.operation(code), parts)) continue;
    operations_[code] = (filter_.service.empty() || filter_.service == parts.service) &&
                        (filter_.operation.empty() || filter_.operation == parts.name) &&
                        (!filter_.kind || *filter_.kind == parts.span_kind());
    if (operations_[code]) codes.codes.push_back(code);
  }
  impossible_ |= codes.codes.empty();
  requirements_.push_back({std::move(codes)});
}

void QueryPlan::plan_term(const Term& term) {
  TermPlan plan{.term = &term};
  for (uint32_t column = 0; column < vocabulary_.columns(); ++column) plan_column(plan, column);
  if (looks_in(term, AttributeScope::kResource)) {
    plan.resources.resize(vocabulary_.resources());
    for (uint32_t code = 0; code < plan.resources.size(); ++code) {
      GroupParts parts;
      parse_group(vocabulary_.resource(code), parts);
      plan.resources[code] =
          store::satisfies({parts.message, otlp::fields::resource::kAttributes}, term);
    }
    if (!any(plan.resources)) plan.resources.clear();
  }
  bool scope_field = term.field && is_scope_field(term.field->key);
  if (looks_in(term, AttributeScope::kScope)) {
    plan.scopes.resize(vocabulary_.scopes());
    for (uint32_t code = 0; code < plan.scopes.size(); ++code) {
      GroupParts parts;
      parse_group(vocabulary_.scope(code), parts);
      otlp::ScopeRef scope = scope_ref(parts.message);
      plan.scopes[code] = store::satisfies(scope.attributes(), term) ||
                          (scope_field && field_has_tag({}, scope, *term.field));
    }
    if (!any(plan.scopes)) plan.scopes.clear();
  }
  if (term.field && !scope_field) plan_status(plan);
  needs_resource_ |= !plan.resources.empty();
  needs_scope_ |= !plan.scopes.empty();
  needs_operation_ |= !plan.operations.empty();
  plan_requirement(plan);
  terms_.push_back(std::move(plan));
}

void QueryPlan::plan_column(TermPlan& plan, uint32_t column) {
  const ColumnKey& key = vocabulary_.column(column);
  ColumnTest::Form form = ColumnTest::Form::kValue;
  if (key.kind == ColumnKind::kAttribute && looks_in(*plan.term, AttributeScope::kSpan)) {
    if (key.type == CellType::kRaw && key.key.empty())
      form = ColumnTest::Form::kAnyKey;
    else if (key.key != plan.term->key)
      return;
  } else if (key.kind == ColumnKind::kEvents && looks_in(*plan.term, AttributeScope::kEvent)) {
    form = ColumnTest::Form::kEvents;
  } else if (key.kind == ColumnKind::kOther && looks_in(*plan.term, AttributeScope::kSpan)) {
    form = ColumnTest::Form::kFields;
  } else {
    return;
  }
  ColumnTest test{
      .form = form, .place = 0, .accepts = Bits(vocabulary_.values(column)), .text_test = SIZE_MAX};
  for (uint32_t code = 0; code < test.accepts.size(); ++code)
    test.accepts[code] = accepts_bytes(*plan.term, form, column, vocabulary_.value(column, code));
  if (!any(test.accepts) && !vocabulary_.has_literals(column)) return;
  test.place = place_of(column);
  if (form == ColumnTest::Form::kValue && key.type == CellType::kText &&
      vocabulary_.has_literals(column)) {
    test.text_test = text_tests_.size();
    text_tests_.push_back({column, &plan.term->test});
    may_pass_.emplace_back();
  }
  plan.columns.push_back(std::move(test));
}

bool QueryPlan::accepts_bytes(const Term& term, ColumnTest::Form form, uint32_t column,
                              std::string_view bytes) const {
  switch (form) {
    case ColumnTest::Form::kValue: {
      auto value = cell_value(vocabulary_.column(column), bytes);
      return value && term.test.accepts(*value);
    }
    case ColumnTest::Form::kAnyKey: {
      otlp::Attribute attribute = otlp::Attribute::decode(bytes);
      return attribute.key == term.key && term.test.accepts(attribute.value);
    }
    case ColumnTest::Form::kEvents:
      return events_satisfy(bytes, term);
    case ColumnTest::Form::kFields:
      return store::satisfies({bytes, otlp::fields::span::kAttributes}, term);
  }
  return false;
}

/// Fields of the span that answer as if they were attributes, but for those of the scope.
void QueryPlan::plan_status(TermPlan& plan) {
  const Tag& tag = *plan.term->field;
  if (tag.key == "span.kind") {
    plan.operations.resize(vocabulary_.operations());
    for (uint32_t code = 0; code < plan.operations.size(); ++code) {
      OperationParts parts;
      if (!parse_operation(vocabulary_.operation(code), parts)) continue;
      otlp::Span span;
      span.kind = parts.span_kind();
      plan.operations[code] = field_has_tag(span, {}, tag);
    }
    if (!any(plan.operations)) plan.operations.clear();
    return;
  }
  plan.status_field = true;
  add_status_columns();
}

void QueryPlan::add_status_columns() {
  if (!status_) status_.emplace(vocabulary_, [this](uint32_t column) { return place_of(column); });
}

void QueryPlan::plan_requirement(const TermPlan& plan) {
  std::vector<Alternative> alternatives;
  auto add = [&](Alternative::Kind kind, uint32_t column, const Bits& bits, bool literals) {
    Alternative alternative{kind, column, {}, literals};
    for (uint32_t code = 0; code < bits.size(); ++code)
      if (bits[code]) alternative.codes.push_back(code);
    alternatives.push_back(std::move(alternative));
  };
  for (const ColumnTest& test : plan.columns)
    add(Alternative::Kind::kColumn, columns_[test.place], test.accepts,
        vocabulary_.has_literals(columns_[test.place]));
  if (!plan.resources.empty()) add(Alternative::Kind::kResource, 0, plan.resources, false);
  if (!plan.scopes.empty()) add(Alternative::Kind::kScope, 0, plan.scopes, false);
  if (!plan.operations.empty()) add(Alternative::Kind::kOperation, 0, plan.operations, false);
  if (plan.status_field) return;  // also a column that is not there may satisfy it
  impossible_ |= alternatives.empty();
  requirements_.push_back(std::move(alternatives));
}

bool QueryPlan::matches(const RowInput& row) const {
  if (row.start < filter_.start_min || row.start > filter_.start_max) return false;
  if (filter_.min_duration && row.duration < *filter_.min_duration) return false;
  if (filter_.max_duration && row.duration > *filter_.max_duration) return false;
  if (!operations_.empty() && !operations_[row.operation]) return false;
  if (filter_.status && status_->status(row.cells) != *filter_.status) return false;
  return std::ranges::all_of(
      terms_, [&](const TermPlan& plan) { return satisfies(plan, row, Literals::kRead); });
}

bool QueryPlan::may_match(const RowInput& row) const {
  return std::ranges::all_of(
      terms_, [&](const TermPlan& plan) { return satisfies(plan, row, Literals::kUnread); });
}

bool QueryPlan::satisfies(const TermPlan& plan, const RowInput& row, Literals literals) const {
  if (!plan.resources.empty() && plan.resources[row.resource]) return true;
  if (!plan.scopes.empty() && plan.scopes[row.scope]) return true;
  if (!plan.operations.empty() && plan.operations[row.operation]) return true;
  for (const ColumnTest& test : plan.columns)
    if (satisfies(plan, test, row.cells[test.place], literals)) return true;
  if (!plan.status_field) return false;
  return literals == Literals::kUnread || status_satisfies(*plan.term->field, row);
}

bool QueryPlan::satisfies(const TermPlan& plan, const ColumnTest& test, uint32_t cell,
                          Literals literals) const {
  if (cell == kNoCell) return false;
  if ((cell & kLiteral) == 0) return test.accepts[cell];
  if (test.text_test != SIZE_MAX) {
    const Bits& may_pass = may_pass_[test.text_test];
    if (!may_pass.empty() && !may_pass[cell & ~kLiteral]) return false;
  }
  if (literals == Literals::kUnread) return true;
  uint32_t column = columns_[test.place];
  return accepts_bytes(*plan.term, test.form, column, vocabulary_.value(column, cell));
}

bool QueryPlan::status_satisfies(const Tag& tag, const RowInput& row) const {
  otlp::Span span;
  bool is_error = tag.key == "error" && status_->is_error(row.cells);
  span.status = is_error ? otlp::StatusCode::kError : status_->status(row.cells);
  span.status_message = status_->message(row.cells);
  return field_has_tag(span, {}, tag);
}

}  // namespace clew::store
