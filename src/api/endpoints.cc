#include "api/endpoints.h"

#include "api/accept_encoding.h"
#include "api/etag.h"
#include "base/log.h"
#include "net/content_encoder.h"
#include "net/encoding.h"

namespace clew::api {
namespace {

constexpr size_t kWorthCompressing = 1024;  // less fits one packet anyway

/// The pieces as one stream.
std::function<std::string()> compressed(std::function<std::string()> pieces,
                                        std::shared_ptr<net::ContentEncoder> encoder) {
  return [pieces = std::move(pieces), encoder = std::move(encoder)]() mutable {
    if (!encoder) return std::string();
    std::string piece = pieces();
    bool is_last = piece.empty();
    std::string out = encoder->add(piece, is_last);
    if (is_last) encoder = nullptr;
    return out;
  };
}

}  // namespace

void warn_incomplete(net::HttpResponse& response) {
  response.headers.emplace_back(
      "Warning", "199 clew \"incomplete: a deadline, a limit or damage cut the answer short\"");
}

std::string_view wanted_encoding(const net::HttpRequest& request) {
  for (std::string_view ours : {"zstd", "gzip"})
    if (accepts_encoding(request, ours)) return ours;
  return {};
}

void compress_if_wanted(const net::HttpRequest& request, net::HttpResponse& response) {
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!response.pieces && response.body.size() < kWorthCompressing) return;
  for (const auto& [name, value] : response.headers)
    if (name == "Content-Encoding") return;
  std::string encoding(wanted_encoding(request));
  if (encoding.empty()) return;
  if (response.pieces) {
    auto encoder = net::ContentEncoder::start(encoding);
    if (!encoder) return log::warn("answer not compressed: {}", encoder.error().message);
    response.pieces = compressed(std::move(response.pieces), *std::move(encoder));
  } else {
    auto body = net::encode_content(encoding, response.body);
    if (!body) return log::warn("answer not compressed: {}", body.error().message);
    response.body = *std::move(body);
  }
  set_etag_encoding(response, encoding);
  response.headers.emplace_back("Content-Encoding", std::move(encoding));
}

}  // namespace clew::api
