// One trace as an answer that is written while the trace is read: the same for every API.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "query/trace_stream.h"

namespace clew::api {

/// How one API writes a trace. Asked on one thread at a time.
class TraceAnswer {
 public:
  virtual ~TraceAnswer() = default;

  /// The next span. The batch lives until end_part().
  virtual void add(const otlp::Batch& batch, const otlp::SpanRef& ref) = 0;
  /// Some thousand spans have come.
  virtual void end_part() {}
  /// All have come; not `complete`: a limit or damage left some out, as was known before the first.
  /// An answer of which that turns out later is broken off, since its head has an ETag.
  virtual void finish(bool complete) = 0;

  /// Bytes that were written and not taken yet.
  virtual size_t size() const = 0;
  virtual std::string take() = 0;
  /// What is kept of the spans until the end, in bytes.
  virtual size_t memory_bytes() const { return 0; }
};

/// The answer piece by piece, for net::HttpResponse::pieces. Throws when what the answer keeps is
/// more than limits::kTraceAnswerBytes, or when only now the trace turns out not to be complete.
std::function<std::string()> trace_pieces(std::unique_ptr<query::TraceStream> trace,
                                          std::unique_ptr<TraceAnswer> answer);

/// What a streamed trace differs by from another answer of the same trace: of the ETag.
enum class TraceForm : uint8_t { kJson, kProtobuf };

/// A response of these pieces, with an ETag if nothing is missing, or 304.
net::HttpResponse trace_response(const net::HttpRequest& request,
                                 std::unique_ptr<query::TraceStream> trace,
                                 std::unique_ptr<TraceAnswer> answer,
                                 TraceForm form = TraceForm::kJson);

}  // namespace clew::api
