// Who calls whom, over all parts of a tenant.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "store/calls.h"
#include "store/part.h"

namespace clew::store {

struct CallCount {
  CallTable table;
  /// False when a deadline, a limit or damage left some out.
  bool complete = true;
};

/// Adds up what each part counts for itself, and puts right what that is wrong about: traces with
/// pieces in several places, whose calls from one place into another no part sees, and whose spans
/// may stand twice. Which traces of blocks these are is found out once for a set of blocks and
/// kept. Any thread.
class CallCounter {
 public:
  CallCounter();
  ~CallCounter();

  /// The calls whose called spans start in the range; of traces that lie in blocks more than
  /// kReach apart, not those from one into the other. `is_over`, if given, is asked now and then.
  CallCount count(const std::vector<std::shared_ptr<const Part>>& parts, const StartRange& range,
                  const std::function<bool()>& is_over);

  static constexpr UnixNanos kReach = 3'600'000'000'000;

 private:
  class Joint;
  using Parts = std::vector<std::shared_ptr<const Part>>;

  std::shared_ptr<const Joint> joint_of(const Parts& blocks, const std::function<bool()>& is_over);

  std::mutex mutex_;
  std::list<std::shared_ptr<const Joint>> known_;  // most recently used first
};

}  // namespace clew::store
