// A span's status, read from its row.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "otlp/span.h"
#include "store/rows.h"

namespace clew::store {

/// The columns of a vocabulary that make up a span's status, and how to read them. Rows are given
/// by their cells of some columns, in an order that the caller keeps. Holds a reference to the
/// vocabulary, and is as thread-safe as it.
class StatusColumns {
 public:
  /// Calls `place_of` for each column it reads, to learn where in the caller's cells it stands.
  StatusColumns(const Vocabulary& vocabulary, const std::function<size_t(uint32_t)>& place_of);

  otlp::StatusCode status(const uint32_t* cells) const;
  std::string_view message(const uint32_t* cells) const;
  /// As otlp::Span::is_error.
  bool is_error(const uint32_t* cells) const;

 private:
  struct Place {
    uint32_t column;
    size_t cell;
  };

  bool says_error(const Place& place, uint32_t cell) const;

  const Vocabulary& vocabulary_;
  std::optional<Place> code_, message_;
  std::vector<Place> errors_;  // columns that may hold an attribute `error`; it may be there twice
};

}  // namespace clew::store
