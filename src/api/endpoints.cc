#include "api/endpoints.h"

#include <xxhash.h>

#include <algorithm>

#include "api/accept_encoding.h"
#include "api/etag.h"
#include "base/log.h"
#include "net/encoding.h"

namespace clew::api {
namespace {

constexpr size_t kWorthCompressing = 1024;  // less fits one packet anyway

/// Whether a list of tags, weak or not, has this one.
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    size_t comma = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
  }
  return false;
}

}  // namespace

void warn_incomplete(net::HttpResponse& response) {
  response.headers.emplace_back(
      "Warning", "199 clew \"incomplete: a deadline, a limit or damage cut the answer short\"");
}

void tag_answer(const net::HttpRequest& request, net::HttpResponse& response) {
  std::string_view body = response.body.view();
  XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
  std::string tag = fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
  if (names_tag(request.header("If-None-Match"), tag)) response = {.status = 304};
  response.headers.emplace_back("ETag", std::move(tag));
  response.headers.emplace_back("Cache-Control",
                                "no-cache");  // keep it, and ask whether it changed
}

void compress_if_wanted(const net::HttpRequest& request, net::HttpResponse& response) {
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (response.body.size() < kWorthCompressing) return;
  std::string encoding;
  for (const char* ours : {"zstd", "gzip"})
    if (encoding.empty() && accepts_encoding(request, ours)) encoding = ours;
  if (encoding.empty()) return;
  auto compressed = net::encode_content(encoding, response.body);
  if (!compressed) return log::warn("answer not compressed: {}", compressed.error().message);
  response.body = *std::move(compressed);
  set_etag_encoding(response, encoding);
  response.headers.emplace_back("Content-Encoding", std::move(encoding));
}

}  // namespace clew::api
