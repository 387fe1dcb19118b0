// Who may change the mesh: tokens of people and programs, each with a role.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct sqlite3;

namespace clew::mesh {

enum class Role {
  kReader,    // sees everything
  kOperator,  // changes resources, too
  kAdmin,     // makes tokens, too
};
std::string_view name_of(Role role);
std::optional<Role> role_of(std::string_view name);

/// Who asks.
struct Operator {
  std::string name;
  Role role = Role::kReader;
};

struct OperatorToken {
  Operator owner;
  UnixNanos created = 0;
  UnixNanos expires = 0;  // 0: never
};

/// Tokens, kept as digests only: who reads the database cannot use them. Any thread may use it.
class OperatorTokens {
 public:
  /// Uses a table of its own in the database at `path`. Fails with kIo.
  static Result<std::unique_ptr<OperatorTokens>> open(const std::string& path, const Clock& clock);
  ~OperatorTokens();

  /// A new token of 256 random bits; a name that has one loses it. `valid_for_ns` 0: for ever.
  Result<std::string> create(const Operator& owner, uint64_t valid_for_ns);
  /// kNotFound when that name has none.
  Result<void> revoke(const std::string& name);
  /// By name.
  Result<std::vector<OperatorToken>> list() const;

  /// Whose token it is; kUnauthenticated when nobody's, or expired.
  Result<Operator> verify(std::string_view token) const;

 private:
  OperatorTokens(sqlite3* database, const Clock& clock) : database_(database), clock_(clock) {}

  sqlite3* database_;
  const Clock& clock_;
  mutable std::mutex mutex_;
};

}  // namespace clew::mesh
