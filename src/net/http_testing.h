// A blocking HTTP client for tests: one request per connection. Not part of the product.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "net/http_message.h"

namespace clew::net::testing {

struct HttpAnswer {
  int status = 0;
  std::string head;  // status line and headers, in lower case
  std::string body;
  bool whole = true;  // false: the last chunk of the body did not come

  /// Whether a header stands there, e.g. "retry-after: 1".
  bool has(std::string_view header) const {
    return head.find("\r\n" + std::string(header) + "\r\n") != head.npos;
  }
};

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : port_(port) {}

  HttpAnswer post(std::string_view path, const HttpFields& headers, std::string_view body) {
    return send("POST", path, headers, "Content-Length: " + std::to_string(body.size()), body);
  }

  /// As Envoy sends its spans: without a length, in chunks.
  HttpAnswer post_chunked(std::string_view path, const HttpFields& headers, std::string_view body) {
    constexpr size_t kChunk = 100;
    std::string chunks;
    for (size_t at = 0; at < body.size(); at += kChunk) {
      std::string_view chunk = body.substr(at, kChunk);
      chunks += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    return send("POST", path, headers, "Transfer-Encoding: chunked", chunks + "0\r\n\r\n");
  }

  HttpAnswer get(std::string_view path, const HttpFields& headers = {}) {
    return send("GET", path, headers, "Accept: */*", "");
  }

  /// A request without a body.
  HttpAnswer call(std::string_view method, std::string_view path, const HttpFields& headers = {}) {
    return send(method, path, headers, "Content-Length: 0", "");
  }

 private:
  HttpAnswer send(std::string_view method, std::string_view path, const HttpFields& headers,
                  std::string_view framing, std::string_view body) {
    std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{}\r\n",
                                      method, path, framing);
    for (const auto& [name, value] : headers) request += fmt::format("{}: {}\r\n", name, value);
    request += "\r\n";
    request += body;
    return parse(exchange(request));
  }

  /// Sends all, reads until the server closes.
  std::string exchange(std::string_view request) const {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    CLEW_CHECK(fd >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CLEW_CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    while (!request.empty()) {
      // A server that refuses may close before it has read all.
      ssize_t sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      request.remove_prefix(static_cast<size_t>(sent));
    }
    std::string answer;
    char buffer[4096];
    for (ssize_t got; (got = ::recv(fd, buffer, sizeof(buffer), 0)) > 0;)
      answer.append(buffer, static_cast<size_t>(got));
    ::close(fd);
    return answer;
  }

  static HttpAnswer parse(const std::string& text) {
    HttpAnswer answer;
    size_t end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == text.npos) return answer;
    answer.status = std::stoi(text.substr(9, 3));
    answer.body = text.substr(end + 4);
    answer.head = text.substr(0, end + 2);
    for (char& c : answer.head) c = static_cast<char>(std::tolower(c));
    if (answer.has("transfer-encoding: chunked")) join_chunks(answer);
    return answer;
  }

  static void join_chunks(HttpAnswer& answer) {
    std::string chunks = std::exchange(answer.body, {});
    answer.whole = false;
    for (size_t at = 0; at < chunks.size();) {
      size_t line_end = chunks.find("\r\n", at);
      if (line_end == chunks.npos) return;
      size_t size = std::stoul(chunks.substr(at, line_end - at), nullptr, 16);
      answer.whole = size == 0;
      answer.body += std::string_view(chunks).substr(line_end + 2, size);
      at = line_end + 2 + size + 2;
    }
  }

  uint16_t port_;
};

}  // namespace clew::net::testing
