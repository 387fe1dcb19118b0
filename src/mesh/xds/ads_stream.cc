#include "mesh/xds/ads_stream.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/metrics.h"
#include "mesh/envoy_api/envoy_api.h"
#include "mesh/xds/whole_routes.h"

namespace clew::mesh::xds {
namespace {

using envoy_api::kCluster;
using envoy_api::kEndpoint;
using envoy_api::kHost;
using envoy_api::kListener;
using envoy_api::kRoute;

constexpr std::array kBreakOrder = {kListener, kRoute, kHost, kCluster, kEndpoint};

bool is_ordered(std::string_view type_url) {
  return std::ranges::find(kBreakOrder, type_url) != kBreakOrder.end();
}

/// What a type is called in metrics: clients may make types up.
std::string label_of(std::string_view type_url) {
  using namespace envoy_api;
  for (auto known : {kCluster, kEndpoint, kListener, kRoute, kHost, kSecret, kRuntime}) {
    if (type_url == known) return std::string(short_name(known));
  }
  return "other";
}

void tally(const char* what, const char* help, std::string_view type_url) {
  metrics::counter(fmt::format("clew_mesh_xds_{}_total", what), help,
                   {{"type", label_of(type_url)}})
      .Increment();
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// From 0.5 ms on: a push to a proxy on the same host takes one or two.
void observe_answer(std::string_view type_url, std::chrono::nanoseconds taken) {
  metrics::histogram("clew_mesh_push_to_ack_seconds",
                     "From sending a response to a proxy until it has answered",
                     {{"type", label_of(type_url)}}, metrics::latency_bounds())
      .Observe(seconds(taken));
}

void observe_settled(std::chrono::nanoseconds taken) {
  static auto& histogram =
      metrics::histogram("clew_mesh_convergence_seconds",
                         "From a new snapshot for a proxy until it has answered all of it", {},
                         metrics::latency_bounds());
  histogram.Observe(seconds(taken));
}

/// Of a full response: equal for equal contents.
std::string version_of(const Push& push) {
  std::string text;
  for (const auto& resource : push.resources)
    text.append(resource->name()).append(1, '\0').append(resource->version()).append(1, '\0');
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace

AdsStream::AdsStream(Protocol protocol, Send send) : protocol_(protocol), send_(std::move(send)) {}

Subscription* AdsStream::find(std::string_view type_url) {
  auto found = subscriptions_.find(type_url);
  return found == subscriptions_.end() ? nullptr : &found->second;
}

Result<void> AdsStream::receive(const Request& request, Now now) {
  if (request.type_url.empty()) return fail(Code::kInvalid, "the request names no type");
  Subscription* subscription = find(request.type_url);
  if (subscription == nullptr) {
    if (subscriptions_.size() >= limits::kXdsTypes) {
      metrics::count_limit_hit("xds_types");
      return fail(Code::kTooLarge, "more than {} types are asked for", limits::kXdsTypes);
    }
    subscription = &subscriptions_
                        .emplace(std::piecewise_construct, std::tuple(request.type_url),
                                 std::tuple(request.type_url, protocol_))
                        .first->second;
  }
  auto receipt = subscription->receive(request, now);
  if (!receipt) return std::unexpected(receipt.error());
  if (request.type_url == kRoute) follow_routes(request);
  using enum Subscription::Verdict;
  switch (receipt->verdict) {
    case kAccepted:
      tally("acks", "Responses that proxies accepted, by type", request.type_url);
      observe_answer(request.type_url, receipt->taken);
      break;
    case kRefused:
      tally("nacks", "Responses that proxies refused, by type", request.type_url);
      observe_answer(request.type_url, receipt->taken);
      if (request.type_url == kCluster) awaited_.clear();
      break;
    case kStale:
      tally("stale", "Requests that answer a response which is not the newest", request.type_url);
      break;
    case kNone:
      break;
  }
  return {};
}

void AdsStream::offer(SnapshotPtr snapshot, Now now) {
  if (snapshot == offered_snapshot_) return;
  offered_snapshot_ = std::move(snapshot);
  snapshot_ =
      protocol_ == Protocol::kDelta ? offered_snapshot_ : with_whole_routes(offered_snapshot_);
  offered_ = now.steady;
}

std::optional<std::chrono::steady_clock::time_point> AdsStream::advance(Now now) {
  if (!snapshot_) return std::nullopt;
  for (auto& [type_url, subscription] : subscriptions_) {
    if (is_ordered(type_url)) continue;
    if (!send_changes(subscription, now)) send_removals(subscription, now);
  }
  // One step at a time: what is sent is in flight, and its answer leads here again.
  bool clusters = send_changes_of(kCluster, now), endpoints = send_changes_of(kEndpoint, now);
  if (clusters || endpoints) return std::nullopt;
  if (waits_for_endpoints(now)) return awaited_until_;
  if (send_changes_of(kListener, now) || send_changes_of(kRoute, now)) return std::nullopt;
  if (send_changes_of(kHost, now)) return std::nullopt;
  for (std::string_view type_url : kBreakOrder) {
    Subscription* subscription = find(type_url);
    if (subscription != nullptr && send_removals(*subscription, now)) return std::nullopt;
  }
  note_settled(now);
  return std::nullopt;
}

bool AdsStream::send_changes_of(std::string_view type_url, Now now) {
  Subscription* subscription = find(type_url);
  return subscription != nullptr && send_changes(*subscription, now);
}

/// True if something is in flight then.
bool AdsStream::send_changes(Subscription& subscription, Now now) {
  if (subscription.in_flight()) return true;
  auto push = subscription.take_changes(snapshot_->of(subscription.type_url()), next_nonce(), now);
  if (!push) return false;
  if (subscription.type_url() == kCluster) follow_clusters(*push, now);
  send(subscription, *push);
  return true;
}

/// The same.
bool AdsStream::send_removals(Subscription& subscription, Now now) {
  if (subscription.in_flight()) return true;
  auto push = subscription.take_removals(snapshot_->of(subscription.type_url()), next_nonce(), now);
  if (!push) return false;
  send(subscription, *push);
  return true;
}

void AdsStream::send(const Subscription& subscription, const Push& push) {
  const std::string& type_url = subscription.type_url();
  tally("pushes", "Responses sent to proxies, by type", type_url);
  if (protocol_ == Protocol::kDelta) {
    send_(delta_response(type_url, subscription.nonce(), snapshot_->revision(), push.resources,
                         push.removed));
  } else {
    send_(response(type_url, subscription.nonce(), version_of(push), push.resources));
  }
}

/// Facts of Envoy 1.40: with the last listener that needs a route configuration it drops that and
/// its hosts. It asks for the configuration when it needs it again, but for no hosts: it has once
/// asked for all there are.
void AdsStream::follow_routes(const Request& request) {
  Subscription* hosts = find(kHost);
  if (hosts == nullptr) return;
  for (const std::string& name : request.names) hosts->send_all_again(name + "/");
}

/// Has the endpoints of the clusters in `push` follow them, and others wait for those.
void AdsStream::follow_clusters(const Push& push, Now now) {
  Subscription* endpoints = find(kEndpoint);
  awaited_.clear();
  for (const XdsResourcePtr& cluster : push.resources) {
    const std::string& name = cluster->eds_name();
    if (name.empty() || !snapshot_->find(kEndpoint, name)) continue;
    if (endpoints != nullptr) endpoints->send_again(name);
    awaited_.push_back(name);
  }
  awaited_until_ = now.steady + kEdsPatience;
}

bool AdsStream::waits_for_endpoints(Now now) {
  if (now.steady >= awaited_until_) awaited_.clear();
  Subscription* endpoints = find(kEndpoint);
  std::erase_if(awaited_, [&](const std::string& name) {
    return (endpoints != nullptr && endpoints->settled(name)) || !snapshot_->find(kEndpoint, name);
  });
  return !awaited_.empty();
}

void AdsStream::note_settled(Now now) {
  bool in_flight = std::ranges::any_of(subscriptions_,
                                       [](const auto& entry) { return entry.second.in_flight(); });
  if (in_flight || subscriptions_.empty() || settled_revision_ == snapshot_->revision()) return;
  settled_revision_ = snapshot_->revision();
  observe_settled(now.steady - offered_);
}

std::vector<TypeState> AdsStream::state() const {
  std::vector<TypeState> states;
  for (const auto& [type_url, subscription] : subscriptions_)
    states.push_back(
        {type_url, subscription.state(), subscription.accepted_at(), subscription.refused_at()});
  return states;
}

}  // namespace clew::mesh::xds
