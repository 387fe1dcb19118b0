#include "mesh/sync/node.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"
#include "mesh/compose/catalog.h"
#include "mesh/resource/parse.h"
#include "mesh/resource/schema.h"
#include "mesh/resource/token_table.h"
#include "mesh/sync/summary.h"
#include "mesh/sync/tables.h"
#include "mesh/sync/view.h"

namespace clew::mesh::sync {
namespace {

constexpr Millis kLook{200}, kTick{1'000}, kForgetEvery{3'600'000};
constexpr Millis kFirstPause{250}, kLastPause{5'000}, kStable{10'000};
/// What may wait of one stream for the thread: a peer has one part in flight.
constexpr size_t kWaitingBytes = 2 * kMessageBytes;
constexpr int kAttempts = 100;
constexpr char kZoneTokenPrefix[] = "clewzone_";

Millis steady_now() {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

ItemKey key_of(const ResourceKey& key) {
  return {key.kind, key.mesh, key.name};
}

Error mirrored(const ResourceKey& key, const Resource& there) {
  auto zone = there.labels.find("kuma.io/zone");
  std::string name = zone == there.labels.end() ? "a zone" : zone->second;
  return {Code::kInvalid, fmt::format("{} {} is of the zone {}: change it at a control plane of {}",
                                      key.kind, key.name, name, name)};
}

bool is_resource(const ItemKey& key) {
  return kinds().contains(key.kind) || key.kind == kZoneService || key.kind == kZoneIngress;
}

}  // namespace

struct Node::Session {
  net::GrpcStream stream = {};
  Member::Link link = 0;         // 0: not open yet, or over
  Outbound* outbound = nullptr;  // null: they called
  std::string who = {};          // for the log
  std::atomic<size_t> waiting_bytes = 0;
};

Result<std::unique_ptr<Node>> Node::open(NodeOptions options, ResourceStore& store,
                                         const Clock& clock) {
  std::unique_ptr<Node> node(new Node(std::move(options), store, clock));
  if (auto ready = node->prepare(); !ready) return std::unexpected(ready.error());
  return node;
}

Node::Node(NodeOptions options, ResourceStore& store, const Clock& clock)
    : options_(std::move(options)), store_(store), clock_(clock) {}

Result<void> Node::prepare() {
  auto kept = open_tables(store_.database());
  if (!kept) return std::unexpected(kept.error());
  Mode mode = options_.zone.empty() ? Mode::kGlobal : Mode::kZone;
  member_ = std::make_unique<Member>(
      Party{kept->self, options_.name, mode, options_.zone}, clock_,
      [this](const std::string& scope, const Step& step) { return keep(scope, step); },
      std::move(kept->replicas));
  for (const Callee& callee : options_.callees) {
    auto client = net::GrpcClient::create(callee.client);
    if (!client) return fail(client.error().code, "{}: {}", callee.url, client.error().message);
    outbound_.push_back({.callee = callee, .client = *std::move(client)});
  }
  store_.set_admission(
      {.put = [this](const Resource& resource, const World& world) -> Result<Resource> {
         ResourcePtr there = world.find(resource.key);
         if (there && is_mirrored(*there)) return std::unexpected(mirrored(resource.key, *there));
         return sync::admit(self(), resource);
       },
       .remove = [this](const ResourceKey& key, const World& world) -> Result<void> {
         ResourcePtr there = world.find(key);
         if (there && is_mirrored(*there)) return std::unexpected(mirrored(key, *there));
         return may_remove(self(), key);
       }});
  return {};
}

Node::~Node() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (Outbound& each : outbound_) each.client.reset();  // their last words find nobody any more
}

void Node::start(OnItems on_items, OnTick on_tick) {
  on_items_ = std::move(on_items);
  on_tick_ = std::move(on_tick);
  for (const auto& [scope, replica] : member_->replicas())
    for (const auto& [key, item] : replica.items())
      if (!is_resource(key)) untold_.emplace_back(scope, item);
  update(store_.world());
  thread_ = std::thread([this] { run(); });
}

void Node::add_to(net::GrpcMethods& methods) {
  methods.stream(kExchangeMethod, [this](net::GrpcStream stream) {
    auto session = std::make_shared<Session>();
    session->stream = stream;
    session->who = stream.peer();
    post([this, session] {
      opened(
          session,
          {.called_by_us = false,
           .send = [session](std::string bytes) { return session->stream.send(std::move(bytes)); },
           .admit =
               [this, session](const Party& party) {
                 return admit(party, session->stream.meta("authorization"));
               }});
    });
    return net::GrpcStreamHandler{
        .on_message = [this, session](const SharedBytes& message) { received(session, message); },
        .on_close = [this, session] { post([this, session] { closed(session, {}); }); }};
  });
}

// The thread.

void Node::post(Job job) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  jobs_.push_back(std::move(job));
  changed_.notify_all();
}

template <typename Work>
auto Node::on_thread(Work work) -> decltype(work()) {
  auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
  auto answer = task->get_future();
  bool inline_here = std::this_thread::get_id() == runs_on_.load();
  if (!inline_here) {
    std::lock_guard lock(mutex_);
    inline_here = stopping_ || runs_on_.load() == std::thread::id();  // nobody else is there
    if (!inline_here) jobs_.push_back([task] { (*task)(); });
    changed_.notify_all();
  }
  if (inline_here) (*task)();
  return answer.get();
}

void Node::run() {
  name_thread("mesh-sync");
  runs_on_ = std::this_thread::get_id();
  while (true) {
    std::deque<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kLook,
                        [this] { return stopping_ || !jobs_.empty() || !worlds_.empty(); });
      jobs.swap(jobs_);
      if (stopping_ && jobs.empty()) return;
    }
    for (Job& job : jobs) job();
    look_at_worlds();
    tell_items();
    Millis now = steady_now();
    if (now - ticked_at_ >= kTick) {
      ticked_at_ = now;
      drop_leftovers();
      if (on_tick_) on_tick_();
    }
    if (now - forgot_at_ >= kForgetEvery) {
      forgot_at_ = now;
      auto done = attempt([this] { return member_->forget_deleted(); });
      if (!done) log::error("mesh: {}", done.error().message);
    }
    for (Member::Link link : member_->advance(now))
      hang_up(link, {Code::kTimeout, "nothing is heard of it any more"});
    call_due();
    publish_state();
  }
}

// Resources.

void Node::update(std::shared_ptr<const World> world) {
  std::lock_guard lock(mutex_);
  // Several become one, unless that hid that something was deleted before its mesh was.
  auto keeps_meshes = [&](const World& before) {
    return std::ranges::all_of(before.of("Mesh"), [&](const ResourcePtr& mesh) {
      return world->find(mesh->key) != nullptr;
    });
  };
  if (!worlds_.empty() && keeps_meshes(*worlds_.back())) worlds_.pop_back();
  worlds_.push_back(std::move(world));
  changed_.notify_all();
}

void Node::look_at_worlds() {
  while (true) {
    std::shared_ptr<const World> world;
    {
      std::lock_guard lock(mutex_);
      if (worlds_.empty()) break;
      world = worlds_.front();
    }
    auto done = share(world);
    if (!done && done.error().code != Code::kUnavailable) {
      log::error("mesh: a change stays here for now: {}", done.error().message);
      return;  // it is tried again
    }
    std::lock_guard lock(mutex_);
    // Of what has changed meanwhile there is a newer World, behind this one or in its place.
    if (done) shared_ = world;
    if (!worlds_.empty() && worlds_.front() == world) worlds_.pop_front();
    if (!done && worlds_.empty()) worlds_.push_back(store_.world());
  }
  if (self().mode == Mode::kGlobal) summarize();
}

/// Writes what a World has otherwise than the one before.
Result<void> Node::share(const std::shared_ptr<const World>& world) {
  if (!shared_) return share_all(*world);
  std::map<std::string, Contents> changes;
  auto note = [&](const ResourceKey& key, const Resource* resource) {
    auto scope = scope_of(self(), key);
    if (!scope || (resource != nullptr && !sync::admit(self(), *resource))) return;
    changes[*scope][key_of(key)] = resource == nullptr ? "" : json_of(*resource).dump();
  };
  for (const ResourcePtr& each : world->all())
    if (shared_->find(each->key) != each) note(each->key, each.get());
  for (const ResourcePtr& each : shared_->all()) {
    bool hidden = !each->key.mesh.empty() && !world->find({"Mesh", "", each->key.mesh});
    if (!hidden && !world->find(each->key)) note(each->key, nullptr);
  }
  for (const auto& [scope, contents] : changes)
    if (auto done = member_->write(scope, contents); !done) return done;
  return {};
}

/// At the start: what was written or deleted just before the last end may not have been shared.
Result<void> Node::share_all(const World& world) {
  std::map<std::string, Contents> changes;
  for (const ResourcePtr& each : world.all()) {
    auto scope = scope_of(self(), each->key);
    if (!scope) continue;
    if (auto admitted = sync::admit(self(), *each); !admitted)
      log::warn("mesh: not shared: {}", admitted.error().message);
    else
      changes[*scope][key_of(each->key)] = json_of(*each).dump();
  }
  for (const auto& [scope, replica] : member_->replicas())
    for (const auto& [key, item] : replica.items()) {
      ResourceKey resource{key.kind, key.mesh, key.name};
      bool ours = kinds().contains(key.kind) && scope_of(self(), resource) == scope;
      bool hidden = !key.mesh.empty() && !world.find({"Mesh", "", key.mesh});
      if (ours && !hidden && !world.find(resource)) changes[scope][key] = "";
    }
  for (const auto& [scope, contents] : changes)
    if (auto done = member_->write(scope, contents); !done) return done;
  return {};
}

/// Runs `work`, which keeps something, until nobody has changed the store in between.
Result<void> Node::attempt(const std::function<Result<void>()>& work) {
  Result<void> done;
  for (int i = 0; i < kAttempts; ++i) {
    look_at_worlds();
    done = work();
    if (done || done.error().code != Code::kUnavailable) break;
  }
  return done;
}

Result<void> Node::keep(const std::string& scope, const Step& step) {
  auto world = store_.world();
  std::string problem;
  Replacement with = effect_of(self(), *world, member_->replicas(), scope, step, &problem);
  auto done =
      store_.replace(world, with, fmt::format("{} (shared)", scope.empty() ? "global" : scope),
                     [&](sqlite3* database) { return write_step(database, scope, step); });
  if (!done) return done;
  if (!problem.empty()) {
    log::warn("mesh: another control plane's {}", problem);
    problem_ = std::move(problem);
  }
  for (const ItemPtr& item : step.written)
    if (!is_resource(item->key)) untold_.emplace_back(scope, item);
  return {};
}

void Node::tell_items() {
  while (!untold_.empty()) {
    std::map<std::string, std::vector<ItemPtr>> by_scope;
    for (auto& [scope, item] : std::exchange(untold_, {}))
      by_scope[scope].push_back(std::move(item));
    for (const auto& [scope, items] : by_scope)
      if (on_items_) on_items_(scope, items);
  }
}

/// What was here when this was no zone's control plane yet, and the global one does not have.
void Node::drop_leftovers() {
  const Replica& everywhere = member_->replica(std::string(kEverywhere));
  if (!leftovers_ || self().mode == Mode::kGlobal || everywhere.seen().empty()) return;
  leftovers_ = false;
  auto world = store_.world();
  Replacement with;
  for (const ResourcePtr& each : world->all()) {
    ItemPtr item = everywhere.find(key_of(each->key));
    if (each->key.kind != "Dataplane" && (!item || item->deleted())) with.gone.push_back(each->key);
  }
  if (with.gone.empty()) return;
  log::warn("mesh: {} resources that the global control plane does not have go", with.gone.size());
  auto done =
      store_.replace(world, with, "global (shared)", [](sqlite3*) { return Result<void>(); });
  leftovers_ = !done.has_value();
}

void Node::summarize() {
  auto world = store_.world();
  if (world == summarized_) return;
  Contents wanted = summary_of(*world);
  for (const auto& [key, item] : member_->replica(std::string(kEverywhere)).items())
    if (key.kind == kZoneService || key.kind == kZoneIngress) wanted.try_emplace(key);
  auto done = member_->write(std::string(kEverywhere), wanted);
  if (done) summarized_ = std::move(world);
}

// Items.

Result<void> Node::write(const std::string& scope, const Contents& contents) {
  return on_thread(
      [&]() -> Result<void> { return attempt([&] { return member_->write(scope, contents); }); });
}

std::vector<ItemPtr> Node::items(const std::string& scope, std::string_view kind) {
  return on_thread([&] {
    std::vector<ItemPtr> found;
    for (const auto& [key, item] : member_->replica(scope).items())
      if (key.kind == kind && !item->deleted()) found.push_back(item);
    return found;
  });
}

Result<std::string> Node::create_zone_token(const std::string& zone, uint64_t valid_for_ns) {
  if (self().mode != Mode::kGlobal)
    return fail(Code::kInvalid, "the global control plane makes the tokens of zones");
  if (!store_.world()->find({"Zone", "", zone}))
    return fail(Code::kNotFound, "there is no Zone {}; apply it first", zone);
  auto token = make_token(kZoneTokenPrefix);
  if (!token) return token;
  nlohmann::json entry = {{"expires", valid_for_ns == 0 ? 0 : clock_.now() + valid_for_ns}};
  ItemKey key{std::string(kZoneToken), "", token_digest(*token)};
  if (auto kept = write(zone, {{key, entry.dump()}}); !kept) return std::unexpected(kept.error());
  return token;
}

Result<void> Node::revoke_zone_tokens(const std::string& zone) {
  if (self().mode != Mode::kGlobal)
    return fail(Code::kInvalid, "the global control plane takes the tokens of zones back");
  Contents gone;
  for (const ItemPtr& item : items(zone, kZoneToken)) gone[item->key] = "";
  if (gone.empty()) return fail(Code::kNotFound, "the zone {} has no token", zone);
  if (auto written = write(zone, gone); !written) return written;
  return on_thread([&]() -> Result<void> {
    for (const auto& [link, session] : std::map(sessions_))
      if (auto party = member_->party(link); party && party->zone == zone)
        hang_up(link, {Code::kUnauthenticated, "the tokens of the zone were taken back"});
    return {};
  });
}

/// Whether who calls is of the zone that it says.
Result<void> Node::admit(const Party& party, std::string_view authorization) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (party.mode != Mode::kZone)
    return fail(Code::kInvalid, "a global control plane is called, it does not call");
  if (authorization.empty() && !options_.zone_tokens) return {};
  if (!authorization.starts_with(kBearer))
    return fail(Code::kUnauthenticated, "{} of {} shows no token (see clew mesh zone-token)",
                party.name, party.zone);
  ItemKey key{std::string(kZoneToken), "", token_digest(authorization.substr(kBearer.size()))};
  ItemPtr item = member_->replica(party.zone).find(key);
  // A zone could write more tokens for itself; the global one believes only those that it made.
  if (item && self().mode == Mode::kGlobal && item->stamp.origin != self().id) item = nullptr;
  auto entry = nlohmann::json::parse(item ? item->content : "", nullptr, false);
  if (!entry.is_object())
    return fail(Code::kUnauthenticated, "{} shows a token that is none of the zone {}", party.name,
                party.zone);
  uint64_t expires = entry.value("expires", uint64_t{0});
  if (expires != 0 && expires <= clock_.now())
    return fail(Code::kUnauthenticated, "the token that {} shows has expired", party.name);
  return {};
}

// Streams.

void Node::call_due() {
  Millis now = steady_now();
  for (Outbound& each : outbound_)
    if (!each.session && now >= each.again_at) call(each);
}

void Node::call(Outbound& outbound) {
  net::HttpFields headers;
  if (options_.token) {
    auto token = options_.token->text();
    if (!token) {
      outbound.error = token.error().message;
      outbound.again_at = steady_now() + kLastPause;
      return;
    }
    headers.emplace_back("authorization", "Bearer " + *token);
  }
  auto session = std::make_shared<Session>();
  session->outbound = &outbound;
  session->who = outbound.callee.url;
  outbound.session = session;
  outbound.opened_at = steady_now();
  session->stream = outbound.client->open(
      kExchangeMethod,
      {.on_message = [this, session](const SharedBytes& message) { received(session, message); },
       .on_close =
           [this, session](Result<void> why) {
             post([this, session, why = std::move(why)] { closed(session, why); });
           }},
      headers);
  opened(session,
         {.called_by_us = true,
          .send = [session](std::string bytes) { return session->stream.send(std::move(bytes)); },
          .admit = [global = outbound.callee.global](const Party& party) -> Result<void> {
            if ((party.mode == Mode::kGlobal) == global) return {};
            return fail(Code::kInvalid, "it is a {} control plane (--global or --peer?)",
                        name_of(party.mode));
          }});
}

void Node::opened(const std::shared_ptr<Session>& session, Channel channel) {
  session->link = member_->open(std::move(channel), steady_now());
  sessions_[session->link] = session;
}

/// From a stream's thread.
void Node::received(const std::shared_ptr<Session>& session, const SharedBytes& message) {
  if ((session->waiting_bytes += message.size()) > kWaitingBytes)
    return post([this, session] {
      hang_up(session->link, {Code::kTooLarge, "more is sent than was acknowledged"});
    });
  post([this, session, message] {
    session->waiting_bytes -= message.size();
    if (session->link == 0) return;
    auto taken =
        attempt([&] { return member_->receive(session->link, message.view(), steady_now()); });
    if (taken) return;
    log::warn("mesh: the control plane at {} is sent away: {}", session->who,
              taken.error().message);
    hang_up(session->link, taken.error());
  });
}

void Node::hang_up(Member::Link link, const Error& why) {
  auto found = sessions_.find(link);
  if (found == sessions_.end()) return;
  auto session = found->second;
  session->stream.end(std::unexpected(why));
  closed(session, std::unexpected(why));
}

void Node::closed(const std::shared_ptr<Session>& session, const Result<void>& why) {
  if (session->link == 0) return;
  member_->close(session->link, why);
  sessions_.erase(std::exchange(session->link, 0));
  Outbound* outbound = session->outbound;
  if (outbound == nullptr) return;
  outbound->session.reset();
  Millis now = steady_now();
  bool stood = now - outbound->opened_at >= kStable;
  outbound->pause = stood ? kFirstPause : std::clamp(outbound->pause * 2, kFirstPause, kLastPause);
  outbound->again_at = now + outbound->pause;
  std::string error = why ? "it has ended the stream" : why.error().message;
  if (error != outbound->error)
    log::warn("mesh: the control plane at {} is away: {}", outbound->callee.url, error);
  outbound->error = std::move(error);
}

void Node::publish_state() {
  State state{.parties = member_->parties(),
              .unreachable = {},
              .conflicts = member_->conflicts(),
              .problem = problem_};
  for (Outbound& each : outbound_) {
    bool heard = each.session && member_->party(each.session->link).has_value();
    if (heard && !each.error.empty()) {
      log::info("mesh: the control plane at {} is there", each.callee.url);
      each.error.clear();
    }
    if (!heard) state.unreachable[each.callee.url] = each.error;
  }
  std::lock_guard lock(mutex_);
  state_ = std::move(state);
}

Node::State Node::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace clew::mesh::sync
