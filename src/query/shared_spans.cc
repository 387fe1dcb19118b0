#include "query/shared_spans.h"

#include <xxhash.h>

#include <cstring>
#include <deque>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "otlp/writer.h"

namespace clew::query {
namespace {

namespace f = otlp::fields;

/// The server's half of a call, and what it is called from now on.
struct Server {
  std::string_view service;
  SpanId new_id;
};

bool is_shared(const otlp::Span& span) {
  auto shared = span.attributes().find(kSharedKey);
  return shared && shared->type() == otlp::ValueType::kBool && shared->as_bool();
}

/// The span with other IDs; everything else stays, byte by byte.
std::string with_ids(std::string_view span, const SpanId& id, const SpanId& parent_id) {
  std::string out;
  protozero::pbf_reader reader(span.data(), span.size());
  auto at = [&] { return span.size() - reader.length(); };
  for (size_t begin = 0; reader.next(); begin = at()) {
    bool is_old = reader.tag() == f::span::kSpanId || reader.tag() == f::span::kParentSpanId;
    reader.skip();
    if (!is_old) out.append(span.substr(begin, at() - begin));
  }
  protozero::pbf_writer writer(out);
  writer.add_bytes(f::span::kSpanId, id.raw().data(), id.raw().size());
  if (!parent_id.is_zero())
    writer.add_bytes(f::span::kParentSpanId, parent_id.raw().data(), parent_id.raw().size());
  return out;
}

class Separator {
 public:
  explicit Separator(const otlp::Batch& trace) : trace_(trace) {
    std::unordered_set<SpanId, IdHash> clients;  // the IDs of what is not shared
    for (const otlp::SpanRef& ref : trace.spans()) {
      otlp::Span span = trace.decode(ref);
      taken_.insert(span.span_id);
      shared_.push_back(is_shared(span));
      if (!shared_.back()) clients.insert(span.span_id);
    }
    for (size_t i = 0; i < shared_.size(); ++i) {
      if (!shared_[i]) continue;
      SpanId id = span_id(i);
      shared_[i] = clients.contains(id);
      if (shared_[i]) add_server(id, service(i));
    }
  }

  bool anything() const { return !servers_.empty(); }

  std::string write() const {
    std::deque<std::string> changed;  // what the writer has views of
    otlp::RequestWriter writer;
    for (size_t i = 0; i < shared_.size(); ++i) {
      const otlp::SpanRef& ref = trace_.spans()[i];
      otlp::Span span = trace_.decode(ref);
      const Server* own = shared_[i] ? find(span.span_id, service(i)) : nullptr;
      const Server* parent = own ? nullptr : find(span.parent_span_id, service(i));
      if (own != nullptr)
        changed.push_back(with_ids(trace_.bytes_of(ref), own->new_id, span.span_id));
      else if (parent != nullptr)
        changed.push_back(with_ids(trace_.bytes_of(ref), span.span_id, parent->new_id));
      if (own != nullptr || parent != nullptr)
        writer.add(trace_.resource_of(ref), trace_.scope_of(ref), changed.back());
      else
        writer.add(trace_, ref);
    }
    return writer.finish();
  }

 private:
  SpanId span_id(size_t i) const { return trace_.decode(trace_.spans()[i]).span_id; }
  std::string_view service(size_t i) const {
    return trace_.resource_of(trace_.spans()[i]).service_name;
  }

  void add_server(const SpanId& id, std::string_view service) {
    if (find(id, service) != nullptr) return;  // another piece of it, or a retry
    SpanId new_id = separate_id(id, service);
    while (new_id.is_zero() || !taken_.insert(new_id).second) new_id = separate_id(new_id, service);
    servers_[id].push_back({service, new_id});
  }

  /// The server that shares this ID and belongs to the service.
  const Server* find(const SpanId& id, std::string_view service) const {
    auto servers = servers_.find(id);
    if (servers == servers_.end()) return nullptr;
    for (const Server& server : servers->second)
      if (server.service == service) return &server;
    return nullptr;
  }

  const otlp::Batch& trace_;
  std::vector<bool> shared_;                  // by span: whether its ID is another's too
  std::unordered_set<SpanId, IdHash> taken_;  // IDs
  std::unordered_map<SpanId, std::vector<Server>, IdHash> servers_;
};

}  // namespace

SpanId separate_id(const SpanId& shared, std::string_view service) {
  uint64_t seed = XXH3_64bits(shared.raw().data(), shared.raw().size());
  uint64_t hash = XXH3_64bits_withSeed(service.data(), service.size(), seed);
  SpanId id;
  std::memcpy(id.bytes.data(), &hash, sizeof hash);
  return id;
}

otlp::Batch separate_shared_spans(otlp::Batch trace) {
  // Most traces have none; looking for the bytes of the key is much less than decoding them.
  if (!trace.bytes().view().contains(kSharedKey)) return trace;
  Separator separator(trace);
  if (!separator.anything()) return trace;
  auto separated = otlp::Batch::index(SharedBytes::take(separator.write()));
  return separated ? *std::move(separated) : trace;
}

}  // namespace clew::query
