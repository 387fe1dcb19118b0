#include "mesh/resource/operators.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "mesh/resource/sqlite.h"

namespace clew::mesh {
namespace {

constexpr char kPrefix[] = "clewop_";  // so that who finds one knows what it is
constexpr std::pair<Role, std::string_view> kRoles[] = {
    {Role::kReader, "reader"}, {Role::kOperator, "operator"}, {Role::kAdmin, "admin"}};

std::string hex(const unsigned char* bytes, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// The token is as random as the digest is long, so nothing slower than SHA-256 is called for.
std::string digest(std::string_view token) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int size = 0;
  EVP_Digest(token.data(), token.size(), out.data(), &size, EVP_sha256(), nullptr);
  return hex(out.data(), size);
}

}  // namespace

std::string_view name_of(Role role) {
  for (const auto& [each, name] : kRoles)
    if (each == role) return name;
  return "";
}

std::optional<Role> role_of(std::string_view name) {
  for (const auto& [role, each] : kRoles)
    if (each == name) return role;
  return std::nullopt;
}

Result<std::unique_ptr<OperatorTokens>> OperatorTokens::open(const std::string& path,
                                                             const Clock& clock) {
  sqlite3* database = nullptr;
  int code =
      sqlite3_open_v2(path.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<OperatorTokens> tokens(new OperatorTokens(database, clock));
  if (code != SQLITE_OK) return fail(Code::kIo, "cannot open {}", path);
  sqlite3_busy_timeout(database, 5000);
  auto made = execute(database,
                      "PRAGMA synchronous = FULL;"
                      "CREATE TABLE IF NOT EXISTS operator_tokens (name TEXT PRIMARY KEY, "
                      "role TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, "
                      "expires INTEGER NOT NULL) WITHOUT ROWID");
  if (!made) return std::unexpected(made.error());
  return tokens;
}

OperatorTokens::~OperatorTokens() {
  sqlite3_close_v2(database_);
}

Result<std::string> OperatorTokens::create(const Operator& owner, uint64_t valid_for_ns) {
  std::array<unsigned char, 32> random;
  if (RAND_bytes(random.data(), random.size()) != 1)
    return fail(Code::kIo, "there is no randomness for a token");
  std::string token = kPrefix + hex(random.data(), random.size());
  UnixNanos now = clock_.now();
  std::lock_guard lock(mutex_);
  Statement put(database_, "INSERT OR REPLACE INTO operator_tokens VALUES (?, ?, ?, ?, ?)");
  put.bind(owner.name).bind(name_of(owner.role)).bind(digest(token)).bind(now);
  auto done = put.bind(valid_for_ns == 0 ? 0 : now + valid_for_ns).step();
  if (!done) return std::unexpected(done.error());
  return token;
}

Result<void> OperatorTokens::revoke(const std::string& name) {
  std::lock_guard lock(mutex_);
  Statement gone(database_, "DELETE FROM operator_tokens WHERE name = ?");
  auto done = gone.bind(name).step();
  if (!done) return std::unexpected(done.error());
  if (sqlite3_changes(database_) == 0) return fail(Code::kNotFound, "{} has no token", name);
  return {};
}

Result<std::vector<OperatorToken>> OperatorTokens::list() const {
  std::lock_guard lock(mutex_);
  Statement rows(database_,
                 "SELECT name, role, created, expires FROM operator_tokens ORDER BY name");
  std::vector<OperatorToken> tokens;
  while (true) {
    auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return tokens;
    tokens.push_back({{rows.text(0), role_of(rows.text(1)).value_or(Role::kReader)},
                      rows.number(2),
                      rows.number(3)});
  }
}

Result<Operator> OperatorTokens::verify(std::string_view token) const {
  std::lock_guard lock(mutex_);
  Statement rows(database_, "SELECT name, role, expires FROM operator_tokens WHERE digest = ?");
  auto row = rows.bind(digest(token)).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(Code::kUnauthenticated, "this token is nobody's");
  if (uint64_t expires = rows.number(2); expires != 0 && expires <= clock_.now())
    return fail(Code::kUnauthenticated, "this token of {} has expired", rows.text(0));
  return Operator{rows.text(0), role_of(rows.text(1)).value_or(Role::kReader)};
}

}  // namespace clew::mesh
