#include "agent/queue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

/// Batches that may wait for a retry at once: past it requests stay in the queue, where they become
/// larger batches, instead of each knocking at a door that is shut.
constexpr size_t kRetrying = 64;
/// When a read found nothing though something is there: it is being written at this moment.
constexpr std::chrono::milliseconds kReadAgain{20};

std::string_view name_of(DropReason reason) {
  switch (reason) {
    case DropReason::kOverflow:
      return "overflow";
    case DropReason::kDiskFull:
      return "disk_full";
    case DropReason::kWriteFailed:
      return "write_failed";
  }
  return "other";
}

}  // namespace

struct Queue::Metrics {
  Metrics(const QueueOptions& options, const std::string& name)
      : exporter{{"exporter", name}},
        size(metrics::gauge("clew_exporter_queue_size_bytes",
                            "Bytes queued, in flight or waiting for a retry", exporter)),
        in_memory(metrics::gauge("clew_exporter_queue_memory_bytes",
                                 "Bytes of them that are in memory", exporter)),
        damaged(metrics::counter("clew_exporter_queue_damaged_total",
                                 "Damaged places of the queue on disk that were passed over",
                                 exporter)),
        capacity(metrics::gauge("clew_exporter_queue_capacity_bytes", "Bytes the queue may hold",
                                exporter)) {
    capacity.Set(static_cast<double>(options.max_bytes));
  }

  metrics::Labels exporter;
  prometheus::Gauge& size;
  prometheus::Gauge& in_memory;
  prometheus::Counter& damaged;
  prometheus::Gauge& capacity;
};

Queue::Queue(QueueOptions options, const std::string& exporter, std::function<void()> changed)
    : options_(std::move(options)),
      changed_(std::move(changed)),
      max_bytes_(options_.max_bytes),
      memory_bytes_(options_.memory_bytes),
      metrics_(std::make_unique<Metrics>(options_, exporter)),
      batcher_(options_.batch) {}

Queue::~Queue() {
  close();
}

Result<std::unique_ptr<Queue>> Queue::open(QueueOptions options, const std::string& exporter,
                                           std::function<void()> changed) {
  std::unique_ptr<Queue> queue(new Queue(std::move(options), exporter, std::move(changed)));
  const QueueOptions& opts = queue->options_;
  if (opts.directory.empty()) return queue;
  JournalOptions journal{.directory = opts.directory,
                         .max_bytes = opts.max_bytes,
                         .durability = opts.durability,
                         .overflow = opts.overflow,
                         .disk = opts.disk,
                         .threads = opts.threads};
  journal.dropped = [raw = queue.get()](const ItemCounts& items, DropReason reason) {
    for (otlp::Signal signal : otlp::kSignals)
      raw->count_dropped(signal, items[static_cast<size_t>(signal)], reason);
  };
  journal.damaged = [&counter = queue->metrics_->damaged](uint64_t places) {
    counter.Increment(static_cast<double>(places));
  };
  auto opened = Journal::open(std::move(journal));
  if (!opened) return std::unexpected(opened.error());
  queue->journal_ = *std::move(opened);
  queue->next_read_ = queue->journal_->begin();
  queue->stored_ = queue->journal_->end();
  queue->show_size();
  return queue;
}

void Queue::close() {
  if (journal_) journal_->close();
}

void Queue::push(Record record, Accepted accepted) {
  if (journal_)
    push_to_journal(std::move(record), std::move(accepted));
  else
    push_to_memory(std::move(record), std::move(accepted));
}

void Queue::push_to_memory(Record record, Accepted accepted) {
  size_t bytes = record.bytes.size();
  if (bytes > max_bytes_)
    return accepted(fail(Code::kTooLarge,
                         "a request of {} bytes is larger than the whole queue ({} bytes)", bytes,
                         max_bytes_.load()));
  std::unique_lock lock(mutex_);
  if (!make_room_locked(bytes)) {
    size_t held = held_bytes_;
    lock.unlock();
    return accepted(fail(Code::kUnavailable, "the export queue is full ({} of {} bytes)", held,
                         max_bytes_.load()));
  }
  held_bytes_ += bytes;
  held_items_ += record.items;
  bool sooner = batcher_.push(std::move(record), std::nullopt, std::chrono::steady_clock::now());
  lock.unlock();
  show_size();
  if (sooner) changed_();
  accepted({});
}

/// Whether `bytes` more fit into memory, after dropping the oldest if that is what to do.
bool Queue::make_room_locked(size_t bytes) {
  while (held_bytes_ + bytes > max_bytes_) {
    if (options_.overflow != Overflow::kDropOldest) return false;
    auto oldest = std::ranges::min_element(retries_, {},
                                           [](const auto& retry) { return retry.second.arrived; });
    if (oldest != retries_.end()) {
      count_dropped(oldest->second.signal, oldest->second.items, DropReason::kOverflow);
      forget_locked(oldest->second);
      retries_.erase(oldest);
    } else if (!batcher_.empty()) {
      Record dropped = batcher_.drop_first();
      count_dropped(dropped.signal, dropped.items, DropReason::kOverflow);
      held_bytes_ -= dropped.bytes.size();
      held_items_ -= dropped.items;
    } else {
      return false;  // all of it is being sent
    }
  }
  return true;
}

void Queue::push_to_journal(Record record, Accepted accepted) {
  size_t bytes = record.bytes.size();
  {
    std::unique_lock lock(mutex_);
    // One that is larger than the bound must get in too, alone.
    if (pending_bytes_ > 0 && pending_bytes_ + bytes > memory_bytes_ / 2) {
      lock.unlock();
      return accepted(
          fail(Code::kUnavailable, "the disk of the export queue is slower than what comes in"));
    }
    pending_bytes_ += bytes;
  }
  journal_->append(
      record, [this, record, accepted = std::move(accepted)](Result<Position> position) mutable {
        bool kept = false;
        size_t size = record.bytes.size();
        if (position) kept = on_appended(std::move(record), *position);
        {
          std::lock_guard lock(mutex_);
          pending_bytes_ -= size;
        }
        if (position)
          accepted({});
        else
          accepted(std::unexpected(std::move(position.error())));
        return kept;
      });
}

/// The record is safe. True if it is handed out from memory: there is room, and nothing older waits
/// on disk only.
bool Queue::on_appended(Record record, Position position) {
  bool keep, sooner;
  {
    std::lock_guard lock(mutex_);
    size_t bytes = record.bytes.size();
    keep = next_read_ == stored_ && (held_bytes_ == 0 || held_bytes_ + bytes <= memory_bytes_ / 2);
    // Nothing stands between the last record and this one, whatever their numbers.
    if (keep) next_read_ = position + 1;
    sooner = !keep && next_read_ == stored_;
    stored_ = position + 1;
    if (keep) {
      held_bytes_ += bytes;
      held_items_ += record.items;
      sooner = batcher_.push(std::move(record), position, std::chrono::steady_clock::now());
    }
  }
  show_size();
  if (sooner) changed_();
  return keep;
}

std::optional<ExportBatch> Queue::pop(SteadyTime now, bool flush) {
  std::unique_lock lock(mutex_);
  while (true) {
    bool hungry = backlog_locked() && batcher_.bytes() < options_.batch.batch_bytes &&
                  held_bytes_ < memory_bytes_ / 4 && retries_.size() < kRetrying;
    if (hungry && (!read_again_ || *read_again_ <= now)) {
      lock.unlock();
      read_back();
      lock.lock();
    }
    auto batch = pop_locked(now, flush);
    if (!batch || keep_held(*batch)) return batch;
    count_dropped(batch->signal, batch->items, DropReason::kOverflow);
    forget_locked(*batch);
  }
}

std::optional<ExportBatch> Queue::pop_locked(SteadyTime now, bool flush) {
  // Due retries go first: they are the oldest, and a queue that overtakes them would starve them.
  if (!retries_.empty() && retries_.begin()->first <= now) {
    auto batch = std::move(retries_.begin()->second);
    retries_.erase(retries_.begin());
    return batch;
  }
  if (retries_.size() >= kRetrying) return std::nullopt;
  return batcher_.pop(now, flush);
}

/// Brings what waits on disk into memory, up to half of what memory may hold.
void Queue::read_back() {
  Position from, until;
  size_t bytes;
  {
    std::lock_guard lock(mutex_);
    from = next_read_;
    until = stored_;
    uint64_t half = memory_bytes_ / 2;
    bytes = half - std::min<uint64_t>(half, held_bytes_);
  }
  auto reading = journal_->read(from, until, bytes);
  auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  next_read_ = reading.next;
  read_again_.reset();
  if (reading.next == from) read_again_ = now + kReadAgain;
  for (auto& [position, record] : reading.records) {
    held_bytes_ += record.bytes.size();
    held_items_ += record.items;
    // It has waited long enough for company.
    batcher_.push(std::move(record), position, now - options_.batch.batch_timeout);
  }
}

std::optional<SteadyTime> Queue::ready_at() const {
  std::lock_guard lock(mutex_);
  std::optional<SteadyTime> at;
  if (retries_.size() < kRetrying) at = batcher_.ready_at();
  if (!retries_.empty() && (!at || retries_.begin()->first < *at)) at = retries_.begin()->first;
  if (backlog_locked() && read_again_ && (!at || *read_again_ < *at)) at = read_again_;
  return at;
}

bool Queue::keep_held(const ExportBatch& batch) const {
  return batch.positions.empty() ||
         std::ranges::any_of(batch.positions, [this](PositionRange range) {
           return journal_->holds(range.begin) || journal_->holds(range.end - 1);
         });
}

bool Queue::retry(ExportBatch batch, SteadyTime due) {
  std::lock_guard lock(mutex_);
  if (!keep_held(batch)) {
    count_dropped(batch.signal, batch.items, DropReason::kOverflow);
    forget_locked(batch);
    return false;
  }
  retries_.emplace(due, std::move(batch));
  return true;
}

void Queue::retry_now() {
  std::lock_guard lock(mutex_);
  auto waiting = std::exchange(retries_, {});
  for (auto& [due, batch] : waiting) retries_.emplace(SteadyTime::min(), std::move(batch));
}

void Queue::done(const ExportBatch& batch) {
  {
    std::lock_guard lock(mutex_);
    forget_locked(batch);
  }
  for (PositionRange range : batch.positions) journal_->done(range);
  show_size();
}

void Queue::forget_locked(const ExportBatch& batch) {
  held_bytes_ -= batch.bytes.size();
  held_items_ -= batch.items;
}

bool Queue::empty() const {
  std::lock_guard lock(mutex_);
  return held_items_ == 0 && held_bytes_ == 0 && pending_bytes_ == 0 && !backlog_locked();
}

size_t Queue::items() const {
  std::lock_guard lock(mutex_);
  return held_items_;
}

uint64_t Queue::size_bytes() const {
  if (journal_) return journal_->size_bytes();
  std::lock_guard lock(mutex_);
  return held_bytes_;
}

void Queue::resize(uint64_t max_bytes, uint64_t memory_bytes) {
  memory_bytes_ = memory_bytes;
  if (journal_) return;
  max_bytes_ = max_bytes;
  metrics_->capacity.Set(static_cast<double>(max_bytes));
}

double Queue::memory_fullness() const {
  std::lock_guard lock(mutex_);
  return journal_ ? static_cast<double>(pending_bytes_) / static_cast<double>(memory_bytes_ / 2)
                  : static_cast<double>(held_bytes_) / static_cast<double>(max_bytes_);
}

void Queue::show_size() const {
  metrics_->size.Set(static_cast<double>(size_bytes()));
  std::lock_guard lock(mutex_);
  metrics_->in_memory.Set(static_cast<double>(held_bytes_ + pending_bytes_));
}

void Queue::count_dropped(otlp::Signal signal, size_t items, DropReason reason) {
  if (items == 0) return;
  metrics::Labels labels = metrics_->exporter;
  labels.emplace("reason", name_of(reason));
  metrics::counter(fmt::format("clew_exporter_dropped_{}_total", otlp::items_of(signal)),
                   "Taken but dropped before they were delivered, by reason", labels)
      .Increment(static_cast<double>(items));
}

}  // namespace clew::agent
