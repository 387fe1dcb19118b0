// Who each proxy is: its certificate, renewed in time, and whom it trusts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/compose/composer.h"
#include "mesh/identity/authority.h"

namespace clew::mesh {

struct IdentityOptions {
  std::string directory;  // of the authorities' state, a file for each mesh
  /// Of their keys; without it no authority is made, and who needs one is told so.
  std::optional<identity::KeyProtection> protection = {};
  std::chrono::seconds leaf_life = std::chrono::hours(24);
  /// Authorities that were made elsewhere sign instead, for every mesh; empty: each mesh has its
  /// own, made when it is first needed.
  std::vector<identity::ProvidedAuthority> provided = {};
  /// Files come from another control plane (reload()); none is made or replaced here.
  bool from_elsewhere = false;
};

/// What is to be known of one certificate that is in use.
struct LeafState {
  std::string identity;  // SPIFFE ID
  std::string serial;    // empty: none could be made yet
  UnixNanos not_before = 0, not_after = 0;
  std::string problem;  // why it could not be renewed; empty if nothing is wrong
};

/// Certificates of all meshes. Any thread may use it; certificates are renewed on a thread of its
/// own, when two thirds of their life are over or another authority signs. One that cannot be made
/// or renewed is tried again, not more often than every kRetry; until then the old one stays in
/// use. One that nobody has asked for since it was renewed is forgotten when it would be again.
class Identities {
 public:
  static constexpr std::chrono::seconds kRetry{30};

  Identities(IdentityOptions options, const Clock& clock);
  ~Identities();

  /// Whether a Mesh says of its authority what is so here: kInvalid, with file and line where those
  /// are known, if its enabled backend is "provided" and no authority was given to this control
  /// plane, or is "builtin" and one was. Every other resource passes.
  Result<void> check(const Resource& resource) const;

  /// The secrets of a proxy as drafts: kIdentitySecret and kTrustSecret. Makes what is not there
  /// yet. After an error on_change() tells when it has become possible. kTooLarge past
  /// limits::kIdentities; kInvalid if its mesh wants an authority that was not given: one made here
  /// is trusted by nobody who trusts the other.
  Result<std::vector<Draft>> secrets(const ProxyConfig& config);

  /// Told of the identities whose secrets have become others; empty: all of a mesh. Set before the
  /// first secrets().
  void on_change(std::function<void(std::set<std::string>)> changed) {
    changed_ = std::move(changed);
  }

  /// In order of their identities.
  std::vector<LeafState> leaves() const;
  /// The authority of a mesh; made if it is not there yet.
  Result<std::shared_ptr<identity::Authority>> authority(const std::string& mesh);
  /// The same of a Mesh. kInvalid, and none is made, if it wants one that was not given.
  Result<std::shared_ptr<identity::Authority>> authority_of(const Resource& mesh);

  /// The steps of replacing a mesh's authority (identity::Authority), each told to all proxies.
  /// activate() also renews the mesh's certificates; those that cannot be stay the old ones.
  Result<void> begin_rotation(const std::string& mesh);
  Result<void> activate(const std::string& mesh);
  Result<void> finish_rotation(const std::string& mesh);

  /// The file of a mesh's authority is another one now.
  Result<void> reload(const std::string& mesh);
  /// Where the authority of a mesh lies.
  std::string file_of(const std::string& mesh) const;

  /// Renews what is due now; run by the thread, and by tests.
  void renew_due();

 private:
  struct Kept {
    identity::LeafPtr leaf;        // null: none could be made yet
    std::optional<Error> problem;  // of the last try
    UnixNanos try_again_at = 0;    // with a problem
    bool asked_for = true;         // since the leaf was made
  };

  Result<identity::LeafPtr> leaf_of(const std::string& identity);
  Result<identity::LeafPtr> issue(const std::string& identity);
  Result<identity::LeafPtr> renew(const std::string& identity, const identity::LeafPtr& old);
  Result<void> rotate(const std::string& mesh, Result<void> (identity::Authority::*step)());
  std::map<std::string, identity::LeafPtr> take_due();
  bool is_due(const Kept& kept, const std::map<std::string, std::string>& signers) const;
  UnixNanos next_try() const;
  void run();

  const IdentityOptions options_;
  const Clock& clock_;
  std::function<void(std::set<std::string>)> changed_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<identity::Authority>> authorities_;  // by mesh
  std::map<std::string, Kept> kept_;                                         // by SPIFFE ID
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace clew::mesh
