// A control plane among others as it runs: its member with a thread, a database and streams.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/resource/resource_store.h"
#include "mesh/sync/member.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/secret.h"

namespace clew::mesh::sync {

/// One bidirectional stream of Message (message.h).
inline constexpr char kExchangeMethod[] = "/clew.mesh.v1.Sync/Exchange";

/// Another control plane that is called, again and again until it is there.
struct Callee {
  std::string url;     // for people
  bool global = true;  // what it must be: the global one, or another of the same zone
  net::GrpcClientOptions client;
};

struct NodeOptions {
  std::string name, zone;  // of this one; no zone: it is the global one
  std::vector<Callee> callees = {};
  std::optional<net::Secret> token = {};  // shown to those
  bool zone_tokens = true;                // who calls must show one
};

/// Shares the store's resources, and other items, with other control planes. Any thread may use it.
class Node {
 public:
  /// Told of items that are no resources, once they are kept here, whoever wrote them; and once of
  /// all that there are, by start(). On the node's thread, from which write() may be called, too.
  using OnItems = std::function<void(const std::string& scope, const std::vector<ItemPtr>& items)>;
  /// Called about once a second on the node's thread.
  using OnTick = std::function<void()>;

  /// Sets the store's admission. Fails with kIo, or for a callee's settings.
  static Result<std::unique_ptr<Node>> open(NodeOptions options, ResourceStore& store,
                                            const Clock& clock);
  ~Node();

  const Party& self() const { return member_->self(); }

  /// Begins to call and to listen.
  void start(OnItems on_items, OnTick on_tick);
  /// Of ResourceStore::watch().
  void update(std::shared_ptr<const World> world);
  /// Adds kExchangeMethod; the server they are given to must end before this does.
  void add_to(net::GrpcMethods& methods);

  /// Writes items, and returns when they are on disk.
  Result<void> write(const std::string& scope, const Contents& contents);
  /// All items of a kind that are not deleted.
  std::vector<ItemPtr> items(const std::string& scope, std::string_view kind);

  /// A token by which control planes of a zone are admitted, at the global one and at each other.
  /// kInvalid in a zone: only the global one makes them. `valid_for_ns` 0: for ever.
  Result<std::string> create_zone_token(const std::string& zone, uint64_t valid_for_ns);
  /// All of a zone; kNotFound when it has none.
  Result<void> revoke_zone_tokens(const std::string& zone);

  struct State {
    std::vector<PartyState> parties;
    std::map<std::string, std::string> unreachable;  // callees' URLs, and why
    uint64_t conflicts = 0;
    std::string problem;  // the last resource of a zone that was not valid
  };
  State state() const;

 private:
  struct Session;  // one stream, as either side
  struct Outbound {
    Callee callee;
    std::unique_ptr<net::GrpcClient> client = {};
    std::shared_ptr<Session> session = {};
    Millis again_at{0}, pause{0}, opened_at{0};
    std::string error = {};
  };
  using Job = std::function<void()>;

  Node(NodeOptions options, ResourceStore& store, const Clock& clock);
  Result<void> prepare();

  void post(Job job);
  template <typename Work>
  auto on_thread(Work work) -> decltype(work());
  void run();
  void look_at_worlds();
  Result<void> share(const std::shared_ptr<const World>& world);
  Result<void> share_all(const World& world);
  Result<void> attempt(const std::function<Result<void>()>& work);
  Result<void> keep(const std::string& scope, const Step& step);
  void tell_items();
  void drop_leftovers();
  void summarize();

  void call_due();
  void call(Outbound& outbound);
  void opened(const std::shared_ptr<Session>& session, Channel channel);
  void received(const std::shared_ptr<Session>& session, const SharedBytes& message);
  void closed(const std::shared_ptr<Session>& session, const Result<void>& why);
  void hang_up(Member::Link link, const Error& why);
  Result<void> admit(const Party& party, std::string_view authorization) const;
  void publish_state();

  const NodeOptions options_;
  ResourceStore& store_;
  const Clock& clock_;
  OnItems on_items_;
  OnTick on_tick_;

  // The thread's own.
  std::unique_ptr<Member> member_;
  std::map<Member::Link, std::shared_ptr<Session>> sessions_;
  std::deque<Outbound> outbound_;
  std::shared_ptr<const World> shared_;      // what of the store the member has
  std::shared_ptr<const World> summarized_;  // by the global one
  std::vector<std::pair<std::string, ItemPtr>> untold_;
  bool leftovers_ = true;
  Millis ticked_at_{0}, forgot_at_{0};
  std::string problem_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::deque<std::shared_ptr<const World>> worlds_;  // that are to be shared
  State state_;
  bool stopping_ = false;
  std::atomic<std::thread::id> runs_on_ = std::thread::id();  // thread_, once it runs
  std::thread thread_;
};

}  // namespace clew::mesh::sync
