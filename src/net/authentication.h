// Who may use a listener: users with passwords, or bearer tokens.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/secret.h"

namespace clew::net {

/// Files that say who is let in; both are read again when they change. An empty name: none.
struct AuthenticationFiles {
  /// Lines USER:HASH as `htpasswd -B` writes them: bcrypt ($2y$, $2b$, $2a$) or {SHA}. Anything
  /// else, a password in plain text above all, is an error.
  std::string htpasswd_file;
  /// One bearer token a line; empty lines and those with # are passed over.
  std::string token_file;

  bool any() const { return !htpasswd_file.empty() || !token_file.empty(); }
};

/// Judges `Authorization` headers. Comparisons take the same time whatever is wrong. Any thread.
///
/// bcrypt is slow on purpose, about 50 ms, so what it has said of a header is remembered (as a
/// keyed digest) until the file changes.
class Authenticator {
 public:
  /// Reads the files. kIo, or kInvalid with the file and line that is wrong.
  static Result<std::shared_ptr<Authenticator>> create(AuthenticationFiles files);

  enum class Verdict : uint8_t { kAdmitted, kRefused, kUnknown };
  /// The verdict if it takes no time; kUnknown: ask verify().
  Verdict quick(std::string_view header);

  /// The verdict whatever it takes: kUnauthenticated, or kUnavailable while as many as may be are
  /// being verified, so that guessing passwords cannot take all of the processor.
  Result<void> verify(std::string_view header);

  /// The value for WWW-Authenticate. Source: RFC 7235, 7617, 6750.
  const std::string& challenge() const { return challenge_; }

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Users {
    std::map<std::string, std::string, std::less<>> hashes;  // by name
  };

  explicit Authenticator(AuthenticationFiles files);
  Result<void> reload();
  Digest digest_of(std::string_view text) const;
  bool is_token(std::string_view token) const;
  static Result<Users> parse_users(const std::string& path, std::string_view text);

  const AuthenticationFiles files_;
  std::string challenge_;
  Digest key_;  // of the digests; random
  WatchedFile users_file_, tokens_file_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Users> users_;
  uint64_t users_version_ = 0, tokens_version_ = 0;
  std::vector<Digest> tokens_;
  std::set<Digest> admitted_;  // no more than there are users
  std::set<Digest> refused_;   // bounded
  std::atomic<int> verifying_ = 0;
};

}  // namespace clew::net
