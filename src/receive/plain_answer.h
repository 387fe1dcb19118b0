// How Zipkin's and Jaeger's HTTP APIs are answered.
#pragma once

#include "net/http_message.h"
#include "receive/ingest.h"

namespace clew::receive {

/// 202 without a body, or the error's status and its message as text, with Retry-After where the
/// error says when.
net::HttpResponse plain_answer(const Result<Ingest::Taken>& result);

}  // namespace clew::receive
