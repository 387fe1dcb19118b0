#include "api/zipkin_search.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "api/zipkin_fields.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "store/trace_id.h"

namespace clew::api {
namespace {

constexpr uint64_t kNanosPerMicro = 1000;
constexpr char kRemoteService[] = "peer.service";

/// The spellings of `name` among `names`; itself, if there is none.
std::vector<std::string> spellings(const std::string& name, const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& one : names)
    if (zipkin_name(one) == name) found.push_back(one);
  if (found.empty()) found.push_back(name);
  return found;
}

/// An attribute whose text is `name`, in whatever capitals.
store::Condition named(store::AttributeScope scope, std::string key, std::string_view name) {
  std::string pattern = "(?i:";
  for (char c : name) {
    bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
    if (!plain) pattern += '\\';
    pattern += c;
  }
  return {scope, std::move(key), store::Comparison::kMatches, pattern + ")"};
}

/// One search: what the store can be asked, and what is left to look at in what it finds.
class Search {
 public:
  Search(query::Engine& engine, const Tenant& tenant, const ZipkinQuery& query, bool strict)
      : engine_(engine), tenant_(tenant), query_(query), strict_(strict) {}

  Result<ZipkinTraces> run() {
    set_filter();
    auto compiled = store::Query::compile(filter_);
    if (!compiled) return std::unexpected(compiled.error());
    ZipkinTraces result;
    if (!must_look_closer()) {
      auto found = engine_.search_traces(tenant_, filter_, query_.limit);
      if (!found) return std::unexpected(found.error());
      result.complete = found->complete;
      for (const otlp::Batch& batch : found->traces) add(batch, *compiled, result);
      return result;
    }
    return run_in_pages(*compiled, std::move(result));
  }

 private:
  static uint64_t nanos(uint64_t micros, uint64_t rest) {
    return std::min(micros, UINT64_MAX / kNanosPerMicro - 1) * kNanosPerMicro + rest;
  }

  void set_filter() {
    set_names();
    for (const store::Tag& tag : query_.annotations.tags) add_tag(tag);
    if (!query_.remote_service.empty())
      filter_.conditions.push_back(
          named(store::AttributeScope::kSpan, kRemoteService, query_.remote_service));
    // What is shorter than a microsecond is written as one.
    if (query_.min_duration) filter_.min_duration = nanos(*query_.min_duration, 0);
    if (query_.min_duration == 1) filter_.min_duration = 1;
    if (query_.max_duration) filter_.max_duration = nanos(*query_.max_duration, kNanosPerMicro - 1);
    filter_.start_min = query_.range.start;
    filter_.start_max = query_.range.end;
  }

  /// The store takes `error` for a question about the status, Zipkin for one about a text.
  void add_tag(const store::Tag& tag) {
    if (tag.key == "error" && tag.value == "false")
      filter_.conditions.push_back(
          {store::AttributeScope::kSpan, tag.key, store::Comparison::kEqual, tag.value});
    else
      filter_.tags.push_back(tag);
    compare_error_ |= tag.key == "error" && tag.value == "true";
  }

  void set_names() {
    auto services = query_.service.empty() ? std::vector<std::string>{""}
                                           : spellings(query_.service, engine_.services(tenant_));
    if (services.size() == 1)
      filter_.service = services.front();
    else
      filter_.conditions.push_back(
          named(store::AttributeScope::kResource, "service.name", query_.service));
    if (query_.span_name.empty()) return;
    std::vector<std::string> names;
    for (const std::string& service : services)
      for (const auto& operation : engine_.operations(tenant_, service))
        if (names.empty() || names.back() != operation.name) names.push_back(operation.name);
    auto found = spellings(query_.span_name, names);
    std::ranges::sort(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
    if (found.size() == 1)
      filter_.operation = found.front();
    else
      compare_names_ = true;
  }

  /// True if the store finds more than what is asked for.
  bool must_look_closer() const {
    return compare_names_ || compare_error_ || !query_.annotations.words.empty();
  }

  /// The limit counts what is left after a closer look, so the store is asked again and again.
  Result<ZipkinTraces> run_in_pages(const store::Query& compiled, ZipkinTraces result) {
    constexpr size_t kPage = 100;
    auto end = std::chrono::steady_clock::now() + limits::kQueryDeadline;
    std::optional<store::FoundTrace> after;
    for (size_t bytes = 0;;) {
      auto page = engine_.search(tenant_, filter_, kPage, after);
      if (!page) return std::unexpected(page.error());
      std::vector<TraceId> ids;
      for (const query::TraceSummary& trace : page->traces) ids.push_back(trace.id);
      auto found = engine_.traces_by_id(tenant_, ids).found;
      result.complete &= page->complete && found.complete;
      for (const otlp::Batch& batch : found.traces) {
        if (add(batch, compiled, result)) bytes += batch.bytes().size();
        if (result.traces.size() >= query_.limit) return result;
      }
      after = page->next;
      if (!after) return result;
      bool full = bytes > limits::kTraceAnswerBytes;
      if (full) metrics::count_limit_hit("trace_answer_bytes");
      bool late = std::chrono::steady_clock::now() > end;
      if (late) metrics::count_limit_hit("query_deadline");
      if (full || late || !result.complete) {
        result.complete = false;
        return result;
      }
    }
  }

  /// True if a trace was added.
  bool add(const otlp::Batch& batch, const store::Query& compiled, ZipkinTraces& result) {
    auto traces = split_traces(batch, strict_);
    bool must_test = traces.size() > 1 || must_look_closer();
    size_t before = result.traces.size();
    for (ZipkinTrace& trace : traces)
      if (result.traces.size() < query_.limit && (!must_test || matches(trace, compiled)) &&
          is_new(trace))
        result.traces.push_back(std::move(trace));
    return result.traces.size() > before;
  }

  /// The store can give a trace twice: its spans with a short ID belong to all longer ones, and
  /// without strict IDs two of its traces can be one.
  bool is_new(const ZipkinTrace& trace) {
    return added_.insert(zipkin_key(trace.spans.front().trace_id, strict_)).second;
  }

  bool matches(const ZipkinTrace& trace, const store::Query& compiled) const {
    store::SpanMatcher matcher(compiled, trace.batch);
    return std::ranges::any_of(trace.spans, [&](const otlp::SpanRef& ref) {
      if (!matcher.matches(ref)) return false;
      otlp::Span span = trace.batch.decode(ref);
      if (compare_names_ && zipkin_name(span.name) != query_.span_name) return false;
      if (compare_error_ && !is_error_true(span)) return false;
      return std::ranges::all_of(query_.annotations.words, [&](const std::string& word) {
        return has_word(span, trace.batch.resource_of(ref), word);
      });
    });
  }

  /// True if the span's tag `error` is "true" (zipkin_json.h).
  static bool is_error_true(const otlp::Span& span) {
    if (auto error = span.attributes().find("error")) return error->text() == "true";
    return span.status == otlp::StatusCode::kError && span.status_message.empty();
  }

  static bool has_word(const otlp::Span& span, const otlp::ResourceRef& resource,
                       std::string_view word) {
    if (word == "error" && span.is_error()) return true;
    for (otlp::Event event : span.events())
      if (event.name == word) return true;
    return span.attributes().find(word) || resource.attributes().find(word);
  }

  query::Engine& engine_;
  const Tenant& tenant_;
  const ZipkinQuery& query_;
  const bool strict_;
  store::Filter filter_;
  bool compare_names_ = false;  // the span's name has several spellings
  bool compare_error_ = false;  // the tag `error` must be "true", which not every error's is
  std::set<TraceId> added_;
};

}  // namespace

TraceId zipkin_key(TraceId id, bool strict) {
  if (!strict) std::fill_n(id.bytes.begin(), 8, 0);
  return id;
}

std::vector<ZipkinTrace> split_traces(const otlp::Batch& batch, bool strict) {
  std::vector<ZipkinTrace> traces;
  std::map<TraceId, size_t> places;
  for (const otlp::SpanRef& ref : batch.spans()) {
    auto [place, is_new] = places.try_emplace(zipkin_key(ref.trace_id, strict), traces.size());
    if (is_new) traces.push_back({batch, {}});
    traces[place->second].spans.push_back(ref);
  }
  return traces;
}

Result<ZipkinTraces> find_zipkin_traces(query::Engine& engine, const Tenant& tenant,
                                        const ZipkinQuery& query, bool strict) {
  return Search(engine, tenant, query, strict).run();
}

ZipkinNames zipkin_remote_services(query::Engine& engine, const Tenant& tenant,
                                   const std::string& service) {
  // There is no index of what the spans of one service name, so each name that there is is looked
  // for in them: a search for one attribute and a service, which indexes answer.
  auto end = std::chrono::steady_clock::now() + limits::kQueryDeadline;
  ZipkinNames result;
  std::set<std::string> names;
  auto services = spellings(service, engine.services(tenant));
  for (const store::TagValue& value : engine.tag_values(
           tenant, store::AttributeScope::kSpan, kRemoteService, "", limits::kNamesPerAnswer)) {
    std::string name = zipkin_name(value.text);
    if (name.empty() || names.contains(name)) continue;
    if (std::chrono::steady_clock::now() > end) {
      metrics::count_limit_hit("query_deadline");
      result.complete = false;
      break;
    }
    for (const std::string& spelling : services) {
      store::Filter filter{.service = spelling, .tags = {{kRemoteService, value.text}}};
      auto found = engine.search(tenant, filter, 1);
      result.complete &= found && found->complete;
      if (found && !found->traces.empty()) names.insert(name);
    }
  }
  result.names.assign(names.begin(), names.end());
  return result;
}

ZipkinNames zipkin_span_names(query::Engine& engine, const Tenant& tenant,
                              const std::string& service) {
  std::set<std::string> names;
  for (const std::string& spelling : spellings(service, engine.services(tenant)))
    for (const auto& operation : engine.operations(tenant, spelling))
      if (!operation.name.empty()) names.insert(zipkin_name(operation.name));
  return {{names.begin(), names.end()}};
}

}  // namespace clew::api
