#include "mesh/identity/spiffe_id.h"

#include <algorithm>
#include <utility>

namespace clew::mesh::identity {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kTrustDomainBytes = 255;
constexpr size_t kIdBytes = 2048;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_segment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." &&
         std::ranges::all_of(segment, [](char c) { return is_plain(c) || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

Result<void> check_trust_domain(std::string_view trust_domain) {
  bool good = !trust_domain.empty() && trust_domain.size() <= kTrustDomainBytes &&
              std::ranges::all_of(trust_domain, is_plain);
  if (good) return {};
  return fail(
      Code::kInvalid,
      "\"{}\" is no trust domain: use up to {} lower-case letters, digits, '.', '-' and '_'",
      trust_domain.substr(0, kTrustDomainBytes), kTrustDomainBytes);
}

Result<SpiffeId> SpiffeId::of(std::string_view trust_domain, std::string_view path) {
  if (auto checked = check_trust_domain(trust_domain); !checked)
    return std::unexpected(checked.error());
  std::string text(kScheme);
  text.append(trust_domain).append("/").append(path);
  if (text.size() > kIdBytes)
    return fail(Code::kInvalid, "a SPIFFE ID has at most {} bytes, not {}", kIdBytes, text.size());
  for (std::string_view rest = path;;) {
    size_t slash = std::min(rest.find('/'), rest.size());
    if (!is_segment(rest.substr(0, slash)))
      return fail(Code::kInvalid,
                  "\"{}\" cannot be part of a SPIFFE ID: use letters, digits, '.', '-' and '_'",
                  path);
    if (slash == rest.size()) return SpiffeId(std::move(text));
    rest.remove_prefix(slash + 1);
  }
}

Result<SpiffeId> SpiffeId::parse(std::string_view text) {
  if (!text.starts_with(kScheme))
    return fail(Code::kInvalid, "a SPIFFE ID begins with {}", kScheme);
  text.remove_prefix(kScheme.size());
  size_t slash = text.find('/');
  if (slash == text.npos) return fail(Code::kInvalid, "a workload's SPIFFE ID has a path");
  return of(text.substr(0, slash), text.substr(slash + 1));
}

std::string_view SpiffeId::trust_domain() const {
  std::string_view rest = std::string_view(text_).substr(kScheme.size());
  return rest.substr(0, rest.find('/'));
}

std::string_view SpiffeId::path() const {
  return std::string_view(text_).substr(kScheme.size() + trust_domain().size() + 1);
}

}  // namespace clew::mesh::identity
