#include "store/head.h"

#include <xxhash.h>

#include <algorithm>
#include <mutex>

#include "base/check.h"
#include "store/start_time.h"

namespace clew::store {
namespace {

/// What a trace's entry in the hash table costs, about.
constexpr uint64_t kTraceBytes = 80;

}  // namespace

std::vector<SpanFacts> facts_of(const otlp::Batch& batch) {
  std::vector<SpanFacts> facts;
  facts.reserve(batch.spans().size());
  for (const otlp::SpanRef& ref : batch.spans()) {
    otlp::Span span = batch.decode(ref);
    facts.push_back({span.start, span.duration(), span.name, span.kind});
  }
  return facts;
}

size_t HeadTenant::OperationHash::operator()(const OperationView& key) const {
  uint64_t seed =
      XXH3_64bits_withSeed(key.service.data(), key.service.size(), static_cast<uint64_t>(key.kind));
  return XXH3_64bits_withSeed(key.name.data(), key.name.size(), seed);
}

uint32_t HeadTenant::operation_id(const OperationView& key) {
  auto at = operation_ids_.find(key);
  if (at != operation_ids_.end()) return at->second;
  auto id = static_cast<uint32_t>(operations_.size());
  operations_.push_back({std::string(key.service), std::string(key.name), key.kind});
  operation_ids_.emplace(operations_[id].view(), id);
  return id;
}

uint64_t HeadTenant::insert(const otlp::Batch& batch, const std::vector<SpanFacts>& facts) {
  std::lock_guard lock(mutex_);
  CLEW_CHECK(has_room(facts.size()));
  uint64_t bytes = batch.memory_bytes() + facts.size() * sizeof(Row);
  auto batch_number = static_cast<uint32_t>(batches_.size());
  batches_.push_back(batch);
  for (size_t i = 0; i < facts.size(); ++i) {
    const otlp::SpanRef& ref = batch.spans()[i];
    const SpanFacts& fact = facts[i];
    auto [at, is_new] = traces_.try_emplace(ref.trace_id, fact.start, fact.start, kNone);
    Trace& trace = at->second;
    if (is_new) bytes += kTraceBytes;
    trace.min_start = earlier(trace.min_start, fact.start);
    trace.max_start = std::max(trace.max_start, fact.start);
    newest_trace_start_ = std::max(newest_trace_start_, fact.start);
    uint32_t operation = operation_id({batch.resource_of(ref).service_name, fact.name, fact.kind});
    auto row = static_cast<uint32_t>(rows_.size());
    rows_.push_back({fact.start, fact.duration, batch_number, static_cast<uint32_t>(i),
                     std::exchange(trace.last_row, row), operation});
  }
  return bytes;
}

void Head::insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch,
                  const std::vector<SpanFacts>& facts) {
  bytes_ += this->tenant(tenant)->insert(batch, facts);
  spans_ += facts.size();
  log_end_ = std::max(log_end_.load(), position + 1);
}

std::shared_ptr<HeadTenant> Head::tenant(const Tenant& tenant) {
  std::lock_guard lock(mutex_);
  auto& at = tenants_[tenant];
  if (!at) at = std::make_shared<HeadTenant>();
  return at;
}

std::vector<Head::Contents> Head::tenants() const {
  std::shared_lock lock(mutex_);
  std::vector<Contents> contents;
  contents.reserve(tenants_.size());
  for (const auto& [tenant, spans] : tenants_) contents.push_back({tenant, spans});
  return contents;
}

}  // namespace clew::store
