#include "mesh/sync/member.h"

#include <algorithm>
#include <utility>

namespace clew::mesh::sync {
namespace {

/// Of control planes that are not connected; more are forgotten.
constexpr size_t kPartiesKept = 1000;

uint64_t latest_in(const Seen& seen) {
  uint64_t latest = 0;
  for (const auto& [replica, time] : seen) latest = std::max(latest, time);
  return latest;
}

/// A clock that goes on behind everything that was kept.
HybridClock clock_behind(const std::map<std::string, Replica>& replicas, const Clock& wall) {
  HybridClock clock(wall);
  for (const auto& [scope, replica] : replicas) {
    clock.follow(latest_in(replica.seen()));
    for (const auto& [key, item] : replica.items()) clock.follow(item->stamp.time);
  }
  return clock;
}

/// Whether `seen` says more than `known`.
bool says_more(const Seen& seen, const Seen& known) {
  return std::ranges::any_of(seen, [&](const auto& entry) {
    auto found = known.find(entry.first);
    return found == known.end() || found->second < entry.second;
  });
}

}  // namespace

Member::Member(Party self, const Clock& clock, Keep keep, std::map<std::string, Replica> replicas)
    : self_(std::move(self)),
      wall_(clock),
      keep_(std::move(keep)),
      clock_(clock_behind(replicas, clock)),
      replicas_(std::move(replicas)) {}

const Replica& Member::replica(const std::string& scope) const {
  static const Replica kNone;
  auto found = replicas_.find(scope);
  return found == replicas_.end() ? kNone : found->second;
}

Result<void> Member::keep(const std::string& scope, const Step& step) {
  if (step.empty() && step.seen == replica(scope).seen() &&
      step.forgotten == replica(scope).forgotten())
    return {};
  if (auto kept = keep_(scope, step); !kept) return kept;
  replicas_[scope].apply(step);
  return {};
}

Result<void> Member::write(const std::string& scope, const Contents& contents) {
  const Replica& here = replica(scope);
  std::vector<ItemPtr> items;
  for (const auto& [key, content] : contents) {
    ItemPtr before = here.find(key);
    if (before ? before->content == content : content.empty()) continue;
    items.push_back(std::make_shared<const Item>(Item{key, {clock_.next(), self_.id}, content}));
  }
  return items.empty() ? Result<void>() : keep(scope, here.write(std::move(items)));
}

Result<void> Member::forget_deleted(std::chrono::nanoseconds older_than) {
  auto age = HybridClock::of_millis(std::chrono::duration_cast<Millis>(older_than));
  for (auto& [scope, replica] : replicas_) {
    Step step = replica.forget_deleted(clock_.wall() - std::min(age, clock_.wall()));
    if (auto kept = keep(scope, step); !kept) return kept;
  }
  return {};
}

Member::Link Member::open(Channel channel, Millis now) {
  Link id = ++last_link_;
  Open& link = links_[id];
  link.channel = std::move(channel);
  link.heard_at = now;
  Hello hello{.party = self_, .wall = clock_.wall()};
  for (const auto& [scope, replica] : replicas_) hello.seen[scope] = replica.seen();
  send(link, {.hello = std::move(hello)}, now);
  return id;
}

void Member::close(Link id, Result<void> why) {
  auto found = links_.find(id);
  if (found == links_.end()) return;
  std::optional<Party> party = found->second.party;
  links_.erase(found);
  if (!party) return;
  PartyState& state = state_of(*party);
  if (!why) state.last_error = why.error().message;
  state.behind_since = 0;
  state.connected = std::ranges::any_of(links_, [&](const auto& entry) {
    return entry.second.party && entry.second.party->id == party->id;
  });
}

Result<void> Member::receive(Link id, std::string_view bytes, Millis now) {
  auto found = links_.find(id);
  if (found == links_.end()) return {};
  Open& link = found->second;
  link.heard_at = now;
  auto message = read_message(bytes);
  if (!message) return std::unexpected(message.error());
  if (message->hello)
    if (auto done = hello(link, *message->hello); !done) return done;
  if (!link.party) return fail(Code::kInvalid, "it says something before it has said hello");
  state_of(*link.party).heard_at = wall_.now();
  if (message->part) {
    if (auto done = take(link, *message->part); !done) return done;
    send(link, {.ack = Ack{message->part->scope, message->part->round}}, now);
  }
  if (message->ack) acknowledged(link, *message->ack);
  return {};
}

Result<void> Member::hello(Open& link, const Hello& hello) {
  const Party& party = hello.party;
  if (link.party) return fail(Code::kInvalid, "it says hello twice");
  if (party.id == self_.id)
    return fail(Code::kInvalid, "it is this control plane itself, or has a copy of its data");
  if (link.channel.admit)
    if (auto admitted = link.channel.admit(party); !admitted) return admitted;
  if (scopes_sent(self_, party).empty() && scopes_taken(self_, party).empty())
    return fail(Code::kInvalid, "{} ({} {}) and this ({} {}) have nothing to tell each other",
                party.name, name_of(party.mode), party.zone, name_of(self_.mode), self_.zone);
  if (!clock_.believes(hello.wall))
    return fail(Code::kInvalid, "the clock of {} is more than {} h ahead of this one: set them",
                party.name, HybridClock::kMostAhead.count());
  link.party = party;
  for (const std::string& scope : scopes_sent(self_, party)) {
    auto known = hello.seen.find(scope);
    Outgoing& outgoing = link.outgoing[scope];
    if (known != hello.seen.end()) outgoing.known = known->second;
  }
  PartyState& state = state_of(party);
  state.party = party;
  state.connected = true;
  state.called_by_us = link.channel.called_by_us;
  state.connected_at = wall_.now();
  state.last_error.clear();
  auto ahead = static_cast<int64_t>(hello.wall) - static_cast<int64_t>(clock_.wall());
  state.ahead = Millis(ahead >> HybridClock::kCounterBits);
  return {};
}

/// Whether what came is for us, and of a time that can be.
Result<void> Member::check(const Open& link, const Part& part) const {
  if (!scopes_taken(self_, *link.party).contains(part.scope))
    return fail(Code::kInvalid, "{} may not write what is of \"{}\"", link.party->name, part.scope);
  uint64_t latest = latest_in(part.delta.seen);
  for (const ItemPtr& item : part.delta.items) latest = std::max(latest, item->stamp.time);
  if (!clock_.believes(latest))
    return fail(Code::kInvalid, "{} sends what was written more than {} h from now: set the clocks",
                link.party->name, HybridClock::kMostAhead.count());
  return {};
}

Result<void> Member::take(Open& link, const Part& part) {
  if (auto checked = check(link, part); !checked) return checked;
  std::set<ItemKey>& listed = link.listed[part.scope];
  if (part.delta.full)
    for (const ItemPtr& item : part.delta.items) listed.insert(item->key);
  Step step = replica(part.scope).take(part.delta, listed);
  if (auto kept = keep(part.scope, step); !kept) return kept;
  for (const ItemPtr& item : part.delta.items) clock_.follow(item->stamp.time);
  conflicts_ += step.conflicts;
  state_of(*link.party).received += part.delta.items.size();
  auto outgoing = link.outgoing.find(part.scope);
  if (outgoing != link.outgoing.end()) outgoing->second.listens = part.delta.more;
  if (part.delta.more) return {};
  link.listed.erase(part.scope);
  if (outgoing != link.outgoing.end()) raise(outgoing->second.known, part.delta.seen);
  return {};
}

void Member::acknowledged(Open& link, const Ack& ack) {
  auto found = link.outgoing.find(ack.scope);
  if (found == link.outgoing.end()) return;
  Outgoing& outgoing = found->second;
  if (!outgoing.in_flight || ack.round != outgoing.round) return;
  outgoing.in_flight = false;
  if (!outgoing.more) raise(outgoing.known, outgoing.seen);
}

/// Two that call each other have two streams; the same one of them is used by both, the other waits
/// until that is gone.
bool Member::is_preferred(Link id, const Open& link) const {
  auto rank = [&](Link of, const Open& open) {
    const ReplicaId& caller = open.channel.called_by_us ? self_.id : open.party->id;
    return std::pair(caller, ~of);  // of one caller's the newest
  };
  return std::ranges::none_of(links_, [&](const auto& other) {
    return other.second.party && other.second.party->id == link.party->id &&
           rank(other.first, other.second) < rank(id, link);
  });
}

std::optional<Part> Member::next_part(const std::string& scope, Outgoing& outgoing, bool all) {
  const Replica& here = replica(scope);
  bool goes_on = outgoing.more;
  if (!goes_on) {
    if (outgoing.listens) return std::nullopt;
    if (outgoing.looked_at == here.version() && !(all && says_more(here.seen(), outgoing.known)))
      return std::nullopt;
    outgoing.full = here.needs_full(outgoing.known);
    outgoing.seen = here.seen();
    outgoing.until = 0;
    outgoing.looked_at = here.version();
  }
  Delta delta = here.delta(outgoing.known, outgoing.until, outgoing.full, kPartBytes);
  bool worth_it = goes_on || outgoing.full || !delta.items.empty();
  // That there is nothing for it, though we have seen more, can wait for the next heartbeat.
  if (!worth_it && !(all && says_more(outgoing.seen, outgoing.known))) return std::nullopt;
  outgoing.more = delta.more;
  outgoing.until = delta.until();
  outgoing.in_flight = true;
  if (!delta.more) delta.seen = outgoing.seen;
  return Part{scope, ++outgoing.round, std::move(delta)};
}

void Member::tell(Open& link, Millis now, bool all) {
  PartyState& state = state_of(*link.party);
  UnixNanos behind_since = 0;
  for (auto& [scope, outgoing] : link.outgoing) {
    if (!outgoing.in_flight) {
      if (auto part = next_part(scope, outgoing, all)) {
        state.sent += part->delta.items.size();
        if (outgoing.behind_since == 0 && !part->delta.items.empty())
          outgoing.behind_since = wall_.now();
        send(link, {.part = *std::move(part)}, now);
      } else {
        outgoing.behind_since = 0;
      }
    }
    if (outgoing.behind_since != 0 && (behind_since == 0 || outgoing.behind_since < behind_since))
      behind_since = outgoing.behind_since;
  }
  state.behind_since = behind_since;
}

std::vector<Member::Link> Member::advance(Millis now) {
  std::vector<Link> silent;
  for (auto& [id, link] : links_) {
    if (now - link.heard_at >= kSilence) {
      silent.push_back(id);
      continue;
    }
    bool beat = now - link.sent_at >= kHeartbeat;
    if (link.party && is_preferred(id, link)) tell(link, now, beat);
    if (beat && now - link.sent_at >= kHeartbeat) send(link, {}, now);
  }
  return silent;
}

void Member::send(Open& link, const Message& message, Millis now) {
  link.sent_at = now;
  link.channel.send(write_message(message));  // that it is over is told by close()
}

PartyState& Member::state_of(const Party& party) {
  auto [found, is_new] = parties_.try_emplace(party.zone + "/" + party.name);
  if (is_new && parties_.size() > kPartiesKept)
    for (auto it = parties_.begin(); it != parties_.end(); ++it)
      if (!it->second.connected && it != found) {
        parties_.erase(it);
        break;
      }
  return found->second;
}

std::optional<Party> Member::party(Link link) const {
  auto found = links_.find(link);
  return found == links_.end() ? std::nullopt : found->second.party;
}

std::vector<PartyState> Member::parties() const {
  std::vector<PartyState> all;
  for (const auto& [name, state] : parties_) all.push_back(state);
  return all;
}

}  // namespace clew::mesh::sync
