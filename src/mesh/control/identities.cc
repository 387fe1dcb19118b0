#include "mesh/control/identities.h"

#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

PiecePtr secret(const char* name, Json body) {
  body["name"] = name;
  Piece piece{.type = PieceType::kSecret, .name = name, .body = std::move(body), .origins = {}};
  return std::make_shared<Piece>(std::move(piece));
}

PiecePtr identity_secret(const identity::Leaf& leaf) {
  return secret(kIdentitySecret, {{"tls_certificate",
                                   {{"certificate_chain", {{"inline_string", leaf.chain_pem}}},
                                    {"private_key", {{"inline_string", leaf.key_pem}}}}}});
}

PiecePtr trust_secret(const std::string& bundle) {
  return secret(kTrustSecret,
                {{"validation_context", {{"trusted_ca", {{"inline_string", bundle}}}}}});
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
  identity::AuthorityOptions options{
      .trust_domain = mesh,
      .file = options_.directory + "/authority-" + mesh + ".json",
      .protection = options_.protection.value_or(identity::KeyProtection::none()),
      .leaf_life = options_.leaf_life};
  auto made = options_.provided.empty()
                  ? identity::Authority::open(std::move(options), clock_)
                  : identity::Authority::provided(std::move(options), options_.provided, clock_);
  if (!made) return std::unexpected(made.error());
  return authorities_.emplace(mesh, *std::move(made)).first->second;
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
    if (known != kept_.end() && known->second.leaf) return known->second.leaf;
  }
  auto leaf = issue(identity);
  if (!leaf) return leaf;
  std::lock_guard lock(mutex_);
  Kept& kept = kept_[identity];
  if (!kept.leaf) kept.leaf = *leaf;  // else another thread was here first
  return kept.leaf;
}

Result<std::vector<PiecePtr>> Identities::secrets(const ProxyConfig& config) {
  auto leaf = leaf_of(config.identity);
  if (!leaf) return std::unexpected(leaf.error());
  auto authority = this->authority(config.proxy.dataplane->key.mesh);
  if (!authority) return std::unexpected(authority.error());
  return std::vector<PiecePtr>{identity_secret(**leaf), trust_secret((*authority)->trust_bundle())};
}

std::vector<LeafState> Identities::leaves() const {
  std::lock_guard lock(mutex_);
  std::vector<LeafState> all;
  for (const auto& [identity, kept] : kept_)
    all.push_back(
        {identity, kept.leaf->serial, kept.leaf->not_before, kept.leaf->not_after, kept.problem});
  return all;
}

UnixNanos Identities::due_at(const Kept& kept) const {
  if (!kept.problem.empty()) return kept.try_again_at;
  UnixNanos life = kept.leaf->not_after - kept.leaf->not_before;
  return kept.leaf->not_after - life / 3;
}

void Identities::renew_due() {
  std::set<std::string> due;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [identity, kept] : kept_)
      if (due_at(kept) <= clock_.now()) due.insert(identity);
  }
  std::set<std::string> renewed;
  for (const std::string& identity : due) {
    auto leaf = issue(identity);
    if (!leaf) log::warn("mesh: {} keeps its certificate: {}", identity, leaf.error().message);
    std::lock_guard lock(mutex_);
    Kept& kept = kept_[identity];
    kept.problem = leaf ? "" : leaf.error().message;
    kept.try_again_at =
        clock_.now() + static_cast<UnixNanos>(std::chrono::nanoseconds(kRetry).count());
    if (!leaf) continue;
    kept.leaf = *std::move(leaf);
    renewed.insert(identity);
  }
  if (!renewed.empty() && changed_) changed_(std::move(renewed));
}

Result<void> Identities::rotate(const std::string& mesh,
                                Result<void> (identity::Authority::*step)(), bool renew_all) {
  auto authority = this->authority(mesh);
  if (!authority) return std::unexpected(authority.error());
  if (auto done = (**authority.*step)(); !done) return done;
  if (renew_all) {
    std::lock_guard lock(mutex_);
    std::string prefix = "spiffe://" + mesh + "/";
    for (auto& [identity, kept] : kept_)
      if (identity.starts_with(prefix)) kept.leaf.reset();
    std::erase_if(kept_, [](const auto& each) { return !each.second.leaf; });
  }
  if (changed_) changed_({});
  return {};
}

Result<void> Identities::begin_rotation(const std::string& mesh) {
  return rotate(mesh, &identity::Authority::begin_rotation, false);
}
Result<void> Identities::activate(const std::string& mesh) {
  return rotate(mesh, &identity::Authority::activate, true);
}
Result<void> Identities::finish_rotation(const std::string& mesh) {
  return rotate(mesh, &identity::Authority::finish, false);
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
