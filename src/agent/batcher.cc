#include "agent/batcher.h"

#include <string>

namespace clew::agent {
namespace {

SharedBytes join(std::vector<SharedBytes> parts, size_t size) {
  if (parts.size() == 1) return std::move(parts.front());
  std::string joined;
  joined.reserve(size);
  for (const SharedBytes& part : parts) joined += part.view();
  return SharedBytes::take(std::move(joined));
}

void add_position(std::vector<PositionRange>& ranges, Position position) {
  if (!ranges.empty() && ranges.back().end == position)
    ++ranges.back().end;
  else
    ranges.push_back({position, position + 1});
}

}  // namespace

bool Batcher::push(Record record, std::optional<Position> position, SteadyTime now) {
  auto before = ready_at();
  bytes_ += record.bytes.size();
  auto [lane, added] = lanes_.try_emplace({record.signal, record.tenant});
  if (!added) by_ready_.erase({lane->second.ready, lane->first});
  lane->second.bytes += record.bytes.size();
  lane->second.waiting.push_back({std::move(record), position, now});
  settle(lane);
  return !before || *ready_at() < *before;
}

/// Enters the lane under the time it is ready, or removes it if it is empty.
void Batcher::settle(Lanes::iterator lane) {
  Lane& content = lane->second;
  if (content.waiting.empty()) {
    lanes_.erase(lane);
    return;
  }
  content.ready = content.waiting.front().arrived;
  if (content.bytes < options_.batch_bytes) content.ready += options_.batch_timeout;
  by_ready_.emplace(content.ready, lane->first);
}

std::optional<SteadyTime> Batcher::ready_at() const {
  if (by_ready_.empty()) return std::nullopt;
  return by_ready_.begin()->first;
}

std::optional<ExportBatch> Batcher::pop(SteadyTime now, bool flush) {
  if (by_ready_.empty() || (!flush && by_ready_.begin()->first > now)) return std::nullopt;
  auto lane = lanes_.find(by_ready_.begin()->second);
  by_ready_.erase(by_ready_.begin());
  auto& waiting = lane->second.waiting;
  ExportBatch batch{.signal = lane->first.first,
                    .tenant = lane->first.second,
                    .arrived = waiting.front().arrived,
                    .first_sent = now};
  std::vector<SharedBytes> parts;
  size_t size = 0;
  while (!waiting.empty() &&
         (parts.empty() || size + waiting.front().record.bytes.size() <= options_.batch_bytes)) {
    Waiting& first = waiting.front();
    size += first.record.bytes.size();
    batch.items += first.record.items;
    if (first.position) add_position(batch.positions, *first.position);
    parts.push_back(std::move(first.record.bytes));
    waiting.pop_front();
  }
  bytes_ -= size;
  lane->second.bytes -= size;
  settle(lane);
  batch.bytes = join(std::move(parts), size);
  return batch;
}

Record Batcher::drop_first() {
  auto lane = lanes_.find(by_ready_.begin()->second);
  by_ready_.erase(by_ready_.begin());
  Record record = std::move(lane->second.waiting.front().record);
  lane->second.waiting.pop_front();
  bytes_ -= record.bytes.size();
  lane->second.bytes -= record.bytes.size();
  settle(lane);
  return record;
}

}  // namespace clew::agent
