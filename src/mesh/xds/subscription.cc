#include "mesh/xds/subscription.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "base/metrics.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::xds {
namespace {

constexpr size_t kAnyCompany = std::numeric_limits<size_t>::max();
constexpr std::string_view kAll = "*";

std::string_view name_of(const XdsResourcePtr& resource) {
  return resource->name();
}

/// Whether `text` has `name` as a word of its own: "web" is not in "web-2 is malformed".
bool mentions(std::string_view text, std::string_view name) {
  auto is_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    size_t end = at + name.size();
    bool begins = at == 0 || !is_of_name(text[at - 1]);
    if (begins && (end == text.size() || !is_of_name(text[end]))) return true;
  }
  return false;
}

/// Tells of names whether they are among a snapshot's, for those who ask in order.
class InOrder {
 public:
  explicit InOrder(const Snapshot::List& list) : next_(list.begin()), end_(list.end()) {}

  bool has(std::string_view name) {
    while (next_ != end_ && name_of(*next_) < name) ++next_;
    return next_ != end_ && name_of(*next_) == name;
  }

  /// The same of a resource. That it is there as it is, is seen without looking into it: of the
  /// thousands that an edge has, few are others than before.
  bool has(const XdsResourcePtr& resource) {
    if (next_ == end_ || *next_ != resource) return has(name_of(resource));
    ++next_;
    return true;
  }

 private:
  Snapshot::List::const_iterator next_, end_;
};

void sort_unique(std::vector<std::string>& names) {
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
}

/// Whether it is this very version that the proxy shall have.
bool is_wanted(const XdsResource& resource, const Snapshot::List& wanted) {
  auto found = std::ranges::lower_bound(wanted, std::string_view(resource.name()), {}, name_of);
  return found != wanted.end() && (*found)->name() == resource.name() &&
         (*found)->version() == resource.version();
}

}  // namespace

Subscription::Subscription(std::string type_url, Protocol protocol)
    : type_url_(std::move(type_url)), protocol_(protocol), company_(kAnyCompany) {}

/// Of these types a proxy may want all there are without naming any, and misses in a full response
/// what is gone. Source: the xDS protocol, "How the client specifies what resources to return".
bool Subscription::lists_everything() const {
  return type_url_ == envoy_api::kCluster || type_url_ == envoy_api::kListener ||
         type_url_ == envoy_api::kHost;
}

bool Subscription::asks_by_name(std::string_view name) const {
  return std::ranges::binary_search(names_, name, {},
                                    [](const auto& n) { return std::string_view(n); });
}

bool Subscription::asks_for(std::string_view name) const {
  return wildcard_ || asks_by_name(name);
}

Subscription::Entry* Subscription::find(std::string_view name) {
  auto found = std::ranges::lower_bound(entries_, name, {},
                                        [](const Entry& entry) { return name_of(entry.sent); });
  return found == entries_.end() || name_of(found->sent) != name ? nullptr : &*found;
}

const Subscription::Entry* Subscription::find(std::string_view name) const {
  return const_cast<Subscription*>(this)->find(name);
}

bool Subscription::lacks(const Entry* entry, const XdsResourcePtr& wanted) {
  return entry == nullptr || entry->again || entry->sent->version() != wanted->version();
}

Result<Subscription::Receipt> Subscription::receive(const Request& request, Now now) {
  Receipt receipt;
  bool first = !std::exchange(seen_, true);
  if (!first && !request.nonce.empty() && request.nonce != nonce_) {
    receipt.verdict = Verdict::kStale;
    // A newer request repeats all names; a delta one does not.
    if (protocol_ == Protocol::kStateOfTheWorld) return receipt;
  } else if (in_flight_ && request.nonce == nonce_) {
    receipt.taken = now.steady - in_flight_->since;
    receipt.verdict = request.refusal ? Verdict::kRefused : Verdict::kAccepted;
    (request.refusal ? refused_at_ : accepted_at_) = now.wall;
    if (request.refusal)
      refuse(*request.refusal, now);
    else
      accept();
    in_flight_.reset();
  }
  if (protocol_ == Protocol::kStateOfTheWorld) {
    replace_names(request, first);
  } else {
    subscribe(request, first);
    unsubscribe(request.unsubscribe);
    if (first) remember(request);
  }
  if (names_.size() > limits::kXdsNames) {
    metrics::count_limit_hit("xds_names");
    return fail(Code::kTooLarge, "more than {} names of {} are asked for", limits::kXdsNames,
                envoy_api::short_name(type_url_));
  }
  return receipt;
}

void Subscription::subscribe(const Request& request, bool first) {
  if (first && request.names.empty() && lists_everything()) wildcard_ = must_say_ = true;
  if (request.names.empty()) return;
  for (const std::string& name : request.names) {
    if (name == kAll) {
      wildcard_ = must_say_ = true;
      continue;
    }
    // Asked for once more: the proxy has dropped it meanwhile, whatever was sent.
    if (Entry* entry = find(name)) entry->again = true;
    names_.push_back(name);
  }
  sort_unique(names_);
}

void Subscription::unsubscribe(const std::vector<std::string>& names) {
  if (names.empty()) return;
  for (const std::string& name : names) {
    if (name == kAll) wildcard_ = false;
  }
  std::vector<std::string> sorted = names;
  sort_unique(sorted);
  auto is_named = [&](const std::string& name) { return std::ranges::binary_search(sorted, name); };
  std::erase_if(names_, is_named);
  // What a wildcard still covers is sent again: the proxy has dropped it.
  std::erase_if(entries_, [&](const Entry& entry) {
    return is_named(entry.sent->name()) || !asks_for(name_of(entry.sent));
  });
}

/// What the proxy has from an earlier stream. That is no wish to have it.
void Subscription::remember(const Request& request) {
  for (const auto& [name, version] : request.known) {
    if (!asks_for(name) || version.empty()) continue;
    XdsResourcePtr known = XdsResource::placeholder(name, version);
    entries_.push_back({.sent = known, .applied = known});
  }
  auto by_name = [](const Entry& entry) { return name_of(entry.sent); };
  std::ranges::sort(entries_, {}, by_name);
  entries_.erase(std::ranges::unique(entries_, {}, by_name).begin(), entries_.end());
  if (!entries_.empty()) must_say_ = false;
}

void Subscription::replace_names(const Request& request, bool first) {
  std::vector<std::string> names = request.names;
  sort_unique(names);
  bool all = std::ranges::binary_search(names, kAll);
  // Without names it stays what it was: all there are, as long as none was ever named.
  if (names.empty()) all = lists_everything() && (first || (wildcard_ && names_.empty()));
  std::erase(names, kAll);
  bool more = !std::ranges::includes(names_, names) || (all && !wildcard_);
  must_say_ |= first || more;
  wildcard_ = all;
  names_ = std::move(names);
  std::erase_if(entries_, [&](const Entry& entry) { return !asks_for(name_of(entry.sent)); });
}

void Subscription::accept() {
  for (const XdsResourcePtr& resource : in_flight_->resources) {
    Entry* entry = find(name_of(resource));
    if (entry == nullptr) continue;
    entry->applied = resource;
    if (entry->sent != resource) continue;  // the last good one, in the place of a refused one
    entry->alone = entry->refused = false;
    refused_.erase(resource->name());
  }
  if (company_ != kAnyCompany) company_ = company_ < limits::kXdsNames ? company_ * 2 : kAnyCompany;
}

void Subscription::refuse(const Refusal& refusal, Now now) {
  std::vector<Entry*> sent, changed;
  for (const XdsResourcePtr& resource : in_flight_->resources) {
    Entry* entry = find(name_of(resource));
    if (entry == nullptr || entry->sent != resource || entry->refused) continue;
    sent.push_back(entry);
    if (!entry->applied || entry->applied->version() != resource->version())
      changed.push_back(entry);
  }
  if (protocol_ == Protocol::kStateOfTheWorld) return refuse_world(changed, refusal, now);
  if (changed.empty()) changed = sent;            // sent again, and now it does not please
  for (Entry* entry : sent) entry->again = true;  // applied or not, who knows
  refuse_delta(changed, refusal, now);
}

void Subscription::refuse_delta(const std::vector<Entry*>& changed, const Refusal& refusal,
                                Now now) {
  if (changed.size() == 1) return mark_refused(*changed.front(), refusal, now);
  std::vector<Entry*> named;
  std::ranges::copy_if(changed, std::back_inserter(named), [&](const Entry* entry) {
    return mentions(refusal.text, name_of(entry->sent));
  });
  if (named.empty() || named.size() == changed.size())
    company_ = std::max<size_t>(1, in_flight_->resources.size() / 2);
  else
    for (Entry* entry : named) entry->alone = true;
}

void Subscription::refuse_world(const std::vector<Entry*>& changed, const Refusal& refusal,
                                Now now) {
  // All is sent every time, so there is no smaller company: what is named is taken to be wrong.
  size_t refused = 0;
  for (Entry* entry : changed) {
    if (changed.size() > 1 && !mentions(refusal.text, name_of(entry->sent))) continue;
    mark_refused(*entry, refusal, now);
    ++refused;
  }
  if (refused == 0) {
    for (Entry* entry : changed) mark_refused(*entry, refusal, now);
  } else if (refused < changed.size()) {
    must_say_ = true;
  }
}

void Subscription::mark_refused(Entry& entry, const Refusal& refusal, Now now) {
  entry.refused = true;
  entry.again = entry.alone = false;
  refused_[entry.sent->name()] = {refusal.text.empty() ? "refused without a word" : refusal.text,
                                  now.wall};
}

/// What of `wanted` the proxy lacks. What it has is replaced by the same of the newest snapshot, so
/// that the old one can go.
std::vector<XdsResourcePtr> Subscription::pending(const Snapshot::List& wanted) {
  std::vector<XdsResourcePtr> missing;
  auto entry = entries_.begin();
  for (const XdsResourcePtr& resource : wanted) {
    if (entry != entries_.end() && entry->sent == resource && !entry->again) {
      ++entry;  // nothing is new, which is so of most
      continue;
    }
    while (entry != entries_.end() && name_of(entry->sent) < resource->name()) ++entry;
    bool known = entry != entries_.end() && name_of(entry->sent) == resource->name();
    if (known && entry->sent == resource && !entry->again) continue;
    if (!known && !asks_for(resource->name())) continue;
    if (lacks(known ? &*entry : nullptr, resource)) {
      missing.push_back(resource);
    } else if (!in_flight_) {
      if (entry->applied == entry->sent) entry->applied = resource;
      entry->sent = resource;
    }
  }
  return missing;
}

/// Leaves what may go out in one response.
void Subscription::limit(std::vector<XdsResourcePtr>& pending) {
  auto is_alone = [&](const XdsResourcePtr& resource) {
    const Entry* entry = find(name_of(resource));
    return entry != nullptr && entry->alone && entry->sent->version() == resource->version();
  };
  if (std::ranges::all_of(pending, is_alone)) {
    if (pending.size() > 1) pending.resize(1);
    return;
  }
  std::erase_if(pending, is_alone);
  if (pending.size() > company_) pending.resize(company_);
}

/// A full response: the last good version of what was refused, and what is to be removed later.
std::vector<XdsResourcePtr> Subscription::world(const Snapshot::List& wanted) const {
  std::vector<XdsResourcePtr> all;
  for (const XdsResourcePtr& resource : wanted) {
    if (!asks_for(resource->name())) continue;
    const Entry* entry = find(resource->name());
    bool refused = entry != nullptr && entry->refused && !lacks(entry, resource);
    if (!refused)
      all.push_back(resource);
    else if (entry->applied)
      all.push_back(entry->applied);
  }
  std::vector<XdsResourcePtr> leaving;
  for (const Entry& entry : entries_) {
    bool stays = std::ranges::binary_search(wanted, name_of(entry.sent), {}, name_of);
    if (!stays && entry.applied) leaving.push_back(entry.applied);
  }
  std::vector<XdsResourcePtr> merged;
  std::ranges::merge(all, leaving, std::back_inserter(merged), {}, name_of, name_of);
  return merged;
}

void Subscription::mark_sent(const std::vector<XdsResourcePtr>& resources,
                             const Snapshot::List& wanted) {
  std::vector<Entry> merged;
  merged.reserve(entries_.size() + resources.size());
  auto entry = entries_.begin();
  for (const XdsResourcePtr& resource : resources) {
    while (entry != entries_.end() && name_of(entry->sent) < resource->name())
      merged.push_back(std::move(*entry++));
    bool known = entry != entries_.end() && name_of(entry->sent) == resource->name();
    Entry next = known ? std::move(*entry++) : Entry{};
    // The last good version goes out in place of one that was refused; that stays refused, as long
    // as it is wanted.
    if (!(next.refused && resource == next.applied && is_wanted(*next.sent, wanted))) {
      if (!next.sent || next.sent->version() != resource->version()) next.alone = false;
      if (next.refused) refused_.erase(resource->name());
      next.refused = next.again = false;
      next.sent = resource;
    }
    merged.push_back(std::move(next));
  }
  std::move(entry, entries_.end(), std::back_inserter(merged));
  entries_ = std::move(merged);
}

Push Subscription::fly(Push push, std::string nonce, Now now) {
  nonce_ = std::move(nonce);
  in_flight_ = InFlight{push.resources, now.steady};
  return push;
}

std::optional<Push> Subscription::take_changes(const Snapshot::List& wanted, std::string nonce,
                                               Now now) {
  Push push{pending(wanted), {}};
  if (push.resources.empty() && !must_say_) return std::nullopt;
  if (protocol_ == Protocol::kStateOfTheWorld) {
    push.resources = world(wanted);
    // Of other types an empty response means nothing; the answer stays due until there is one.
    if (push.resources.empty() && !lists_everything()) return std::nullopt;
  } else if (!push.resources.empty()) {
    limit(push.resources);
  }
  must_say_ = false;
  mark_sent(push.resources, wanted);
  return fly(std::move(push), std::move(nonce), now);
}

std::optional<Push> Subscription::take_removals(const Snapshot::List& wanted, std::string nonce,
                                                Now now) {
  Push push;
  InOrder of_entries(wanted), of_names(wanted);
  for (const Entry& entry : entries_) {
    if (of_entries.has(entry.sent)) continue;
    bool there = !entry.sent->version().empty() || entry.again;
    if (there) push.removed.push_back(entry.sent->name());
  }
  // Entries are of names that are asked for: where there are as many, none is without.
  bool all_told = !wildcard_ && entries_.size() == names_.size();
  if (protocol_ == Protocol::kDelta && !all_told) {
    for (const std::string& name : names_) {
      if (!of_names.has(name) && find(name) == nullptr) push.removed.push_back(name);
    }
  }
  if (push.removed.empty()) return std::nullopt;
  sort_unique(push.removed);
  std::erase_if(entries_, [&](const Entry& entry) {
    return std::ranges::binary_search(push.removed, entry.sent->name());
  });
  for (const std::string& name : push.removed) refused_.erase(name);
  if (protocol_ == Protocol::kStateOfTheWorld) {
    if (!lists_everything()) return std::nullopt;
    return fly({world(wanted), {}}, std::move(nonce), now);
  }
  std::vector<XdsResourcePtr> absent;
  for (const std::string& name : push.removed) {
    if (asks_by_name(name)) absent.push_back(XdsResource::placeholder(name, ""));
  }
  mark_sent(absent, wanted);
  return fly(std::move(push), std::move(nonce), now);
}

void Subscription::send_again(std::string_view name) {
  Entry* entry = find(name);
  if (entry == nullptr || entry->refused || entry->sent->version().empty()) return;
  entry->again = true;
}

void Subscription::send_all_again(std::string_view prefix) {
  for (const Entry& entry : entries_)
    if (name_of(entry.sent).starts_with(prefix)) send_again(name_of(entry.sent));
}

bool Subscription::settled(std::string_view name) const {
  const Entry* entry = find(name);
  if (entry == nullptr || entry->again) return false;
  return entry->refused || entry->sent->version().empty() || entry->sent == entry->applied;
}

std::vector<ResourceState> Subscription::state() const {
  std::vector<ResourceState> states;
  for (const Entry& entry : entries_) {
    ResourceState state{.name = entry.sent->name(),
                        .sent = entry.sent->version(),
                        .accepted = entry.applied ? entry.applied->version() : "",
                        .origin = entry.sent->origin()};
    auto found = refused_.find(state.name);
    if (found != refused_.end()) {
      state.refusal = found->second.text;
      state.refused_at = found->second.time;
    }
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace clew::mesh::xds
