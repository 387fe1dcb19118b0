#include "query/traces_ahead.h"

#include <utility>

namespace clew::query {

Result<store::TraceResult> TracesAhead::take() {
  size_t number = next_++;
  if (ahead_) return *std::exchange(ahead_, std::nullopt);
  if (number > 0 && next_ < traces_.size() && !second_) second_ = store::SecondThread::hire();
  if (!second_ || next_ == traces_.size()) return read(number);
  second_->begin([this] { ahead_ = read(next_); });
  Result<store::TraceResult> here = read(number);
  second_->wait();
  return here;
}

Result<store::TraceResult> TracesAhead::read(size_t number) const {
  return store_.trace(tenant_, traces_[number].id, bounds_);
}

}  // namespace clew::query
