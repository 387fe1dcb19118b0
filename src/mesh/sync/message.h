// What control planes say to each other over one stream, and its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mesh/sync/item.h"
#include "mesh/sync/scope.h"

namespace clew::mesh::sync {

/// The first message of either side: who it is, and what it knows of the scopes that it may take.
struct Hello {
  Party party;
  uint64_t wall = 0;  // its clock, as HybridClock::wall()
  std::map<std::string, Seen> seen = {};
};

/// A part of a scope's round. The receiver answers a whole round with an Ack.
struct Part {
  std::string scope;
  uint64_t round = 0;  // counted by the sender
  Delta delta;
};

/// All of the round is on the receiver's disk.
struct Ack {
  std::string scope;
  uint64_t round = 0;
};

/// One message: one of these, or nothing, which says no more than that somebody is there.
struct Message {
  std::optional<Hello> hello = {};
  std::optional<Part> part = {};
  std::optional<Ack> ack = {};
};

/// Bounds on what a peer may send.
inline constexpr size_t kMessageBytes = 16 << 20;  // one message
inline constexpr size_t kPartBytes = 1 << 20;      // where a sender cuts a round; one item may pass
inline constexpr size_t kItemBytes = 8 << 20;      // one item
inline constexpr size_t kItems = 100'000;          // of one message
inline constexpr size_t kReplicas = 10'000;  // of one Seen: lives of control planes there were
inline constexpr size_t kScopes = 16;        // of one Hello

/// The bytes of a message, in protobuf:
///
///     message Message { Hello hello = 1; Part part = 2; Ack ack = 3; }
///     message Hello { string id = 1; string name = 2; uint32 mode = 3; string zone = 4;
///                     fixed64 wall = 5; repeated Known known = 6; }
///     message Known { string scope = 1; repeated Seen seen = 2; }
///     message Seen  { string replica = 1; fixed64 time = 2; }
///     message Part  { string scope = 1; uint64 round = 2; bool full = 3; bool more = 4;
///                     repeated Item item = 5; repeated Seen seen = 6; }
///     message Item  { string kind = 1; string mesh = 2; string name = 3; fixed64 time = 4;
///                     string origin = 5; bytes content = 6; }   // no content: deleted
///     message Ack   { string scope = 1; uint64 round = 2; }
///
/// Fields that are not known are passed over, so that a later version may add some.
std::string write_message(const Message& message);

/// kMalformed for what is no such message, kTooLarge past the bounds above.
Result<Message> read_message(std::string_view bytes);

}  // namespace clew::mesh::sync
