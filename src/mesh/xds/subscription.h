// What one proxy wants of one type of resource, has been sent and has accepted.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/xds/snapshot.h"
#include "mesh/xds/wire.h"

namespace clew::mesh::xds {

/// Delta: a response has what changed. State of the world: a response has everything.
enum class Protocol : uint8_t { kDelta, kStateOfTheWorld };

/// One moment, by both clocks.
struct Now {
  std::chrono::steady_clock::time_point steady;
  UnixNanos wall;
};

/// What a proxy made of one resource.
struct ResourceState {
  std::string name;
  std::string sent;      // version; empty: told that there is none
  std::string accepted;  // version in force at the proxy; empty: none
  std::string refusal;   // what it said when it refused the version that was sent; else empty
  UnixNanos refused_at = 0;
  std::vector<std::string> origin;  // of the version that was sent
};

/// One response to be sent.
struct Push {
  std::vector<XdsResourcePtr> resources;  // in order of their names
  std::vector<std::string> removed;       // delta
};

/// The bookkeeping of one type on one stream; sends nothing itself and has no lock. At most one
/// response is in flight: while in_flight(), nothing more is to be taken.
///
/// A refusal does not say which resource is wrong (Envoy applies of a response what it can and
/// names the rest in a text). So what is refused in company is sent again in smaller company,
/// whatever the text names by itself, until one resource alone is refused; that version is then not
/// sent again, the last good one stays in force, and all others go on.
class Subscription {
 public:
  Subscription(std::string type_url, Protocol protocol);

  enum class Verdict : uint8_t { kNone, kAccepted, kRefused, kStale };
  struct Receipt {
    Verdict verdict = Verdict::kNone;
    std::chrono::nanoseconds taken{};  // from the response to its verdict
  };
  /// Takes in one request of this type. kTooLarge past limits::kXdsNames.
  Result<Receipt> receive(const Request& request, Now now);

  bool in_flight() const { return in_flight_.has_value(); }
  const std::string& nonce() const { return nonce_; }
  const std::string& type_url() const { return type_url_; }

  /// What is new or changed in `wanted`, which is now in flight under `nonce`; nothing if there is
  /// nothing to say. What `wanted` lacks stays at the proxy until take_removals().
  std::optional<Push> take_changes(const Snapshot::List& wanted, std::string nonce, Now now);
  /// The same for what `wanted` no longer has, or never had although it is asked for by name.
  std::optional<Push> take_removals(const Snapshot::List& wanted, std::string nonce, Now now);

  /// Has what was sent of `name` sent again, although it did not change.
  void send_again(std::string_view name);
  /// The same of all whose names begin so.
  void send_all_again(std::string_view prefix);
  /// Whether the proxy has said what it thinks of the newest version of `name`.
  bool settled(std::string_view name) const;

  std::vector<ResourceState> state() const;
  /// When the proxy last accepted a response, and when it last refused one; 0: never.
  UnixNanos accepted_at() const { return accepted_at_; }
  UnixNanos refused_at() const { return refused_at_; }

 private:
  struct Entry {
    XdsResourcePtr sent;     // never null: gives the entry its name
    XdsResourcePtr applied;  // accepted; null: nothing yet
    bool again = false;      // sent, but has to be sent once more
    bool alone = false;      // named in a refusal: is sent in no company
    bool refused = false;    // what was sent
  };
  struct Refused {
    std::string text;
    UnixNanos time;
  };
  struct InFlight {
    std::vector<XdsResourcePtr> resources;
    std::chrono::steady_clock::time_point since;
  };

  bool lists_everything() const;
  bool asks_for(std::string_view name) const;
  bool asks_by_name(std::string_view name) const;
  Entry* find(std::string_view name);
  const Entry* find(std::string_view name) const;
  static bool lacks(const Entry* entry, const XdsResourcePtr& wanted);

  void subscribe(const Request& request, bool first);
  void replace_names(const Request& request, bool first);
  void unsubscribe(const std::vector<std::string>& names);
  void remember(const Request& request);

  void accept();
  void refuse(const Refusal& refusal, Now now);
  void refuse_delta(const std::vector<Entry*>& changed, const Refusal& refusal, Now now);
  void refuse_world(const std::vector<Entry*>& changed, const Refusal& refusal, Now now);
  void mark_refused(Entry& entry, const Refusal& refusal, Now now);

  std::vector<XdsResourcePtr> pending(const Snapshot::List& wanted);
  void limit(std::vector<XdsResourcePtr>& pending);
  std::vector<XdsResourcePtr> world(const Snapshot::List& wanted) const;
  void mark_sent(const std::vector<XdsResourcePtr>& resources, const Snapshot::List& wanted);
  Push fly(Push push, std::string nonce, Now now);

  const std::string type_url_;
  const Protocol protocol_;
  bool seen_ = false;               // any request
  bool wildcard_ = false;           // wants all there are
  std::vector<std::string> names_;  // asked for by name, sorted
  std::vector<Entry> entries_;      // sorted by name
  std::map<std::string, Refused, std::less<>> refused_;
  std::optional<InFlight> in_flight_;
  UnixNanos accepted_at_ = 0, refused_at_ = 0;
  std::string nonce_;      // of the newest response
  bool must_say_ = false;  // an answer is due even if there is nothing new in it
  size_t company_;         // how many resources a response may have
};

}  // namespace clew::mesh::xds
