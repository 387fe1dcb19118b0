#include "api/clew_tail.h"

#include <memory>
#include <optional>
#include <utility>

#include "api/clew_json.h"
#include "api/clew_openapi.h"
#include "api/clew_query.h"
#include "api/params.h"
#include "base/json.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

constexpr std::string_view kPath = "/api/clew/v1/tail";
constexpr uint64_t kDefaultRate = 20;
constexpr uint64_t kMaxRate = 200;
/// What may wait for a client that reads slowly: some hundred events.
constexpr size_t kPendingBytes = 256 << 10;

/// Writes events to one client. Source: HTML Living Standard, 9.2.6.
class EventStream final : public query::Follower {
 public:
  explicit EventStream(net::HttpStream stream) : stream_(std::move(stream)) {
    send(": following\n\n");  // so that what is between us passes the head on
  }

  bool is_gone() const override { return !stream_.is_open(); }
  bool is_full() const override { return stream_.pending_bytes() > kPendingBytes; }

  void tell(const query::TraceSummary& trace) override {
    JsonWriter json;
    write_clew_summary(json, trace);
    send("event: trace\ndata: " + json.take() + "\n\n");
  }
  void tell_dropped(uint64_t traces) override {
    send(fmt::format("event: dropped\ndata: {{\"count\":{}}}\n\n", traces));
  }
  void tell_alive() override { send(": still here\n\n"); }

 private:
  void send(std::string text) { stream_.write(SharedBytes::take(std::move(text))); }

  net::HttpStream stream_;
};

Result<uint64_t> rate_param(const HttpRequest& request) {
  auto rate = number_param(request, "rate");
  if (!rate) return std::unexpected(rate.error());
  uint64_t asked = rate->value_or(kDefaultRate);
  if (asked < 1 || asked > kMaxRate)
    return bad_param("rate", fmt::format("{} is not 1 to {} traces a second", asked, kMaxRate));
  return asked;
}

Result<std::optional<TraceId>> trace_param(const HttpRequest& request) {
  std::string_view text = text_param(request, "traceId");
  if (text.empty()) return std::nullopt;
  auto id = parse_trace_id(text);
  if (!id) return bad_param("traceId", id.error().message);
  return *id;
}

Result<void> follow(query::Tail& tail, const DescribedParams& params, const HttpRequest& request,
                    HttpResponder& responder) {
  auto tenant = tenant_of(request);
  if (!tenant) return std::unexpected(tenant.error());
  if (auto checked = params.check(request); !checked) return checked;
  auto query = parse_clew_query(request);
  if (!query) return std::unexpected(query.error());
  auto rate = rate_param(request);
  if (!rate) return std::unexpected(rate.error());
  auto trace = trace_param(request);
  if (!trace) return std::unexpected(trace.error());
  auto stream = [&] {
    return std::make_unique<EventStream>(responder.stream(
        {.content_type = "text/event-stream",
         .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}}));
  };
  return tail.follow(*tenant, query->filter, *rate, stream, *trace);
}

}  // namespace

void add_clew_tail(net::HttpRoutes& routes, query::Tail& tail) {
  routes.add("GET", kPath,
             [&tail, params = DescribedParams("GET", kPath)](const HttpRequest& request,
                                                             HttpResponder responder) {
               auto followed = follow(tail, params, request, responder);
               if (!followed) responder.send(HttpResponse::json_error(followed.error()));
             });
}

}  // namespace clew::api
