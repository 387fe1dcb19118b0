#include "api/endpoints.h"

#include "api/accept_encoding.h"
#include "api/etag.h"
#include "base/log.h"
#include "net/encoding.h"

namespace clew::api {
namespace {

constexpr size_t kWorthCompressing = 1024;  // less fits one packet anyway

}  // namespace

void warn_incomplete(net::HttpResponse& response) {
  response.headers.emplace_back(
      "Warning", "199 clew \"incomplete: a deadline, a limit or damage cut the answer short\"");
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
