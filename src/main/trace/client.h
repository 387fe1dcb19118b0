// How `clew trace` talks to a store.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"

namespace clew {

/// Where the store is, and who asks.
struct StoreAddress {
  std::string url = "http://127.0.0.1:16686";
  std::string tenant;                   // empty: the store's default
  std::string token_file;               // empty: none
  std::string username, password_file;  // both or none
  std::string ca_file;                  // of https; empty: the system's
};

struct StoreAnswer {
  std::string body;
  /// The server says in a header that there may be more: a deadline, a limit or damage cut it
  /// short.
  bool incomplete = false;
};

using QueryParams = std::vector<std::pair<std::string, std::string>>;

/// One request at a time, waited for on the thread that calls, which must have the signals blocked
/// (prepare_signals()): SIGINT and SIGTERM end a call, see was_interrupted().
class StoreClient {
 public:
  static Result<StoreClient> create(StoreAddress address);

  /// Called about every 100 ms while an answer is not there, with how long it has taken so far.
  using Waiting = std::function<void(std::chrono::milliseconds)>;

  /// A 2xx answer; other answers are errors in the server's words.
  Result<StoreAnswer> get(const std::string& path, const QueryParams& params,
                          const Waiting& waiting = {}) const;

  /// Gives the body piece by piece to `take`, on another thread, until the server ends it (no
  /// error), `take` gives false, or a signal comes (was_interrupted() then).
  Result<void> follow(const std::string& path, const QueryParams& params,
                      std::function<bool(std::string_view)> take) const;

  /// Whether a signal has ended a call.
  bool was_interrupted() const { return *interrupted_; }

  const StoreAddress& address() const { return address_; }

 private:
  StoreClient(StoreAddress address, std::string authorization);
  Result<net::HttpReply> call(net::HttpCall call, const Waiting& waiting) const;
  net::HttpCall call_of(const std::string& path, const QueryParams& params) const;

  StoreAddress address_;
  std::string authorization_;
  std::shared_ptr<bool> interrupted_ = std::make_shared<bool>(false);
};

/// `text` as it stands in a query or a segment of a path.
std::string url_encoded(std::string_view text);

}  // namespace clew
