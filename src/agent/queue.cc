#include "agent/queue.h"

#include <utility>

namespace clew::agent {

Result<void> Queue::push(otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                         size_t spans, SteadyTime now) {
  if (request.size() > options_.max_bytes)
    return fail(Code::kTooLarge, "a request of {} bytes is larger than the whole queue ({} bytes)",
                request.size(), options_.max_bytes);
  if (held_bytes_ + request.size() > options_.max_bytes)
    return fail(Code::kUnavailable, "the export queue is full ({} of {} bytes)", held_bytes_,
                options_.max_bytes);
  waiting_bytes_ += request.size();
  held_bytes_ += request.size();
  requests_.push_back({signal, tenant, std::move(request), spans, now});
  return {};
}

std::optional<SteadyTime> Queue::ready_at() const {
  if (requests_.empty()) return std::nullopt;
  if (waiting_bytes_ >= options_.batch_bytes) return requests_.front().arrived;
  return requests_.front().arrived + options_.batch_timeout;
}

std::optional<ExportBatch> Queue::pop(SteadyTime now, bool flush) {
  auto ready = ready_at();
  if (!ready || (!flush && *ready > now)) return std::nullopt;
  return take_batch(now);
}

ExportBatch Queue::take_batch(SteadyTime now) {
  ExportBatch batch{
      .signal = requests_.front().signal, .tenant = requests_.front().tenant, .first_sent = now};
  std::vector<SharedBytes> parts;
  size_t size = 0;
  // Only a run of one signal and tenant goes together: order stays, and no request is copied out of
  // the middle of the queue.
  while (!requests_.empty() && requests_.front().signal == batch.signal &&
         requests_.front().tenant == batch.tenant &&
         (parts.empty() || size + requests_.front().bytes.size() <= options_.batch_bytes)) {
    size += requests_.front().bytes.size();
    batch.spans += requests_.front().spans;
    parts.push_back(std::move(requests_.front().bytes));
    requests_.pop_front();
  }
  waiting_bytes_ -= size;
  if (parts.size() == 1) {
    batch.bytes = std::move(parts.front());
    return batch;
  }
  std::string joined;
  joined.reserve(size);
  for (const SharedBytes& part : parts) joined += part.view();
  batch.bytes = SharedBytes::take(std::move(joined));
  return batch;
}

}  // namespace clew::agent
