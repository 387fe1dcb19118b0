// Taking whole traces out of a store.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "store/store.h"

namespace clew::store {

struct ExportSummary {
  uint64_t traces = 0, spans = 0;
  /// Of the traces: those of which limits or damage kept spans out.
  uint64_t cut_traces = 0;
  /// False if damage kept the search from looking everywhere.
  bool complete = true;
};

/// Gets serialized requests of about a MiB, or of one span that is larger. An error ends the
/// export.
using ExportWriter = std::function<Result<void>(std::string_view request)>;

/// Writes every span of every trace that matches, each once; the `limit` newest traces if it is
/// given (then in their order, in memory in proportion to it), otherwise all, about from the newest
/// to the oldest and in bounded memory. Fails with kInvalid on a wrong filter, and as the writer
/// does.
Result<ExportSummary> export_traces(Store& store, const Tenant& tenant, const Filter& filter,
                                    std::optional<size_t> limit, const ExportWriter& write);

}  // namespace clew::store
