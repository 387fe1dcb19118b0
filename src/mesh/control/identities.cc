#include "mesh/control/identities.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"
#include "mesh/compose/tls.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

std::string mesh_of(const std::string& identity) {
  auto id = identity::SpiffeId::parse(identity);
  return id ? std::string(id->trust_domain()) : std::string();
}

Draft secret(const char* name, Json body) {
  body["name"] = name;
  return {.type = PieceType::kSecret, .name = name, .body = std::move(body)};
}

Draft identity_secret(const identity::Leaf& leaf) {
  return secret(kIdentitySecret, {{"tls_certificate",
                                   {{"certificate_chain", {{"inline_string", leaf.chain_pem}}},
                                    {"private_key", {{"inline_string", leaf.key_pem}}}}}});
}

Draft trust_secret(const std::string& bundle) {
  return secret(kTrustSecret,
                {{"validation_context", {{"trusted_ca", {{"inline_string", bundle}}}}}});
}

/// Whether the enabled backend of a Mesh is of the type "provided".
bool wants_provided(const Resource& mesh) {
  std::string enabled = text_at(mesh.body, "mtls.enabledBackend");
  return !enabled.empty() &&
         std::ranges::any_of(list_at(mesh.body, "mtls.backends"), [&](const Json& backend) {
           return text_at(backend, "name") == enabled && text_at(backend, "type") == "provided";
         });
}

Error not_given(const std::string& mesh) {
  return fail(Code::kInvalid,
              "the authority of mesh {} is provided, and was not given to this control plane: "
              "start it with --ca-cert-file and --ca-key-file",
              mesh)
      .error();
}

prometheus::Counter& issued(const char* outcome) {
  return metrics::counter("clew_mesh_certificates_issued_total", "Certificates made for proxies",
                          {{"outcome", outcome}});
}

}  // namespace

Identities::Identities(IdentityOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), thread_([this] { run(); }) {}

Identities::~Identities() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

Result<std::shared_ptr<identity::Authority>> Identities::authority(const std::string& mesh) {
  std::lock_guard lock(mutex_);
  auto known = authorities_.find(mesh);
  if (known != authorities_.end()) return known->second;
  if (!options_.protection && options_.provided.empty())
    return fail(
        Code::kInvalid,
        "the mesh's authority would keep its key in the open: give --ca-passphrase-file, or "
        "say --ca-plaintext-keys true");
  if (options_.from_elsewhere && options_.provided.empty() &&
      !std::filesystem::exists(file_of(mesh)))
    return fail(Code::kUnavailable,
                "the authority of mesh {} has not come from the global control plane yet", mesh);
  identity::AuthorityOptions options{
      .trust_domain = mesh,
      .file = file_of(mesh),
      .protection = options_.protection.value_or(identity::KeyProtection::none()),
      .leaf_life = options_.leaf_life};
  auto made = options_.provided.empty()
                  ? identity::Authority::open(std::move(options), clock_)
                  : identity::Authority::provided(std::move(options), options_.provided, clock_);
  if (!made) return std::unexpected(made.error());
  return authorities_.emplace(mesh, *std::move(made)).first->second;
}

Result<std::shared_ptr<identity::Authority>> Identities::authority_of(const Resource& mesh) {
  if (options_.provided.empty() && wants_provided(mesh))
    return std::unexpected(not_given(mesh.key.name));
  return authority(mesh.key.name);
}

Result<identity::LeafPtr> Identities::issue(const std::string& identity) {
  auto id = identity::SpiffeId::parse(identity);
  if (!id) return std::unexpected(id.error());
  auto authority = this->authority(std::string(id->trust_domain()));
  if (!authority) return std::unexpected(authority.error());
  auto leaf = (*authority)->issue({.id = *id});
  issued(leaf ? "success" : "failure").Increment();
  return leaf;
}

Result<identity::LeafPtr> Identities::leaf_of(const std::string& identity) {
  {
    std::lock_guard lock(mutex_);
    auto known = kept_.find(identity);
    if (known != kept_.end()) {
      Kept& kept = known->second;
      kept.asked_for = true;
      if (kept.leaf) return kept.leaf;
      if (clock_.now() < kept.try_again_at) return std::unexpected(*kept.problem);
    } else if (kept_.size() >= limits::kIdentities) {
      metrics::count_limit_hit("identities");
      return fail(Code::kTooLarge, "more than {} identities are in use", limits::kIdentities);
    }
  }
  auto leaf = issue(identity);
  std::lock_guard lock(mutex_);
  Kept& kept = kept_[identity];
  if (kept.leaf) return kept.leaf;  // another thread was here first
  if (leaf)
    kept = {.leaf = *leaf, .problem = {}};
  else
    kept = {.leaf = nullptr, .problem = leaf.error(), .try_again_at = next_try()};
  return leaf;
}

Result<void> Identities::check(const Resource& resource) const {
  if (resource.key.kind != "Mesh") return {};
  std::string enabled = text_at(resource.body, "mtls.enabledBackend");
  const Json& backends = list_at(resource.body, "mtls.backends");
  bool given = !options_.provided.empty();
  for (size_t i = 0; i < backends.size(); ++i) {
    if (enabled.empty() || text_at(backends[i], "name") != enabled) continue;
    if ((text_at(backends[i], "type") == "provided") == given) continue;
    std::string what = name_of_value(resource, fmt::format("mtls.backends[{}].type", i));
    if (given)
      return fail(Code::kInvalid,
                  "{}: this control plane signs with the authority that it was given "
                  "(--ca-cert-file), and makes none: write provided",
                  what);
    return fail(Code::kInvalid,
                "{}: this control plane was given no authority: start it with --ca-cert-file and "
                "--ca-key-file, or write builtin for one that it makes",
                what);
  }
  return {};
}

Result<std::vector<Draft>> Identities::secrets(const ProxyConfig& config) {
  if (config.provided && options_.provided.empty())
    return std::unexpected(not_given(config.proxy.dataplane->key.mesh));
  auto leaf = leaf_of(config.identity);
  if (!leaf) return std::unexpected(leaf.error());
  auto authority = this->authority(config.proxy.dataplane->key.mesh);
  if (!authority) return std::unexpected(authority.error());
  std::string trusted = (*authority)->trust_bundle();
  for (const std::string& bundle : config.trusted) trusted += "\n" + bundle;
  return std::vector<Draft>{identity_secret(**leaf), trust_secret(trusted)};
}

std::vector<LeafState> Identities::leaves() const {
  std::lock_guard lock(mutex_);
  std::vector<LeafState> all;
  for (const auto& [identity, kept] : kept_) {
    LeafState state{.identity = identity, .serial = {}, .problem = {}};
    if (kept.leaf) {
      state.serial = kept.leaf->serial;
      state.not_before = kept.leaf->not_before;
      state.not_after = kept.leaf->not_after;
    }
    if (kept.problem) state.problem = kept.problem->message;
    all.push_back(std::move(state));
  }
  return all;
}

UnixNanos Identities::next_try() const {
  return clock_.now() + static_cast<UnixNanos>(std::chrono::nanoseconds(kRetry).count());
}

bool Identities::is_due(const Kept& kept, const std::map<std::string, std::string>& signers) const {
  UnixNanos now = clock_.now();
  if (kept.problem) return kept.try_again_at <= now;
  // It may have been in the making when another authority began to sign.
  auto signer = signers.find(mesh_of(kept.leaf->id));
  if (signer != signers.end() && signer->second != kept.leaf->issuer) return true;
  UnixNanos life = kept.leaf->not_after - kept.leaf->not_before;
  return kept.leaf->not_after - life / 3 <= now;
}

/// What is due, with the leaf that it has; forgets what is due but not used any more.
std::map<std::string, identity::LeafPtr> Identities::take_due() {
  std::map<std::string, identity::LeafPtr> due;
  std::lock_guard lock(mutex_);
  std::map<std::string, std::string> signers;
  for (const auto& [mesh, authority] : authorities_) signers[mesh] = authority->signer();
  for (const auto& [identity, kept] : kept_)
    if (is_due(kept, signers)) due[identity] = kept.leaf;
  std::erase_if(due, [this](const auto& each) {
    auto kept = kept_.find(each.first);
    if (kept->second.asked_for) return false;
    kept_.erase(kept);
    return true;
  });
  return due;
}

Result<identity::LeafPtr> Identities::renew(const std::string& identity,
                                            const identity::LeafPtr& old) {
  auto leaf = issue(identity);
  // Nothing would be won, and the next would be due at once.
  if (leaf && old && (*leaf)->issuer == old->issuer && (*leaf)->not_after <= old->not_after)
    return fail(Code::kUnavailable, "the authority's own certificate is about to expire");
  return leaf;
}

void Identities::renew_due() {
  std::set<std::string> renewed;
  size_t failures = 0;
  std::string first_failure;
  for (const auto& [identity, old] : take_due()) {
    auto leaf = renew(identity, old);
    std::lock_guard lock(mutex_);
    Kept& kept = kept_[identity];
    if (leaf) {
      // Nobody has asked for this one yet; whoever uses the identity will, being told of it.
      kept = {.leaf = *std::move(leaf), .problem = {}, .asked_for = changed_ == nullptr};
      renewed.insert(identity);
    } else {
      if (failures++ == 0) first_failure = identity + ": " + leaf.error().message;
      kept.problem = leaf.error();
      kept.try_again_at = next_try();
    }
  }
  // One line, not one for each of thousands: the reason is mostly that of all.
  if (failures > 0)
    log::warn("mesh: {} certificates could not be made or renewed; {}", failures, first_failure);
  if (!renewed.empty() && changed_) changed_(std::move(renewed));
}

Result<void> Identities::rotate(const std::string& mesh,
                                Result<void> (identity::Authority::*step)()) {
  if (options_.from_elsewhere)
    return fail(Code::kInvalid, "the authority is replaced at the global control plane");
  auto authority = this->authority(mesh);
  if (!authority) return std::unexpected(authority.error());
  if (auto done = (**authority.*step)(); !done) return done;
  renew_due();
  if (changed_) changed_({});
  return {};
}

Result<void> Identities::begin_rotation(const std::string& mesh) {
  return rotate(mesh, &identity::Authority::begin_rotation);
}
Result<void> Identities::activate(const std::string& mesh) {
  return rotate(mesh, &identity::Authority::activate);
}
Result<void> Identities::finish_rotation(const std::string& mesh) {
  return rotate(mesh, &identity::Authority::finish);
}

std::string Identities::file_of(const std::string& mesh) const {
  return options_.directory + "/authority-" + mesh + ".json";
}

Result<void> Identities::reload(const std::string& mesh) {
  {
    std::lock_guard lock(mutex_);
    authorities_.erase(mesh);
    for (auto& [identity, kept] : kept_)
      if (kept.problem && mesh_of(identity) == mesh) kept.try_again_at = 0;
  }
  if (auto authority = this->authority(mesh); !authority) return std::unexpected(authority.error());
  renew_due();
  if (changed_) changed_({});
  return {};
}

void Identities::run() {
  name_thread("mesh-identity");
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kLookEvery, [this] { return stopping_; })) {
    lock.unlock();
    renew_due();
    lock.lock();
  }
}

}  // namespace clew::mesh
