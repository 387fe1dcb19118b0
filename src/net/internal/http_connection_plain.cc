#include "net/internal/http_connection.h"

namespace clew::net {

std::shared_ptr<HttpSession> make_plain_session(std::shared_ptr<HttpCore> core, Socket socket) {
  return std::make_shared<HttpConnection<Socket>>(std::move(core), std::move(socket));
}

}  // namespace clew::net
