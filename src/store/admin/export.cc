// How all traces are found in bounded memory: a range of time with more matches than a page is cut
// in two, until what is left is no more than a page. A trace may match in several ranges; it is
// written in the newest, and remembered until the ranges have passed its first span.
#include "store/admin/export.h"

#include <map>
#include <vector>

#include "otlp/writer.h"

namespace clew::store {
namespace {

constexpr size_t kPageTraces = 20'000;
constexpr size_t kRequestBytes = 1 << 20;

class Export {
 public:
  Export(Store& store, const Tenant& tenant, const Filter& filter, const ExportWriter& write)
      : store_(store), tenant_(tenant), filter_(filter), write_(write) {}

  Result<ExportSummary> run(std::optional<size_t> limit) {
    if (filter_.start_min > filter_.start_max) return fail(Code::kInvalid, "start is after end");
    auto done = limit ? write_newest(*limit) : write_range(filter_.start_min, filter_.start_max);
    if (done) done = flush();
    if (!done) return std::unexpected(done.error());
    return summary_;
  }

 private:
  Result<FindResult> find(UnixNanos from, UnixNanos to, size_t limit,
                          const std::optional<FoundTrace>& after = std::nullopt) {
    Filter filter = filter_;
    filter.start_min = from;
    filter.start_max = to;
    auto query = Query::compile(std::move(filter));
    if (!query) return std::unexpected(query.error());
    FindResult found = store_.find(tenant_, *query, limit, UINT64_MAX, nullptr, after);
    summary_.complete = summary_.complete && found.complete;
    return found;
  }

  Result<void> write_newest(size_t limit) {
    auto found = find(filter_.start_min, filter_.start_max, limit);
    if (!found) return std::unexpected(found.error());
    return write_traces(found->traces);
  }

  Result<void> write_range(UnixNanos from, UnixNanos to) {
    auto found = find(from, to, kPageTraces);
    if (!found) return std::unexpected(found.error());
    if (found->more && from < to) {
      UnixNanos middle = from + (to - from) / 2;
      found->traces = {};
      return in_order([&] { return write_range(middle + 1, to); },
                      [&] { return write_range(from, middle); });
    }
    for (;;) {
      if (auto written = write_traces(found->traces); !written) return written;
      // Only at one single moment are there still more than a page.
      if (!found->more || found->traces.empty()) break;
      found = find(from, to, kPageTraces, found->traces.back());
      if (!found) return std::unexpected(found.error());
    }
    std::erase_if(written_, [&](const auto& trace) { return trace.second >= from; });
    return {};
  }

  Result<void> write_traces(const std::vector<FoundTrace>& traces) {
    for (const FoundTrace& trace : traces) {
      if (written_.contains(trace.id)) continue;
      if (auto written = write_trace(trace.id); !written) return written;
    }
    return {};
  }

  Result<void> write_trace(const TraceId& id) {
    auto trace = store_.trace(tenant_, id);
    if (!trace) {
      // The search saw it in what cannot be read in full.
      ++summary_.cut_traces;
      return {};
    }
    ++summary_.traces;
    summary_.cut_traces += trace->complete ? 0 : 1;
    batches_.push_back(trace->spans);
    UnixNanos first = UINT64_MAX;
    for (const otlp::SpanRef& span : trace->spans.spans()) {
      first = std::min(first, trace->spans.decode(span).start);
      if (bytes_ > 0 && bytes_ + span.size > kRequestBytes) {
        if (auto flushed = flush(); !flushed) return flushed;
        batches_.push_back(trace->spans);
      }
      request_.add(trace->spans, span);
      bytes_ += span.size;
      ++summary_.spans;
    }
    written_[id] = first;
    return {};
  }

  Result<void> flush() {
    if (request_.empty()) return {};
    std::string request = request_.finish();
    batches_.clear();
    bytes_ = 0;
    return write_(request);
  }

  Store& store_;
  const Tenant& tenant_;
  const Filter& filter_;
  const ExportWriter& write_;
  ExportSummary summary_;
  std::map<TraceId, UnixNanos> written_;  // and the start of their first span
  otlp::RequestWriter request_;
  std::vector<otlp::Batch> batches_;  // that the request has views of
  size_t bytes_ = 0;                  // of spans in it
};

}  // namespace

Result<ExportSummary> export_traces(Store& store, const Tenant& tenant, const Filter& filter,
                                    std::optional<size_t> limit, const ExportWriter& write) {
  return Export(store, tenant, filter, write).run(limit);
}

}  // namespace clew::store
