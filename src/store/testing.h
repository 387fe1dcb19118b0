// What the tests of store and query share. Not part of the product.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/disk_faulty.h"
#include "base/metrics.h"
#include "otlp/testing.h"
#include "store/store.h"

namespace clew::store::testing {

using otlp::testing::SpanSpec;
using otlp::testing::TextAttributes;
using otlp::testing::trace_id;

/// A span with everything a search can look at.
struct RichSpec {
  SpanSpec span;
  TextAttributes resource = {};
  TextAttributes event = {};  // attributes of one event; empty: no event
  std::string scope_name = {};
  TextAttributes scope = {};
};

inline void add_attributes(protozero::pbf_writer& writer, otlp::fields::Tag tag,
                           const TextAttributes& attributes) {
  for (const auto& [key, value] : attributes)
    writer.add_message(tag, otlp::testing::key_value(key, otlp::testing::any_string(value)));
}

inline std::string rich_span_bytes(const RichSpec& spec) {
  std::string out = otlp::testing::span_bytes(spec.span);
  if (spec.event.empty()) return out;
  protozero::pbf_writer span(out);
  protozero::pbf_writer event(span, otlp::fields::span::kEvents);
  event.add_string(otlp::fields::event::kName, "exception");
  add_attributes(event, otlp::fields::event::kAttributes, spec.event);
  return out;
}

/// One request with a ResourceSpans for each span.
inline otlp::Batch rich_batch(const std::vector<RichSpec>& specs) {
  namespace f = otlp::fields;
  std::string out;
  protozero::pbf_writer request(out);
  for (const RichSpec& spec : specs) {
    protozero::pbf_writer resource_spans(request, f::request::kResourceSpans);
    {
      protozero::pbf_writer resource(resource_spans, f::resource_spans::kResource);
      add_attributes(resource, f::resource::kAttributes, {{"service.name", spec.span.service}});
      add_attributes(resource, f::resource::kAttributes, spec.resource);
    }
    protozero::pbf_writer scope_spans(resource_spans, f::resource_spans::kScopeSpans);
    {
      protozero::pbf_writer scope(scope_spans, f::scope_spans::kScope);
      scope.add_string(f::scope::kName, spec.scope_name);
      add_attributes(scope, f::scope::kAttributes, spec.scope);
    }
    scope_spans.add_message(f::scope_spans::kSpans, rich_span_bytes(spec));
  }
  auto batch = otlp::Batch::index(SharedBytes::take(std::move(out)));
  CLEW_CHECK(batch.has_value());
  return *std::move(batch);
}

/// The spans of a batch as text, sorted, to compare whole traces by.
inline std::vector<std::string> contents(const otlp::Batch& batch) {
  std::vector<std::string> spans;
  for (const otlp::SpanRef& ref : batch.spans())
    spans.push_back(std::string(batch.resource_of(ref).bytes) + "|" +
                    std::string(batch.scope_of(ref).bytes) + "|" +
                    std::string(batch.bytes_of(ref)));
  std::ranges::sort(spans);
  return spans;
}

/// How many seeds a test tries: CLEW_SEEDS in the environment, or what it asks for.
inline uint64_t seeds(uint64_t usual) {
  const char* wanted = std::getenv("CLEW_SEEDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : usual;
}

/// How often the limit was hit so far.
inline double limit_hits(const std::string& limit) {
  return metrics::counter("clew_limit_hit_total", "", {{"limit", limit}}).Value();
}

/// A filter that is right, compiled.
inline Query query(Filter filter) {
  auto query = Query::compile(std::move(filter));
  CLEW_CHECK(query.has_value());
  return *std::move(query);
}

inline constexpr UnixNanos kNoDeadline = UINT64_MAX;

/// A store without threads on a simulated disk.
class SimulatedStore {
 public:
  explicit SimulatedStore(uint64_t seed = 1) : disk(seed) {
    options.directory = "/data";
    options.disk = &disk;
    options.clock = &clock;
    options.threads = false;
  }

  Result<void> open() {
    store.reset();
    auto opened = Store::open(options);
    if (!opened) return std::unexpected(opened.error());
    store = std::move(*opened);
    return {};
  }

  /// Appends and works until the answer is there.
  Result<void> append(const otlp::Batch& batch, const Tenant& tenant = {}) {
    std::optional<Result<void>> answer;
    store->append(tenant, batch, [&](Result<void> result) { answer = std::move(result); });
    while (!answer && store->pump()) {
    }
    CLEW_CHECK(answer.has_value());
    return *answer;
  }

  /// The spans of a trace; empty if there is none.
  std::vector<std::string> trace(uint64_t number, const Tenant& tenant = {}) {
    auto result = store->trace(tenant, trace_id(number));
    return result ? contents(result->spans) : std::vector<std::string>{};
  }

  std::vector<uint64_t> find(const Filter& filter, size_t limit = 100, const Tenant& tenant = {}) {
    std::vector<uint64_t> numbers;
    auto result = store->find(tenant, query(filter), limit, kNoDeadline);
    for (const FoundTrace& found : result.traces) {
      uint64_t number = 0;
      for (size_t i = 8; i < 16; ++i) number = number << 8 | found.id.bytes[i];
      numbers.push_back(number);
    }
    return numbers;
  }

  FaultyDisk disk;
  ManualClock clock{1'000'000'000'000'000'000};
  StoreOptions options;
  std::unique_ptr<Store> store;
};

}  // namespace clew::store::testing
