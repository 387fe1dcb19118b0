// How a part is searched stretch by stretch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "store/part.h"

namespace clew::store {

/// Looks into stretches of a part's rows (row groups of a block, runs of a head), those first that
/// may have the newest traces, since late spans and pieces of large traces can stand anywhere.
class NewestFirstSearch : public PartSearch {
 public:
  std::optional<UnixNanos> next_start() const final {
    std::optional<UnixNanos> next;
    if (!found_.empty()) next = found_.front().start;
    if (!stretches_.empty()) next = std::max(next.value_or(0), stretches_.back().newest);
    return next;
  }

  Result<std::optional<TraceId>> take() final {
    // What was found comes before what the next stretch may still have.
    bool offers =
        !found_.empty() && (stretches_.empty() || found_.front().start >= stretches_.back().newest);
    if (!offers) {
      uint32_t number = stretches_.back().number;
      stretches_.pop_back();
      if (auto looked = look_into(number); !looked) return std::unexpected(looked.error());
      return std::nullopt;
    }
    TraceId id = found_.front().id;
    std::ranges::pop_heap(found_, {}, &Found::start);
    found_.pop_back();
    return id;
  }

 protected:
  struct Stretch {
    uint32_t number;   // as look_into() is told
    UnixNanos newest;  // no trace of it starts after this
  };

  /// What there is to look into; once, before anything is taken.
  void plan(std::vector<Stretch> stretches) {
    stretches_ = std::move(stretches);
    std::ranges::stable_sort(stretches_, {}, &Stretch::newest);
  }

  /// Calls found() for the traces of the stretch that match.
  virtual Result<void> look_into(uint32_t number) = 0;

  void found(UnixNanos start, const TraceId& id) {
    found_.push_back({start, id});
    std::ranges::push_heap(found_, {}, &Found::start);
  }

 private:
  struct Found {
    UnixNanos start;
    TraceId id;
  };

  std::vector<Stretch> stretches_;  // to look into, the newest last
  std::vector<Found> found_;        // a heap, the newest first
};

}  // namespace clew::store
