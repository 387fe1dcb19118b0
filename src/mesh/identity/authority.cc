#include "mesh/identity/authority.h"

#include <openssl/err.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace clew::mesh::identity {

/// One certificate that is trusted, and what is needed to sign by it.
struct Authority::Member {
  X509Ptr certificate;
  std::optional<PrivateKey> key;
  std::string between_pem;  // what a leaf carries behind itself
  std::string trusted_pem;  // the end of the chain
  CertificateFacts facts;
};

namespace {

bool is_self_signed(const X509& certificate) {
  return X509_self_signed(const_cast<X509*>(&certificate), /*verify_signature=*/0) == 1;
}

Result<void> check_chain(const std::vector<X509Ptr>& chain, UnixNanos now) {
  for (size_t i = 0; i < chain.size(); ++i) {
    CertificateFacts facts = facts_of(*chain[i]);
    if (!facts.is_authority)
      return fail(Code::kInvalid, "{} is no certificate of an authority", facts.subject);
    if (now >= facts.not_after)
      return fail(Code::kInvalid, "the certificate of {} has expired", facts.subject);
    if (i + 1 < chain.size() && X509_check_issued(chain[i + 1].get(), chain[i].get()) != X509_V_OK)
      return fail(Code::kInvalid, "{} is not signed by {}, which follows it", facts.subject,
                  facts_of(*chain[i + 1]).subject);
  }
  return {};
}

}  // namespace

Authority::Authority(AuthorityOptions options, const Clock& clock, Disk& disk, bool is_provided)
    : options_(std::move(options)),
      clock_(clock),
      file_(disk, options_.file),
      provided_(is_provided) {}

Result<std::unique_ptr<Authority>> Authority::open(AuthorityOptions options, const Clock& clock,
                                                   Disk& disk) {
  if (auto good = check_trust_domain(options.trust_domain); !good)
    return std::unexpected(good.error());
  std::unique_ptr<Authority> made(new Authority(std::move(options), clock, disk, false));
  std::lock_guard lock(made->change_);
  auto passphrase = made->options_.protection.text();
  if (!passphrase) return std::unexpected(passphrase.error());
  auto state = made->file_.read();
  if (!state) return std::unexpected(state.error());
  Result<void> saved;
  if (*state) {
    bool needs_encryption = false;
    auto read = made->read(**state, *passphrase, needs_encryption);
    if (!read) return fail(read.error().code, "{}: {}", made->file_.path(), read.error().message);
    if (needs_encryption)
      saved = made->save(*std::move(read));
    else
      made->state_ = *std::move(read);
  } else {
    auto first = made->make_member();
    if (!first) return std::unexpected(first.error());
    saved = made->save({.members = {*std::move(first)}});
  }
  if (!saved) return std::unexpected(saved.error());
  return made;
}

Result<std::unique_ptr<Authority>> Authority::provided(AuthorityOptions options,
                                                       const std::vector<ProvidedAuthority>& from,
                                                       const Clock& clock) {
  if (auto good = check_trust_domain(options.trust_domain); !good)
    return std::unexpected(good.error());
  std::unique_ptr<Authority> made(new Authority(std::move(options), clock, Disk::system(), true));
  if (auto done = made->provide(from); !done) return std::unexpected(done.error());
  return made;
}

Result<void> Authority::provide(const std::vector<ProvidedAuthority>& from) {
  if (!provided_) return fail(Code::kInvalid, "the authority of this mesh is its own");
  Members members;
  for (const ProvidedAuthority& one : from) {
    auto member = member_of(one, clock_.now());
    if (!member)
      return fail(member.error().code, "authority {}: {}", members.size() + 1,
                  member.error().message);
    members.push_back(*std::move(member));
  }
  if (members.empty() || !members.front()->key)
    return fail(Code::kInvalid, "the first authority signs, so it needs a certificate and a key");
  std::lock_guard lock(mutex_);
  state_ = {.members = std::move(members)};
  return {};
}

Result<std::shared_ptr<const Authority::Member>> Authority::member_of(const ProvidedAuthority& from,
                                                                      UnixNanos now) {
  auto chain = read_certificates(from.certificates);
  if (!chain) return std::unexpected(chain.error());
  if (auto checked = check_chain(*chain, now); !checked) return std::unexpected(checked.error());
  auto member = std::make_shared<Member>();
  for (const X509Ptr& certificate : *chain)
    if (!is_self_signed(*certificate)) member->between_pem += pem_of(*certificate);
  member->trusted_pem = pem_of(*chain->back());
  member->facts = facts_of(*chain->front());
  member->certificate = std::move(chain->front());
  if (from.key.empty()) return member;
  auto passphrase = from.key_protection.text();
  if (!passphrase) return std::unexpected(passphrase.error());
  auto key = PrivateKey::read(from.key, *passphrase);
  if (!key) return std::unexpected(key.error());
  bool fits = X509_check_private_key(member->certificate.get(), key->get()) == 1;
  ERR_clear_error();
  if (!fits)
    return fail(Code::kInvalid, "the key is not that of the certificate ({})",
                member->facts.subject);
  member->key = *std::move(key);
  return member;
}

Result<std::shared_ptr<const Authority::Member>> Authority::make_member() const {
  auto key = PrivateKey::generate();
  if (!key) return std::unexpected(key.error());
  auto certificate = make_authority_certificate(*key, options_.trust_domain, clock_.now(),
                                                options_.authority_life);
  if (!certificate) return std::unexpected(certificate.error());
  auto pem = key->pem(std::nullopt);
  if (!pem) return std::unexpected(pem.error());
  return member_of({.certificates = pem_of(**certificate), .key = *pem}, clock_.now());
}

Result<Authority::State> Authority::read(const nlohmann::json& from, const Passphrase& passphrase,
                                         bool& needs_encryption) const {
  auto trust_domain = text_member(from, "trust_domain");
  if (!trust_domain) return std::unexpected(trust_domain.error());
  if (*trust_domain != options_.trust_domain)
    return fail(Code::kInvalid, "the authority of mesh {}, not of {}", *trust_domain,
                options_.trust_domain);
  State state;
  state.activated = from.value("activated", nlohmann::json()) == true;
  for (const auto& entry : from.value("authorities", nlohmann::json::array())) {
    auto certificate = text_member(entry, "certificate");
    auto key_pem = text_member(entry, "key");
    if (!certificate) return std::unexpected(certificate.error());
    if (!key_pem) return std::unexpected(key_pem.error());
    needs_encryption |= passphrase && !is_encrypted(*key_pem);
    auto protection = passphrase ? KeyProtection::passphrase(net::Secret::of(*passphrase))
                                 : KeyProtection::none();
    // At time 0: one that has expired is no reason not to start. It is one not to issue.
    auto member = member_of({*certificate, *key_pem, protection}, 0);
    if (!member) return std::unexpected(member.error());
    if (!(*member)->key) return fail(Code::kMalformed, "an authority is without its key");
    state.members.push_back(*std::move(member));
  }
  if (state.members.empty()) return fail(Code::kMalformed, "holds no authority");
  return state;
}

Result<void> Authority::save(State state) {
  auto passphrase = options_.protection.text();
  if (!passphrase) return std::unexpected(passphrase.error());
  auto entries = nlohmann::json::array();
  for (const auto& member : state.members) {
    auto key = member->key->pem(*passphrase);
    if (!key) return std::unexpected(key.error());
    entries.push_back({{"certificate", pem_of(*member->certificate)}, {"key", *key}});
  }
  auto written = file_.write({{"trust_domain", options_.trust_domain},
                              {"authorities", std::move(entries)},
                              {"activated", state.activated}});
  if (!written) return written;
  std::lock_guard lock(mutex_);
  state_ = std::move(state);
  return {};
}

Authority::State Authority::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<const Authority::Member> Authority::front() const {
  return state().members.front();
}

Result<LeafPtr> Authority::issue(const LeafRequest& request) const {
  if (request.id.trust_domain() != options_.trust_domain)
    return fail(Code::kInvalid, "{} is not of the trust domain {}", request.id.text(),
                options_.trust_domain);
  auto signer = front();
  auto key = PrivateKey::generate();
  if (!key) return std::unexpected(key.error());
  auto certificate = make_leaf_certificate(*key, request, *signer->certificate, *signer->key,
                                           clock_.now(), options_.leaf_life);
  if (!certificate) return std::unexpected(certificate.error());
  auto key_pem = key->pem(std::nullopt);
  if (!key_pem) return std::unexpected(key_pem.error());
  CertificateFacts facts = facts_of(**certificate);
  return std::make_shared<Leaf>(Leaf{.id = request.id.text(),
                                     .chain_pem = pem_of(**certificate) + signer->between_pem,
                                     .key_pem = *std::move(key_pem),
                                     .not_before = facts.not_before,
                                     .not_after = facts.not_after,
                                     .serial = std::move(facts.serial),
                                     .issuer = signer->facts.fingerprint});
}

std::string Authority::trust_bundle() const {
  std::string bundle;
  State now = state();
  for (const auto& member : now.members)
    // Two intermediates may have one root.
    if (bundle.find(member->trusted_pem) == bundle.npos) bundle += member->trusted_pem;
  return bundle;
}

std::string Authority::signer() const {
  return front()->facts.fingerprint;
}

std::vector<AuthorityFacts> Authority::authorities() const {
  std::vector<AuthorityFacts> all;
  State now = state();
  for (const auto& member : now.members) all.push_back({member->facts, all.empty()});
  return all;
}

Result<void> Authority::own() const {
  if (!provided_) return {};
  return fail(Code::kInvalid,
              "the authorities of mesh {} are provided: it is rotated by providing others",
              options_.trust_domain);
}

Result<void> Authority::begin_rotation() {
  std::lock_guard lock(change_);
  if (auto ours = own(); !ours) return ours;
  State next = state();
  if (next.members.size() > 1) return fail(Code::kInvalid, "a rotation has begun already");
  auto made = make_member();
  if (!made) return std::unexpected(made.error());
  next.members.push_back(*std::move(made));
  return save(std::move(next));
}

Result<void> Authority::activate() {
  std::lock_guard lock(change_);
  if (auto ours = own(); !ours) return ours;
  State next = state();
  if (next.members.size() < 2) return fail(Code::kInvalid, "no rotation has begun");
  if (next.activated) return fail(Code::kInvalid, "the new authority signs already");
  std::swap(next.members[0], next.members[1]);
  next.activated = true;
  return save(std::move(next));
}

Result<void> Authority::finish() {
  std::lock_guard lock(change_);
  if (auto ours = own(); !ours) return ours;
  State next = state();
  if (next.members.size() < 2) return fail(Code::kInvalid, "no rotation has begun");
  return save({.members = {next.members.front()}});
}

}  // namespace clew::mesh::identity
