#include "store/part.h"
#include "store/store.h"

namespace clew::store {

TraceReading::TraceReading(std::vector<std::shared_ptr<const Part>> parts, const TraceId& id)
    : parts_(std::move(parts)), id_(id) {}

TraceReading::~TraceReading() = default;

std::optional<TraceState> TraceReading::state() const {
  TraceState state;
  for (const auto& part : parts_) {
    auto here = part->state_of(id_);
    if (!here) return std::nullopt;
    if (*here) state.push_back(**here);
  }
  return state;
}

bool TraceReading::visit_outlines(const OutlineVisitor& visit) {
  bool complete = true;
  for (const auto& part : parts_) complete &= part->visit_outlines(id_, visit).has_value();
  return complete;
}

bool TraceReading::next(const SpanVisitor& visit) {
  for (; part_ < parts_.size(); ++part_, cursor_ = nullptr) {
    if (!cursor_) {
      auto opened = parts_[part_]->open_trace(id_);
      if (opened)
        cursor_ = *std::move(opened);
      else
        complete_ = false;
    }
    if (!cursor_) continue;
    auto visited = cursor_->next(visit);
    if (!visited) complete_ = false;
    if (visited.value_or(true)) return true;
  }
  return false;
}

}  // namespace clew::store
