// Whether an edge may send requests to a core location, and how many.
#pragma once

#include "base/clock.h"

namespace clew::mesh {

/// Down as soon as it is silent; up again when it has answered for ten seconds, and then not for
/// all requests at once: its caches are cold, and everybody comes back at the same time. One that
/// was never up is up with its first answer: it does not come back, it begins.
class Health {
 public:
  /// Called again and again with what is known now: whether probes get no answer, and whether any
  /// ever did.
  void update(bool silent, bool answered, UnixNanos now);
  /// It was up, and is down now.
  void set_down(UnixNanos now);

  bool is_down() const { return state_ == State::kDown; }
  /// Of the requests that would go there: 0 while it is down, then 10, 25, 50, 75, and 100.
  int percent(UnixNanos now) const;

 private:
  enum class State { kUp, kDown };
  State state_ = State::kUp;
  UnixNanos silent_at_ = 0;  // it was last
  UnixNanos up_at_ = 0;      // 0: it did not come back
  bool was_up_ = false;
};

}  // namespace clew::mesh
