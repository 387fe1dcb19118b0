#include "api/etag.h"

#include <xxhash.h>

#include <algorithm>
#include <optional>

namespace clew::api {
namespace {

constexpr std::string_view kSpaces = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kSpaces)));
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

/// The tag in a list that is of this content, in whatever encoding: `content`, perhaps with a
/// suffix; `*` is any. Weak tags count: the answer would be the same. Source: RFC 9110, 13.1.2.
std::optional<std::string_view> find_tag(std::string_view list, std::string_view content) {
  while (!list.empty()) {
    std::string_view tag = trimmed(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.size(), list.find(',')));
    list.remove_prefix(std::min<size_t>(list.size(), 1));
    if (tag == "*") return content;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') continue;
    tag = tag.substr(1, tag.size() - 2);
    if (tag.substr(0, tag.find('-')) == content) return tag;
  }
  return std::nullopt;
}

/// `mark` stands before the tag: W/ if it is weak.
void set_tag(const net::HttpRequest& request, net::HttpResponse& response, std::string_view mark,
             std::string_view content) {
  std::string_view tag = content;
  if (auto known = find_tag(request.header("If-None-Match"), content)) {
    tag = *known;  // as the answer would have been tagged that the client has
    response.status = 304;
    response.content_type.clear();
    response.body = {};
    response.pieces = nullptr;
  }
  response.headers.emplace_back("ETag", fmt::format("{}\"{}\"", mark, tag));
  // Keep it, and ask whether it changed.
  response.headers.emplace_back("Cache-Control", "no-cache");
}

}  // namespace

std::string body_tag(std::string_view body) {
  XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void set_etag(const net::HttpRequest& request, net::HttpResponse& response, std::string_view tag) {
  set_tag(request, response, "", tag);
}

void set_etag(const net::HttpRequest& request, net::HttpResponse& response) {
  set_etag(request, response, body_tag(response.body.view()));
}

void set_weak_etag(const net::HttpRequest& request, net::HttpResponse& response,
                   std::string_view content) {
  set_tag(request, response, "W/", content);
}

void set_etag_encoding(net::HttpResponse& response, std::string_view encoding) {
  for (auto& [name, value] : response.headers)
    if (name == "ETag") value.insert(value.size() - 1, fmt::format("-{}", encoding));
}

}  // namespace clew::api
