// Reading the traces that a search has found.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "store/second_thread.h"
#include "store/store.h"

namespace clew::query {

/// Reads traces one behind the other, and from the second on the next one at the same time if there
/// is a thread to spare: most who take two take more, and many want only the first. One thread.
class TracesAhead {
 public:
  /// `store`, `tenant` and `traces` must outlive it. Each is read within `bounds`, whose functions
  /// are called on two threads.
  TracesAhead(store::Store& store, const Tenant& tenant, std::span<const store::FoundTrace> traces,
              store::Bounds bounds)
      : store_(store), tenant_(tenant), traces_(traces), bounds_(std::move(bounds)) {}

  /// The next trace, as Store::trace gives it. To be called once for each of them at most.
  Result<store::TraceResult> take();

 private:
  Result<store::TraceResult> read(size_t number) const;

  store::Store& store_;
  const Tenant& tenant_;
  std::span<const store::FoundTrace> traces_;
  const store::Bounds bounds_;
  size_t next_ = 0;
  std::optional<Result<store::TraceResult>> ahead_;  // the next one
  std::unique_ptr<store::SecondThread> second_;      // once it is needed
};

}  // namespace clew::query
