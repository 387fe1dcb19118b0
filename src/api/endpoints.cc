#include "api/endpoints.h"

#include "api/accept_encoding.h"
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
  if (response.body.size() < kWorthCompressing || !accepts_encoding(request, "gzip")) return;
  auto compressed = net::encode_content("gzip", response.body);
  if (!compressed) return log::warn("answer not compressed: {}", compressed.error().message);
  response.body = *std::move(compressed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace clew::api
