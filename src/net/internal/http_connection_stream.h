// The part of a connection that sends an answer while it comes into being: pushed by whoever has an
// HttpStream, or asked for with HttpResponse::pieces. Included by http_connection.h.
//
//   start_stream --+              +---- add_piece (pushed)
//                  v              v
//   write -> write_stream_head -> next_piece -> write_piece -> on_piece_written -> next_piece
//                                  |  |
//                                  |  +-> ask_for_piece (on the pool) -> next_piece
//                                  +-> last chunk -> on_written
#pragma once

#include <array>

#include "net/internal/http_connection.h"

namespace clew::net {

template <typename Stream>
void HttpConnection<Stream>::start_stream(HttpResponse head,
                                          std::shared_ptr<HttpStreamState> state) {
  stream_state_ = std::move(state);
  if (closed_ || is_head_ || core_->stopping) stream_state_->closed = true;
  if (closed_) return;
  keep_alive_ = keep_alive_ && !core_->stopping;
  write_stream_head(std::move(head));
  if (!is_head_) watch_client();
}

/// HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
template <typename Stream>
void HttpConnection<Stream>::write_stream_head(HttpResponse response) {
  bool has_chunks = parser_->get().version() >= 11;
  keep_alive_ = keep_alive_ && has_chunks;
  core_->count(response.status);
  out_head_ = response_head(response, static_cast<int>(parser_->get().version()), keep_alive_,
                            has_chunks ? BodyEnd::kChunk : BodyEnd::kClose);
  pieces_end_ = is_head_;
  if (is_head_) pieces_ = nullptr;
  writing_ = true;
  asio::async_write(stream_, asio::buffer(out_head_), progress(),
                    [self = self()](error_code error, size_t) {
                      self->writing_ = false;
                      if (error || self->closed_) return self->close();
                      self->next_piece();
                    });
}

/// Notices a client that goes while there is nothing to write to it. One that sends the next
/// request already is not watched any longer, nor is one whose TLS says goodbye first: they are
/// found out by writing.
template <typename Stream>
void HttpConnection<Stream>::watch_client() {
  tcp().async_wait(Socket::wait_read, [self = self()](error_code error) {
    if (error || self->closed_ || !self->stream_state_) return;
    error_code failed;
    if (self->tcp().available(failed) == 0 || failed) self->close();
  });
}

template <typename Stream>
void HttpConnection<Stream>::add_piece(SharedBytes bytes) {
  if (closed_) return;
  queue_.push_back(std::move(bytes));
  next_piece();
}

template <typename Stream>
void HttpConnection<Stream>::end_of_pieces() {
  pieces_end_ = true;
  next_piece();
}

/// Does what is next. What has to wait for a piece that is being written or made is done when it is
/// called again after that.
template <typename Stream>
void HttpConnection<Stream>::next_piece() {
  if (closed_) return;
  // One piece is made while the one before is on its way.
  if (pieces_ && queue_.size() <= 1) ask_for_piece();
  if (writing_) return;
  if (!queue_.empty()) return write_piece(queue_.front().view());
  if (asking_ || !pieces_end_) return expect_nothing();  // handlers watch their own time
  if (stream_state_) stream_state_->closed = true;
  stream_state_.reset();
  static constexpr std::string_view kLastChunk = "0\r\n\r\n";
  bool has_chunks = !is_head_ && parser_->get().version() >= 11;
  writing_ = true;
  asio::async_write(stream_, asio::buffer(has_chunks ? kLastChunk : std::string_view()), progress(),
                    [self = self()](error_code error, size_t) {
                      self->writing_ = false;
                      self->on_written(error);
                    });
}

template <typename Stream>
void HttpConnection<Stream>::write_piece(std::string_view piece) {
  bool has_chunks = parser_->get().version() >= 11;
  out_head_ = has_chunks ? fmt::format("{:x}\r\n", piece.size()) : std::string();
  std::array<asio::const_buffer, 3> buffers = {
      asio::buffer(out_head_), asio::const_buffer(piece.data(), piece.size()),
      asio::buffer(std::string_view(has_chunks ? "\r\n" : ""))};
  writing_ = true;
  asio::async_write(stream_, buffers, progress(),
                    [self = self()](error_code error, size_t) { self->on_piece_written(error); });
}

template <typename Stream>
void HttpConnection<Stream>::on_piece_written(error_code error) {
  writing_ = false;
  if (stream_state_) stream_state_->pending_bytes -= queue_.front().size();
  queue_.pop_front();
  if (error || closed_) return close();
  next_piece();
}

template <typename Stream>
void HttpConnection<Stream>::ask_for_piece() {
  asking_ = true;
  core_->handlers.post([self = self(), pieces = std::move(pieces_)]() mutable {
    std::string piece;
    bool failed = self->core_->out_of_time;
    try {
      if (!failed) piece = pieces();
    } catch (const std::exception& exception) {
      log::error("{}: an answer broke off: {}", self->core_->options.name, exception.what());
      failed = true;
    }
    self->core_->post(self->strand(), [self, pieces = std::move(pieces), piece = std::move(piece),
                                       failed]() mutable {
      self->asking_ = false;
      if (failed || self->closed_) return self->close();
      self->pieces_end_ = piece.empty();
      if (!piece.empty()) {
        self->pieces_ = std::move(pieces);
        self->queue_.push_back(SharedBytes::take(std::move(piece)));
      }
      self->next_piece();
    });
  });
}

}  // namespace clew::net
