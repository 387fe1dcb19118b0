#include "net/authentication.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/repeat_gate.h"
#include "net/internal/base64.h"

namespace clew::net {
namespace {

constexpr std::string_view kSha = "{SHA}";
/// Refused headers that are remembered; when there are more all are forgotten.
constexpr size_t kRefusedKept = 1024;
/// Passwords that bcrypt looks at at once.
constexpr int kVerifications = 2;
constexpr std::chrono::milliseconds kRetryWhenBusy{1000};

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool is_bcrypt(std::string_view hash) {
  return hash.size() == 60 && hash[0] == '$' && hash[1] == '2' && hash[3] == '$' &&
         (hash[2] == 'y' || hash[2] == 'b' || hash[2] == 'a');
}

std::optional<std::string> sha_digest(std::string_view hash) {
  if (!hash.starts_with(kSha)) return std::nullopt;
  auto digest = from_base64(hash.substr(kSha.size()));
  return digest && digest->size() == SHA_DIGEST_LENGTH ? digest : std::nullopt;
}

/// Whether `password` has this hash, which is one of the two kinds.
bool fits(const std::string& password, const std::string& hash) {
  if (auto wanted = sha_digest(hash)) {
    unsigned char digest[SHA_DIGEST_LENGTH];
    unsigned length = 0;
    EVP_Digest(password.data(), password.size(), digest, &length, EVP_sha1(), nullptr);
    return same(*wanted, {reinterpret_cast<char*>(digest), length});
  }
  // crypt takes a C string: what stands behind a zero byte would not count.
  if (password.find('\0') != password.npos) return false;
  auto scratch = std::make_unique<crypt_data>();
  const char* made = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  return made != nullptr && same(made, hash);
}

/// What follows the scheme, whose case does not matter; nullopt for another scheme.
std::optional<std::string_view> after_scheme(std::string_view header, std::string_view scheme) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ' ||
      !std::ranges::equal(header.substr(0, scheme.size()), scheme, {}, lower, lower))
    return std::nullopt;
  header.remove_prefix(scheme.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

/// Calls `line(text, number)` for each line that says something, without white space at its ends.
template <typename Line>
void each_line(std::string_view text, Line line) {
  for (int number = 1; !text.empty(); ++number) {
    std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    size_t begin = one.find_first_not_of(" \t\r");
    if (begin == one.npos || one[begin] == '#') continue;
    line(one.substr(begin, one.find_last_not_of(" \t\r") + 1 - begin), number);
  }
}

}  // namespace

Authenticator::Authenticator(AuthenticationFiles files)
    : files_(std::move(files)),
      users_file_(files_.htpasswd_file),
      tokens_file_(files_.token_file),
      users_(std::make_shared<Users>()) {
  CLEW_CHECK(RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1);
  challenge_ = files_.htpasswd_file.empty() ? R"(Bearer realm="clew")"
                                            : R"(Basic realm="clew", charset="UTF-8")";
  if (!files_.htpasswd_file.empty() && !files_.token_file.empty())
    challenge_ += R"(, Bearer realm="clew")";
}

Result<std::shared_ptr<Authenticator>> Authenticator::create(AuthenticationFiles files) {
  std::shared_ptr<Authenticator> made(new Authenticator(std::move(files)));
  if (auto read = made->reload(); !read) return std::unexpected(read.error());
  return made;
}

/// Takes over what has changed in the files; what was known before stays if a file is wrong.
Result<void> Authenticator::reload() {
  std::lock_guard lock(mutex_);
  if (!files_.htpasswd_file.empty()) {
    auto content = users_file_.read();
    if (!content) return std::unexpected(content.error());
    if ((*content)->version != users_version_) {
      users_version_ = (*content)->version;
      auto users = parse_users(files_.htpasswd_file, (*content)->text);
      if (!users) return std::unexpected(users.error());
      users_ = std::make_shared<const Users>(*std::move(users));
      admitted_.clear();
      refused_.clear();
    }
  }
  if (files_.token_file.empty()) return {};
  auto content = tokens_file_.read();
  if (!content) return std::unexpected(content.error());
  if (std::exchange(tokens_version_, (*content)->version) == (*content)->version) return {};
  tokens_.clear();
  each_line((*content)->text,
            [this](std::string_view token, int) { tokens_.push_back(digest_of(token)); });
  return {};
}

Result<Authenticator::Users> Authenticator::parse_users(const std::string& path,
                                                        std::string_view text) {
  Users users;
  Result<void> result;
  each_line(text, [&](std::string_view line, int number) {
    size_t colon = line.find(':');
    std::string_view hash = colon == line.npos ? "" : line.substr(colon + 1);
    // The line is not shown: it may hold a password.
    if (!is_bcrypt(hash) && !sha_digest(hash) && result)
      result = fail(Code::kInvalid,
                    "{}:{}: write USER:HASH with a bcrypt or {{SHA}} hash, as `htpasswd -B` does",
                    path, number);
    users.hashes.insert_or_assign(std::string(line.substr(0, colon)), std::string(hash));
  });
  if (!result) return std::unexpected(result.error());
  return users;
}

Authenticator::Digest Authenticator::digest_of(std::string_view text) const {
  Digest digest;
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  return digest;
}

/// To be called with the lock.
bool Authenticator::is_token(std::string_view token) const {
  Digest digest = digest_of(token);
  bool found = false;
  for (const Digest& each : tokens_)
    found |= CRYPTO_memcmp(each.data(), digest.data(), digest.size()) == 0;
  return found;
}

Authenticator::Verdict Authenticator::quick(std::string_view header) {
  if (auto read = reload(); !read) {
    static auto& gate = *new RepeatGate(std::chrono::minutes(1));
    if (gate.pass(files_.htpasswd_file, std::chrono::steady_clock::now()))
      log::error("{}; who was let in before still is", read.error().message);
  }
  std::lock_guard lock(mutex_);
  if (auto token = after_scheme(header, "bearer"))
    return is_token(*token) ? Verdict::kAdmitted : Verdict::kRefused;
  if (!after_scheme(header, "basic") || users_->hashes.empty()) return Verdict::kRefused;
  // Looked up by a digest under a random key, so how long it takes tells nothing about the header.
  Digest digest = digest_of(header);
  if (admitted_.contains(digest)) return Verdict::kAdmitted;
  return refused_.contains(digest) ? Verdict::kRefused : Verdict::kUnknown;
}

Result<void> Authenticator::verify(std::string_view header) {
  Error refusal{Code::kUnauthenticated, "the user or the password is wrong"};
  auto encoded = after_scheme(header, "basic");
  auto pair = encoded ? from_base64(*encoded) : std::nullopt;
  size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::unexpected(refusal);
  std::unique_lock lock(mutex_);
  auto users = users_;
  uint64_t version = users_version_;
  lock.unlock();
  auto user = users->hashes.find(std::string_view(*pair).substr(0, colon));
  if (users->hashes.empty()) return std::unexpected(refusal);

  if (verifying_.fetch_add(1) >= kVerifications) {
    verifying_.fetch_sub(1);
    metrics::count_limit_hit("password_verifications");
    return std::unexpected(
        Error{Code::kUnavailable, "too many passwords are being verified", kRetryWhenBusy});
  }
  // For a user we do not know another's hash is tried: that there is no such user must not show.
  bool known = user != users->hashes.end();
  const std::string& hash = known ? user->second : users->hashes.begin()->second;
  bool right = fits(pair->substr(colon + 1), hash) && known;
  verifying_.fetch_sub(1);

  lock.lock();
  if (version == users_version_) {
    if (refused_.size() >= kRefusedKept) refused_.clear();
    (right ? admitted_ : refused_).insert(digest_of(header));
  }
  return right ? Result<void>() : std::unexpected(refusal);
}

}  // namespace clew::net
