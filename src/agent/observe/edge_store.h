// Halves of requests that wait for their other half.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace clew::agent {

/// A request: by the span of its client, which is the parent of its server's.
struct EdgeKey {
  TraceId trace_id;
  SpanId client_span;  // zero: a server span that is a root

  bool operator==(const EdgeKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H hash, const EdgeKey& key) {
    return H::combine(std::move(hash), key.trace_id.raw(), key.client_span.raw());
  }
};

enum class Connection : uint8_t { kDirect, kMessaging, kDatabase, kVirtualNode };

/// What is known of a request.
struct Edge {
  EdgeKey key;
  UnixNanos expires = 0;
  Connection connection = Connection::kDirect;
  bool failed = false;
  std::string client, server;  // services; empty: its span has not come
  std::string peer;            // how the client calls the server
  uint64_t client_nanos = 0, server_nanos = 0;
  std::string client_dimensions, server_dimensions;  // see KeyWriter

  bool is_complete() const { return !client.empty() && !server.empty(); }
};

/// Edges by their key, and in the order they came. Not thread-safe.
class EdgeStore {
 public:
  /// nullptr if there is none. What is returned is good until the next add() or take().
  Edge* find(const EdgeKey& key);
  /// Adds an edge whose key is not there yet.
  Edge& add(const EdgeKey& key, UnixNanos expires);
  /// Removes an edge that is there.
  Edge take(const EdgeKey& key);
  /// The edge that came first, or nullptr.
  const Edge* oldest() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Slot {
    Edge edge;
    uint32_t previous = kNone, next = kNone;  // in order of arrival; `next` also of free slots
  };

  absl::flat_hash_map<EdgeKey, uint32_t> by_key_;
  std::vector<Slot> slots_;
  uint32_t free_ = kNone;
  uint32_t first_ = kNone, last_ = kNone;
};

}  // namespace clew::agent
