// Pinned traces: a block of its own for each, which retention leaves alone.
#include <algorithm>

#include "base/metrics.h"
#include "store/head_writer.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

BlockKey pin_key(const Tenant& tenant, const TraceId& id) {
  return {tenant, std::string(kPinPrefix) + id.hex()};
}

}  // namespace

Result<void> Store::Impl::write_pin_block(const BlockKey& key, const otlp::Batch& spans) {
  auto upload = storage_->create(key);
  if (!upload) return std::unexpected(upload.error());
  HeadTenant head;
  head.insert(spans);
  BlockWriter writer(**upload, spans.spans().size());
  if (auto written = write_head(head, writer.segment()); !written) return written;
  // It covers nothing of the log: what it holds is in the head or in another block as well.
  auto footer = writer.finish(/*log_end=*/0, clock().now());
  if (!footer) return std::unexpected(footer.error());
  return {};
}

Result<PinnedTrace> Store::Impl::pin(const Tenant& tenant, const TraceId& id) {
  if (options_.read_only) return fail(Code::kInvalid, "the store was opened for reading only");
  std::lock_guard pinning(pin_mutex_);
  BlockKey key = pin_key(tenant, id);
  size_t pins = pinned(tenant).size();
  bool is_new = !find_block(key);
  if (is_new && pins >= options_.max_pinned) {
    metrics::count_limit_hit("pinned_traces");
    return fail(Code::kRejected, "{} traces are pinned, and no more are allowed; unpin some", pins);
  }
  auto trace = collect_trace(parts_of(tenant), id, {});
  if (!trace) return std::unexpected(trace.error());
  // The pin before may have more than what can be read now.
  if (!trace->complete && !is_new)
    return fail(Code::kIo, "the trace can be read in part only; it stays pinned as it was");
  if (auto written = write_pin_block(key, trace->spans); !written)
    return std::unexpected(written.error());
  auto block = open_block(key);
  if (!block) return std::unexpected(block.error());
  replace_block(key, *block);
  return PinnedTrace{.spans = trace->spans.spans().size(), .complete = trace->complete};
}

Result<void> Store::Impl::unpin(const Tenant& tenant, const TraceId& id) {
  if (options_.read_only) return fail(Code::kInvalid, "the store was opened for reading only");
  std::lock_guard pinning(pin_mutex_);
  BlockKey key = pin_key(tenant, id);
  bool was_open = find_block(key) != nullptr;
  replace_block(key, nullptr);
  // Also one that is damaged and therefore not open.
  auto removed = storage_->remove(key);
  if (!removed && removed.error().code == Code::kNotFound && !was_open)
    return fail(Code::kNotFound, "trace {} is not pinned", id.hex());
  return removed;
}

std::vector<TraceId> Store::Impl::pinned(const Tenant& tenant) const {
  std::vector<TraceId> ids;
  std::shared_lock lock(state_mutex_);
  auto at = blocks_.find(tenant);
  if (at == blocks_.end()) return ids;
  for (const auto& block : at->second) {
    if (!is_pin(block->key())) continue;
    auto id = TraceId::from_hex(std::string_view(block->key().id).substr(kPinPrefix.size()));
    if (id) ids.push_back(*id);
  }
  std::ranges::sort(ids);
  return ids;
}

Parts Store::Impl::parts_without_copies(const Tenant& tenant) const {
  Parts parts = parts_of(tenant);
  for (const TraceId& id : pinned(tenant)) {
    std::shared_ptr<const Part> pin = find_block(pin_key(tenant, id));
    bool is_copy = std::ranges::any_of(parts, [&](const std::shared_ptr<const Part>& part) {
      if (part == pin) return false;
      auto extent = part->extent_of(id);
      return extent && extent->has_value();
    });
    if (is_copy) std::erase(parts, pin);
  }
  return parts;
}

std::shared_ptr<const Block> Store::Impl::find_block(const BlockKey& key) const {
  std::shared_lock lock(state_mutex_);
  auto at = blocks_.find(key.tenant);
  if (at == blocks_.end()) return nullptr;
  auto block =
      std::ranges::find(at->second, key, [](const auto& b) -> const BlockKey& { return b->key(); });
  return block == at->second.end() ? nullptr : *block;
}

/// In one step; null only takes away.
void Store::Impl::replace_block(const BlockKey& key, std::shared_ptr<const Block> block) {
  {
    std::lock_guard lock(state_mutex_);
    auto& blocks = blocks_[key.tenant];
    std::erase_if(blocks, [&](const auto& old) { return old->key() == key; });
    if (block) blocks.push_back(std::move(block));
    if (blocks.empty()) blocks_.erase(key.tenant);
  }
  update_gauges();
}

}  // namespace clew::store
