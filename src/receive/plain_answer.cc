#include "receive/plain_answer.h"

#include <algorithm>
#include <chrono>

#include "net/status.h"

namespace clew::receive {

net::HttpResponse plain_answer(const Result<Ingest::Taken>& result) {
  if (result) return {.status = 202};
  const Error& error = result.error();
  auto response = net::HttpResponse::text(net::http_status(error.code), error.message + '\n');
  if (error.retry_after) {
    auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after);
    response.headers.emplace_back("Retry-After",
                                  std::to_string(std::max<int64_t>(1, seconds.count())));
  }
  return response;
}

}  // namespace clew::receive
