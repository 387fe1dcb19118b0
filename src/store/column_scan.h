// Looking at all spans of a time range by a few of their columns, without putting them together.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "otlp/batch.h"
#include "store/part.h"
#include "store/rows.h"

namespace clew::store {

/// What a scan must know of a span beside its start.
struct ScanColumns {
  bool operation = false;  // its name and kind
  bool resource = false;
  bool status = false;
  bool duration = false;
  std::vector<std::string> attributes;  // keys, of the span itself
};

/// Takes spans as columns: one call at a time, but from two threads; wants() at any time. Most
/// spans are alike in what a scan asks, so each kind of them is shown
/// once, as a sample, and then named by the number that was given for it.
class ColumnScan {
 public:
  virtual ~ColumnScan() = default;

  virtual const ScanColumns& columns() const = 0;
  /// False if spans that start in [first, last] are of no interest.
  virtual bool wants(UnixNanos first, UnixNanos last) const = 0;
  /// Any number for a span with what columns() asks for, its start and duration excepted; of the
  /// rest it has nothing.
  virtual uint32_t class_of(const otlp::Batch& sample) = 0;
  /// Spans by row: what class_of() gave, starts, and durations if they were asked for. Rows may be
  /// of any start.
  virtual void rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
                    std::span<const uint64_t> durations) = 0;
};

/// Shows the spans of all parts, the largest share of the work on two threads where there is one to
/// spare. As Store::scan_columns.
bool scan_parts(const std::vector<std::shared_ptr<const Part>>& parts, ColumnScan& scan,
                const std::function<bool()>& is_over);

/// Knows the classes of rows by their codes. Internal: for parts. One thread.
class RowClasses {
 public:
  /// Both must outlive it.
  RowClasses(ColumnScan& scan, const Vocabulary& vocabulary);

  /// The columns that class_of() wants cells of, by number in the vocabulary.
  const std::vector<uint32_t>& columns() const { return columns_; }
  bool needs_operation() const { return needs_operation_; }
  bool needs_resource() const { return needs_resource_; }

  /// What class_of() gave for such a row before, if it is told by one code alone, as it is where
  /// little is asked; else kUnknown.
  uint32_t known_class(uint32_t operation, uint32_t resource, const uint32_t* cells) const {
    if ((needs_operation_ && needs_resource_) || has_cell(cells)) return kUnknown;
    size_t code = only_code(operation, resource);
    return code < by_code_.size() ? by_code_[code] : kUnknown;
  }
  static constexpr uint32_t kUnknown = UINT32_MAX - 1;

  /// `cells` has one for each of columns(), or kNoCell; codes that are not needed may be anything.
  /// Fails with kMalformed on what only a damaged block has.
  Result<uint32_t> class_of(uint32_t operation, uint32_t resource, const uint32_t* cells);

 private:
  /// Where one of them is needed at most.
  uint32_t only_code(uint32_t operation, uint32_t resource) const {
    return needs_operation_ ? operation : needs_resource_ ? resource : 0;
  }
  bool has_cell(const uint32_t* cells) const {
    for (size_t i = 0; i < columns_.size(); ++i)
      if (cells[i] != kNoCell) return true;
    return false;
  }
  Result<uint32_t> ask(uint32_t operation, uint32_t resource, const uint32_t* cells);

  ColumnScan& scan_;
  const Vocabulary& vocabulary_;
  std::vector<uint32_t> columns_;
  bool needs_operation_, needs_resource_;
  std::vector<uint32_t> by_code_;  // see known_class()
  std::string key_;                // of the row at hand: its codes
  std::string last_key_;
  uint32_t last_ = 0;
  absl::flat_hash_map<std::string, uint32_t> known_;
};

}  // namespace clew::store
