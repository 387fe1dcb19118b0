// One control plane among others: what it has of each scope, and what it says to whom.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/sync/hybrid_clock.h"
#include "mesh/sync/message.h"
#include "mesh/sync/replica.h"
#include "mesh/sync/scope.h"

namespace clew::mesh::sync {

/// Milliseconds of a clock that nobody sets, for what is to happen after a time.
using Millis = std::chrono::milliseconds;

/// One open stream to another control plane, as the one who opened it or as the one who was called.
struct Channel {
  bool called_by_us = false;
  /// False if the stream is over.
  std::function<bool(std::string)> send;
  /// Who says hello may be refused: what it showed (a token) is not for the party that it says.
  std::function<Result<void>(const Party&)> admit = {};
};

/// What is to be known of another control plane.
struct PartyState {
  Party party;
  bool connected = false;
  bool called_by_us = false;
  UnixNanos connected_at = 0, heard_at = 0;
  UnixNanos behind_since = 0;       // it lacks something since then; 0: nothing
  std::chrono::milliseconds ahead;  // of its clock, as it said hello; may be negative
  uint64_t sent = 0, received = 0;  // items, since this process began
  std::string last_error;           // of its last stream that ended with one
};

/// A state machine without threads, sockets, files or clocks of its own: tests run many of them in
/// one process from a seed. What comes is taken in, kept and only then acknowledged; of what is
/// here others get what they lack, one part of a round in flight for each scope and link. Not
/// synchronized.
class Member {
 public:
  static constexpr Millis kHeartbeat{5'000}, kSilence{20'000};
  /// For how long a deletion leaves a trace.
  static constexpr std::chrono::hours kDeletedFor{7 * 24};

  /// Puts a step on disk, all of it or nothing, and into effect beside the replicas.
  using Keep = std::function<Result<void>(const std::string& scope, const Step& step)>;

  Member(Party self, const Clock& clock, Keep keep) : Member(std::move(self), clock, keep, {}) {}
  /// With what was kept.
  Member(Party self, const Clock& clock, Keep keep, std::map<std::string, Replica> replicas);

  const Party& self() const { return self_; }
  /// By scope; one that nobody has written in is not there.
  const std::map<std::string, Replica>& replicas() const { return replicas_; }
  /// Empty for a scope that nobody has written in yet.
  const Replica& replica(const std::string& scope) const;

  /// Writes here, in one step: no content deletes. What is there already makes no version. Errors
  /// are Keep's.
  Result<void> write(const std::string& scope, const Contents& contents);

  using Link = uint64_t;
  /// A stream has been opened.
  Link open(Channel channel, Millis now);
  /// A message came. An error ends the stream: close() is still to be called.
  Result<void> receive(Link link, std::string_view bytes, Millis now);
  /// The stream is over; `why` unless one side stopped.
  void close(Link link, Result<void> why);
  /// Sends what is due. Returns the links whose other side is silent: they are to be closed.
  std::vector<Link> advance(Millis now);
  /// Forgets old deletions; once in a while.
  Result<void> forget_deleted(std::chrono::nanoseconds older_than = kDeletedFor);

  /// The other side of a link, once it has said who it is and was admitted.
  std::optional<Party> party(Link link) const;
  /// All that were ever connected since this began, by name.
  std::vector<PartyState> parties() const;
  uint64_t conflicts() const { return conflicts_; }

 private:
  /// What the other side of a link has of a scope, and is being told.
  struct Outgoing {
    Seen known;              // it has all of this
    uint64_t looked_at = 0;  // Replica::version() when nothing was left to say
    uint64_t round = 0;      // of the part that is in flight, or was last
    bool in_flight = false;
    bool full = false, more = false;  // of the part in flight
    uint64_t until = 0;               // of a round with more parts: where they go on
    bool listens = false;             // its own round goes on: what comes is not to be sent back
    Seen seen;                        // what it knows after this round
    UnixNanos behind_since = 0;
  };
  struct Open {
    Channel channel;
    std::optional<Party> party;  // since it said hello
    std::map<std::string, Outgoing> outgoing;
    std::map<std::string, std::set<ItemKey>> listed;  // by full rounds that are under way
    Millis heard_at{}, sent_at{};
  };

  Result<void> hello(Open& link, const Hello& hello);
  Result<void> take(Open& link, const Part& part);
  Result<void> check(const Open& link, const Part& part) const;
  void acknowledged(Open& link, const Ack& ack);
  Result<void> keep(const std::string& scope, const Step& step);
  bool is_preferred(Link id, const Open& link) const;
  void tell(Open& link, Millis now, bool all);
  std::optional<Part> next_part(const std::string& scope, Outgoing& outgoing, bool all);
  void send(Open& link, const Message& message, Millis now);
  PartyState& state_of(const Party& party);

  const Party self_;
  const Clock& wall_;
  const Keep keep_;
  HybridClock clock_;
  std::map<std::string, Replica> replicas_;
  std::map<Link, Open> links_;
  Link last_link_ = 0;
  std::map<std::string, PartyState> parties_;  // by zone and name
  uint64_t conflicts_ = 0;
};

}  // namespace clew::mesh::sync
