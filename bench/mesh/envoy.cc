#include "envoy.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace clew::bench {
namespace {

// What Clew calls them: the layer of the bootstrap, and the secrets of its TLS contexts.
constexpr char kRuntimeLayer[] = "clew";
constexpr char kIdentity[] = "identity", kTrust[] = "trust";

bool lists_all(Type type) {
  return type == Type::kCluster || type == Type::kListener || type == Type::kHost;
}

}  // namespace

Envoy::Envoy(std::string id, const std::string& filler, bool secrets)
    : id_(std::move(id)), filler_(filler), secrets_(secrets) {}

std::vector<std::string> Envoy::open() {
  std::vector<std::string> say;
  warming_.clear();
  withheld_.clear();
  if (!of(Type::kRuntime).asked)
    of(Type::kRuntime) = {.asked = true, .names = {kRuntimeLayer}, .held = {}};
  for (Type type : kTypes) {
    const Subscription& subscription = of(type);
    if (!subscription.asked) continue;
    Request request{.type = type, .subscribe = subscription.names};
    if (say.empty()) request.node = node_message(id_, filler_);
    for (const auto& [name, held] : subscription.held)
      if (!held.version.empty()) request.known.emplace_back(name, held.version);
    say.push_back(write_request(request));
  }
  return say;
}

Envoy::Said Envoy::receive(const Response& response) {
  Said say;
  if (refuses_[static_cast<size_t>(response.type)]) {
    say.messages.push_back(write_request(
        {.type = response.type, .nonce = response.nonce, .refusal = "refused, as it was told to"}));
    say.answers = 1;
    return say;
  }
  take(response);
  if (response.type == Type::kCluster) {
    want_needs(Type::kEndpoint, Type::kCluster, say);
    if (secrets_) want(Type::kSecret, {kIdentity, kTrust}, say);
  } else if (response.type == Type::kListener) {
    want_needs(Type::kRoute, Type::kListener, say);
  }
  go_on(say);
  warm_up(response);
  answer(response, say);
  return say;
}

Envoy::Said Envoy::stop_warming() {
  Said say;
  warming_.clear();
  accept_withheld(say);
  return say;
}

void Envoy::forget() {
  subscriptions_ = {};
}

bool Envoy::complete() const {
  if (!of(Type::kListener).answered || is_warming()) return false;
  return std::ranges::all_of(kTypes, [this](Type type) { return has_all(type); });
}

bool Envoy::has_all(Type type) const {
  const Subscription& subscription = of(type);
  if (lists_all(type)) return subscription.answered || !subscription.asked;
  return std::ranges::all_of(subscription.names, [&](const std::string& name) {
    return subscription.held.contains(name);
  });
}

void Envoy::take(const Response& response) {
  Subscription& subscription = of(response.type);
  subscription.answered = true;
  for (const Resource& resource : response.resources)
    subscription.held[resource.name] = {resource.version, resource.needs};
  for (const std::string& name : response.removed) {
    subscription.held.erase(name);
    if (std::ranges::binary_search(subscription.names, name)) subscription.held[name] = {};
  }
}

/// Asks for exactly these from now on; what it no longer asks for it no longer has.
void Envoy::want(Type type, std::vector<std::string> names, Said& say) {
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  Subscription& subscription = of(type);
  Request request{.type = type};
  std::ranges::set_difference(names, subscription.names, std::back_inserter(request.subscribe));
  std::ranges::set_difference(subscription.names, names, std::back_inserter(request.unsubscribe));
  if (request.subscribe.empty() && request.unsubscribe.empty()) return;
  for (const std::string& name : request.unsubscribe) subscription.held.erase(name);
  subscription.asked = true;
  subscription.names = std::move(names);
  say.messages.push_back(write_request(request));
}

void Envoy::want_needs(Type type, Type of_type, Said& say) {
  std::vector<std::string> names;
  for (const auto& [name, held] : of(of_type).held)
    names.insert(names.end(), held.needs.begin(), held.needs.end());
  want(type, std::move(names), say);
}

/// The wildcards, each once what it waits for has come.
void Envoy::go_on(Said& say) {
  auto ask = [&](Type type) {
    of(type).asked = true;
    say.messages.push_back(write_request({.type = type}));
  };
  if (!of(Type::kCluster).asked && has_all(Type::kRuntime)) ask(Type::kCluster);
  if (!of(Type::kListener).asked && of(Type::kCluster).answered && has_all(Type::kEndpoint) &&
      has_all(Type::kSecret))
    ask(Type::kListener);
  auto has_hosts_elsewhere = [](const auto& routes) { return !routes.second.needs.empty(); };
  if (!of(Type::kHost).asked && std::ranges::any_of(of(Type::kRoute).held, has_hosts_elsewhere))
    ask(Type::kHost);
}

void Envoy::warm_up(const Response& response) {
  if (response.type == Type::kCluster && of(Type::kListener).asked) {
    for (const Resource& cluster : response.resources)
      warming_.insert(cluster.needs.begin(), cluster.needs.end());
    std::erase_if(warming_, [this](const std::string& name) {
      return !std::ranges::binary_search(of(Type::kEndpoint).names, name);
    });
  }
  if (response.type != Type::kEndpoint) return;
  for (const Resource& endpoints : response.resources) warming_.erase(endpoints.name);
  for (const std::string& name : response.removed) warming_.erase(name);
}

/// Accepts the response, and clusters once they may be.
void Envoy::answer(const Response& response, Said& say) {
  if (response.type == Type::kCluster) {
    withheld_.push_back(response.nonce);
  } else {
    say.messages.push_back(write_request({.type = response.type, .nonce = response.nonce}));
    ++say.answers;
  }
  if (!is_warming()) accept_withheld(say);
}

void Envoy::accept_withheld(Said& say) {
  for (const std::string& nonce : withheld_) {
    say.messages.push_back(write_request({.type = Type::kCluster, .nonce = nonce}));
    ++say.answers;
  }
  withheld_.clear();
}

}  // namespace clew::bench
