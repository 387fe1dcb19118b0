// The name by which a workload is known in its mesh.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::mesh::identity {

/// spiffe://TRUST-DOMAIN/PATH. Always valid. Source: the SPIFFE-ID standard, sections 2.1 to 2.3.
class SpiffeId {
 public:
  /// The workload `path` ("backend", "ns/a/sa/b") of a trust domain, which is the mesh's name.
  /// kInvalid for a trust domain of other than lower-case letters, digits, '.', '-' and '_', a path
  /// of other than those and capitals in segments that are not empty, "." or "..", and past the
  /// standard's 255 and 2048 bytes.
  static Result<SpiffeId> of(std::string_view trust_domain, std::string_view path);
  /// Of its text; errors as of().
  static Result<SpiffeId> parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string_view trust_domain() const;
  std::string_view path() const;  // without the slash before it

  auto operator<=>(const SpiffeId&) const = default;

 private:
  explicit SpiffeId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// As SpiffeId::of() wants a trust domain.
Result<void> check_trust_domain(std::string_view trust_domain);

}  // namespace clew::mesh::identity
