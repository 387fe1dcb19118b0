// Of an HTTP connection's port that gRPC shares: whose the connection is. Included by
// http_connection.h.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "net/internal/first_bytes.h"
#include "net/internal/http_connection.h"

namespace clew::net {

/// The bytes stay in the socket, for whoever reads them then.
template <typename Stream>
void HttpConnection<Stream>::wait_for_first_bytes(size_t needed) {
  error_code error;  // then it is woken too early, and the connection counts as HTTP/1
  tcp().set_option(asio::socket_base::receive_low_watermark(static_cast<int>(needed)), error);
  tcp().async_wait(Socket::wait_read, [self = self(), needed](error_code failed) {
    if (failed || self->closed_) return self->close();
    self->on_first_bytes(needed);
  });
}

template <typename Stream>
void HttpConnection<Stream>::on_first_bytes(size_t needed) {
  std::string bytes(kSniffedBytes, '\0');
  ssize_t got = ::recv(tcp().native_handle(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  Sniffed sniffed = kTls ? sniff_tls(bytes) : sniff_plain(bytes);
  // Woken with less than was waited for: no more will come.
  bool all_came = bytes.size() < needed;
  if (sniffed.verdict == FirstBytes::kTooFew && !all_came)
    return wait_for_first_bytes(sniffed.needed);
  error_code error;
  tcp().set_option(asio::socket_base::receive_low_watermark(1), error);
  if (sniffed.verdict == FirstBytes::kHttp2) return give_away();
  begin_http1();
}

template <typename Stream>
void HttpConnection<Stream>::give_away() {
  closed_ = true;
  expect_nothing();
  error_code error;
  int socket = tcp().release(error);
  if (!error) core_->options.take_http2(socket);
}

}  // namespace clew::net
