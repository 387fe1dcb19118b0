// A query worked out against one vocabulary: every comparison is made once with each dictionary
// value, so that testing a row compares numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/filter.h"
#include "store/rows.h"
#include "store/status_columns.h"

namespace clew::store {

/// What a row is tested by. `cells` has a cell for each of QueryPlan::columns(), or kNoCell.
struct RowInput {
  UnixNanos start = 0;
  uint64_t duration = 0;
  uint32_t operation = 0;
  uint32_t resource = 0;
  uint32_t scope = 0;
  const uint32_t* cells = nullptr;
};

/// Accepts exactly what SpanMatcher accepts. Immutable once built, but for a note of which literals
/// were tested; one thread. Holds references to query and vocabulary.
class QueryPlan {
 public:
  QueryPlan(const Query& query, const Vocabulary& vocabulary);

  /// True if no row of this vocabulary can match.
  bool is_impossible() const { return impossible_; }

  /// The columns that matches() needs, by number; one may be tested for several terms.
  const std::vector<uint32_t>& columns() const { return columns_; }

  bool needs_time() const { return needs_time_; }
  bool needs_operation() const { return needs_operation_; }
  bool needs_resource() const { return needs_resource_; }
  bool needs_scope() const { return needs_scope_; }
  /// False if rows of this operation cannot match, whatever else they have.
  bool accepts_operation(uint32_t operation) const {
    return operations_.empty() || operations_[operation] != 0;
  }

  bool matches(const RowInput& row) const;

  /// A test that a literal of a column may fail by its template alone.
  struct TextTest {
    uint32_t column;
    const ValueTest* test;
  };
  const std::vector<TextTest>& text_tests() const { return text_tests_; }
  /// Says of text_tests()[number] which literals may pass, by literal; empty: any. Holds until it
  /// is said again.
  void narrow(size_t number, std::vector<uint8_t> may_pass) {
    may_pass_[number] = std::move(may_pass);
  }
  /// False if matches() is false, as far as it can be told without reading literals.
  bool may_match(const RowInput& row) const;

  /// Codes of a dictionary, of which a row must have at least one of all that are listed for a
  /// term: where none occurs nothing matches.
  struct Alternative {
    enum class Kind : uint8_t { kColumn, kResource, kScope, kOperation } kind;
    uint32_t column = 0;
    std::vector<uint32_t> codes;
    bool literals = false;  // or a literal of the column
  };
  /// For pruning: a row matches only if for each requirement one of its alternatives holds.
  /// Terms that anything may satisfy have none.
  const std::vector<std::vector<Alternative>>& requirements() const { return requirements_; }

 private:
  using Bits = std::vector<uint8_t>;

  /// How one column may satisfy a term.
  struct ColumnTest {
    enum class Form : uint8_t {
      kValue,   // its values are attributes under the key
      kAnyKey,  // its values are KeyValue messages
      kEvents,  // its values are events with attributes
      kFields,  // its values are whole fields: attributes past the limit
    } form;
    size_t place;      // in columns_
    Bits accepts;      // by code
    size_t text_test;  // in text_tests_; SIZE_MAX: it is none
  };
  struct TermPlan {
    const Term* term;
    std::vector<ColumnTest> columns;
    Bits operations, resources, scopes;  // by code; empty: none
    bool status_field = false;           // the span's status or error may satisfy it
  };
  size_t place_of(uint32_t column);
  void plan_operations();
  void plan_term(const Term& term);
  void plan_column(TermPlan& plan, uint32_t column);
  void plan_status(TermPlan& plan);
  void plan_requirement(const TermPlan& plan);
  void add_status_columns();

  bool accepts_bytes(const Term& term, ColumnTest::Form form, uint32_t column,
                     std::string_view bytes) const;
  /// What is not known without reading literals is taken to be satisfied, unless they are read.
  enum class Literals : uint8_t { kUnread, kRead };
  bool satisfies(const TermPlan& plan, const RowInput& row, Literals literals) const;
  bool satisfies(const TermPlan& plan, const ColumnTest& test, uint32_t cell,
                 Literals literals) const;
  bool status_satisfies(const Tag& tag, const RowInput& row) const;

  const Filter& filter_;
  const Vocabulary& vocabulary_;
  std::vector<uint32_t> columns_;
  Bits operations_;
  std::vector<TermPlan> terms_;
  std::vector<TextTest> text_tests_;
  std::vector<Bits> may_pass_;           // by text test
  std::optional<StatusColumns> status_;  // if a term asks for it
  std::vector<std::vector<Alternative>> requirements_;
  bool impossible_ = false;
  bool needs_time_ = false, needs_operation_ = false, needs_resource_ = false, needs_scope_ = false;
};

}  // namespace clew::store
