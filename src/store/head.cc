#include "store/head.h"

#include <algorithm>
#include <mutex>

#include "store/coding.h"
#include "store/start_time.h"

namespace clew::store {
namespace {

std::atomic<uint64_t> next_number = 0;

}  // namespace

HeadTenant::HeadTenant() : number_(next_number++) {}

uint64_t HeadTenant::insert(const otlp::Batch& batch) {
  std::lock_guard lock(mutex_);
  GroupCodes codes = codes_of_groups(batch);
  std::span<const otlp::SpanRef> spans = batch.spans();
  constexpr size_t kAhead = 4;  // spans whose trace is fetched before it is needed
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i + kAhead < spans.size()) trace_numbers_.prefetch(right_half(spans[i + kAhead].trace_id));
    insert_span(batch, spans[i], codes);
  }
  uint64_t memory = memory_bytes();
  return memory - std::exchange(known_memory_, memory);
}

HeadTenant::GroupCodes HeadTenant::codes_of_groups(const otlp::Batch& batch) {
  GroupCodes codes;
  for (const otlp::ResourceRef& resource : batch.resources())
    codes.resources.push_back(
        resources_.find_or_insert(group_bytes(resource.schema_url, resource.bytes)));
  for (const otlp::ScopeRef& scope : batch.scopes())
    codes.scopes.push_back(scopes_.find_or_insert(group_bytes(scope.schema_url, scope.bytes)));
  return codes;
}

void HeadTenant::insert_span(const otlp::Batch& batch, const otlp::SpanRef& ref,
                             const GroupCodes& codes) {
  cutter_.cut(batch.bytes_of(ref));
  const RowFields& fields = cutter_.fields;
  uint32_t trace_number = trace_of(ref.trace_id);
  HeadTrace& trace = traces_.mutable_at(trace_number);
  trace.min_start = trace.rows == 0 ? fields.start : earlier(trace.min_start, fields.start);
  trace.max_start = std::max(trace.max_start, fields.start);
  if (fields.start != 0) trace.max_end = std::max(trace.max_end, fields.start + fields.duration());
  newest_trace_start_ = std::max(newest_trace_start_, fields.start);
  ++trace.rows;

  trie_.begin();
  uint32_t cells = add_cells();
  uint32_t operation = operation_of(batch.resource_of(ref).service_name);
  uint32_t resource = codes.resources[ref.resource], scope = codes.scopes[ref.scope];
  run_starts_.add(fields.start);
  run_operations_.insert(operation);
  run_resources_.insert(resource);
  run_scopes_.insert(scope);
  auto row = static_cast<uint32_t>(rows_.size());
  rows_.push_back({fields, trace_number, std::exchange(trace.last_row, row), operation, resource,
                   scope, trie_.end(), cells});
  if (rows_.size() % HeadRun::kRows == 0) end_run();
}

/// Keeps what came since the last run ended.
void HeadTenant::end_run() {
  HeadRun run{.starts = std::exchange(run_starts_, {}), .codes = {}};
  for (CodeSet* set : {&run_operations_, &run_resources_, &run_scopes_}) {
    run.codes.add(*set);
    set->clear();
  }
  for (const auto& column : trie_.columns()) {
    run.codes.add(column->run());
    column->start_run();
  }
  run.codes.close();
  runs_memory_ += sizeof run + run.codes.memory_bytes();
  runs_.push_back(std::move(run));
}

uint32_t HeadTenant::operation_of(std::string_view service) {
  // As operation_bytes(), in memory that is used again.
  key_.clear();
  put(key_, static_cast<uint32_t>(cutter_.kind));
  put_text(key_, service);
  key_ += cutter_.name;
  return operations_.find_or_insert(key_);
}

/// The cells of the span in the cutter, in the arena; follows its shape in the trie.
uint32_t HeadTenant::add_cells() {
  scratch_.clear();
  literals_.clear();
  for (const SpanCell& cell : cutter_.cells) {
    uint32_t number = trie_.next(cell);
    if (number == kNoCell) {
      std::string message = key_value_bytes(cell);
      scratch_.push_back(trie_.column(trie_.next_shared()).cell_of(message, words_));
      continue;
    }
    HeadColumn& column = trie_.column(number);
    std::string_view bytes =
        is_number(cell.type)
            ? std::string_view(reinterpret_cast<const char*>(&cell.number), sizeof cell.number)
            : cell.bytes;
    if (!column.stopped()) {
      scratch_.push_back(column.cell_of(bytes, words_));
      continue;
    }
    uint64_t hash = hash_of(bytes);
    column.prefetch(hash);
    literals_.push_back({&column, bytes, hash, scratch_.size()});
    scratch_.push_back(kNoCell);
  }
  for (const Literal& literal : literals_)
    scratch_[literal.place] = literal.column->literal_of(literal.bytes, literal.hash, words_);
  uint32_t place = words_.allocate(scratch_.size());
  std::ranges::copy(scratch_, words_.at(place));
  return place;
}

uint32_t HeadTenant::trace_of(const TraceId& id) {
  auto number = static_cast<uint32_t>(traces_.size());
  auto [at, is_new] = trace_numbers_.try_emplace(right_half(id), number);
  if (!is_new)
    for (uint32_t i = at->second; i != kNoCell; i = traces_[i].next)
      if (traces_[i].id == id) return i;
  HeadTrace trace{.id = id};
  if (!is_new) trace.next = std::exchange(at->second, number);
  traces_.push_back(trace);
  return number;
}

uint64_t HeadTenant::memory_bytes() const {
  uint64_t bytes = rows_.capacity_bytes() + traces_.capacity_bytes() + words_.memory_bytes() +
                   operations_.memory_bytes() + resources_.memory_bytes() + scopes_.memory_bytes() +
                   trie_.memory_bytes() + runs_memory_ +
                   trace_numbers_.capacity() * (sizeof(uint64_t) * 2 + 1);
  for (const auto& column : trie_.columns()) bytes += column->memory_bytes();
  return bytes;
}

HeadSnapshot HeadTenant::snapshot() const {
  std::shared_lock lock(mutex_);
  return snapshot_locked();
}

HeadSnapshot HeadTenant::snapshot_locked() const {
  HeadSnapshot snapshot;
  snapshot.operations_ = operations_.values();
  snapshot.resources_ = resources_.values();
  snapshot.scopes_ = scopes_.values();
  snapshot.shapes_ = trie_.shapes();
  snapshot.columns_.reserve(trie_.columns().size());
  for (const auto& column : trie_.columns())
    snapshot.columns_.push_back({column.get(), column->values().values(), column->has_literals()});
  snapshot.rows_ = rows_;
  snapshot.runs_ = runs_;
  snapshot.last_starts_ = run_starts_;
  snapshot.words_ = words_.view();
  return snapshot;
}

std::vector<HeadTrace> HeadTenant::find(const TraceId& id) const {
  std::shared_lock lock(mutex_);
  std::vector<HeadTrace> found;
  auto at = trace_numbers_.find(right_half(id));
  if (at == trace_numbers_.end()) return found;
  for (uint32_t i = at->second; i != kNoCell; i = traces_[i].next)
    if (is_same_trace(traces_[i].id, id)) found.push_back(traces_[i]);
  return found;
}

std::vector<HeadTrace> HeadTenant::traces(std::span<const uint32_t> numbers) const {
  std::shared_lock lock(mutex_);
  std::vector<HeadTrace> traces;
  traces.reserve(numbers.size());
  for (uint32_t number : numbers) traces.push_back(traces_[number]);
  return traces;
}

size_t HeadTenant::trace_count() const {
  std::shared_lock lock(mutex_);
  return traces_.size();
}

UnixNanos HeadTenant::newest_trace_start() const {
  std::shared_lock lock(mutex_);
  return newest_trace_start_;
}

Dictionary::Values HeadTenant::operations() const {
  std::shared_lock lock(mutex_);
  return operations_.values();
}

std::shared_ptr<const HeadCallList> HeadTenant::calls() const {
  std::lock_guard lock(calls_mutex_);
  return calls_;
}

void HeadTenant::keep_calls(std::shared_ptr<const HeadCallList> calls) const {
  std::lock_guard lock(calls_mutex_);
  calls_ = std::move(calls);
}

void Head::insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch) {
  bytes_ += this->tenant(tenant)->insert(batch);
  spans_ += batch.spans().size();
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

uint64_t Head::traces() const {
  uint64_t traces = 0;
  for (const Contents& contents : tenants()) traces += contents.spans->trace_count();
  return traces;
}

}  // namespace clew::store
