#include <boost/asio/ssl/context.hpp>

#include "net/internal/http_connection.h"

namespace clew::net {

std::shared_ptr<HttpSession> make_tls_session(std::shared_ptr<HttpCore> core, Socket socket) {
  asio::ssl::context& tls = *core->tls;
  return std::make_shared<HttpConnection<asio::ssl::stream<Socket>>>(std::move(core),
                                                                     std::move(socket), tls);
}

}  // namespace clew::net
