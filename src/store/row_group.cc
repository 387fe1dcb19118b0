#include "store/row_group.h"

#include <xxhash.h>

#include <algorithm>

#include "otlp/fields.h"
#include "otlp/messages.h"
#include "store/bloom.h"
#include "store/filter.h"

namespace clew::store {
namespace {

/// Tags and lengths of a span, a scope and a resource, about.
constexpr size_t kFramingBytes = 12;

}  // namespace

bool HashSet::insert(uint64_t hash) {
  hash += hash == 0;
  if (2 * (size_ + 1) > slots_.size()) grow();
  for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] == hash) return false;
    if (slots_[at] != 0) continue;
    slots_[at] = hash;
    ++size_;
    return true;
  }
}

void HashSet::grow() {
  std::vector<uint64_t> old = values();
  slots_.assign(slots_.size() * 2, 0);
  size_ = 0;
  for (uint64_t hash : old) insert(hash);
}

std::vector<uint64_t> HashSet::values() const {
  std::vector<uint64_t> values;
  values.reserve(size_);
  std::ranges::copy_if(slots_, std::back_inserter(values), [](uint64_t slot) { return slot != 0; });
  return values;
}

void HashSet::clear() {
  if (size_ > 0) std::ranges::fill(slots_, 0);
  size_ = 0;
}

size_t RowGroupBuilder::TextHash::operator()(std::string_view text) const {
  return XXH3_64bits(text.data(), text.size());
}

void RowGroupBuilder::add(const otlp::Batch& batch, const otlp::SpanRef& ref,
                          const otlp::Span& span, uint32_t operation) {
  if (empty())
    index_ = {.min_start = span.start,
              .max_start = span.start,
              .min_duration = span.duration(),
              .max_duration = span.duration()};
  index_.min_start = std::min(index_.min_start, span.start);
  index_.max_start = std::max(index_.max_start, span.start);
  index_.min_duration = std::min(index_.min_duration, span.duration());
  index_.max_duration = std::max(index_.max_duration, span.duration());
  bytes_ += ref.size + kFramingBytes;
  operations_.insert(uint64_t{operation} + 1);
  add_tags(batch, ref, span);
  writer_.add(batch, ref);
}

void RowGroupBuilder::add_tags(const otlp::Batch& batch, const otlp::SpanRef& ref,
                               const otlp::Span& span) {
  using namespace otlp::fields;
  const otlp::ResourceRef& resource = batch.resource_of(ref);
  const otlp::ScopeRef& scope = batch.scope_of(ref);
  if (resources_.insert(resource.bytes).second) {
    bytes_ += resource.bytes.size() + resource.schema_url.size();
    add_attributes(resource.bytes, resource::kAttributes);
  }
  if (scopes_.insert(scope.bytes).second) {
    bytes_ += scope.bytes.size() + scope.schema_url.size();
    add_attributes(scope.bytes, scope::kAttributes);
  }
  add_attributes(span.bytes, span::kAttributes);
  for (otlp::Event event : span.events()) add_attributes(event.bytes, event::kAttributes);
}

void RowGroupBuilder::add_attributes(std::string_view message, otlp::fields::Tag tag) {
  for (std::string_view bytes : otlp::MessageRange(message, tag)) {
    if (!seen_attributes_.insert(XXH3_64bits(bytes.data(), bytes.size()))) continue;
    auto [key, value] = otlp::Attribute::decode(bytes);
    bool is_text = value.type() == otlp::ValueType::kString;
    tags_.insert(is_text ? tag_hash(key, value.as_bytes()) : tag_hash(key, value.text()));
  }
}

RowGroupBuilder::Finished RowGroupBuilder::finish() {
  Finished finished{.request = writer_.finish(),
                    .index = std::move(index_),
                    .tag_filter = build_bloom(tags_.values())};
  for (uint64_t operation : operations_.values())
    finished.index.operations.push_back(static_cast<uint32_t>(operation - 1));
  std::ranges::sort(finished.index.operations);
  index_ = {};
  bytes_ = 0;
  operations_.clear();
  resources_.clear();
  scopes_.clear();
  seen_attributes_.clear();
  tags_.clear();
  return finished;
}

}  // namespace clew::store
