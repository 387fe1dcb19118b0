#include "crowd.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <utility>

#include "connection.h"
#include "envoy.h"

namespace clew::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{200};
constexpr std::chrono::milliseconds kProbe{20};

}  // namespace

/// An Envoy and its connection, which is opened again when it ends.
class Crowd::Client final : public Connection::User, public Event {
 public:
  Client(Crowd& crowd, const Member& member, int number)
      : crowd_(crowd),
        envoy_(crowd.options_.mesh + "." + member.name, crowd.filler_, crowd.options_.secrets),
        connection_(crowd.options_.target, number, member.token, crowd.queue_, *this) {}

  void connect() {
    if (wanted_) return;
    wanted_ = true;
    connection_.open();
  }

  void drop(bool forget) {
    at_once_ = wanted_;
    forget_ = forget;
    if (waiting_) return alarm_.Cancel();
    connection_.cancel();
  }

  void refuse(Type type, bool refuses) { envoy_.refuse(type, refuses); }

  void on_open() override {
    for (std::string& message : envoy_.open()) connection_.send(std::move(message));
  }

  void on_message(std::string_view bytes) override {
    failures_ = 0;
    auto response = read_response(bytes);
    if (!response) return connection_.cancel();
    bool warmed = envoy_.is_warming();
    crowd_.tally_.count(*response, bytes.size(), counted_);
    say(envoy_.receive(*response));
    if (!warmed) warming_since_ = SteadyClock::now();
  }

  /// To be called now and then.
  void look_at_clock(SteadyClock::time_point now) {
    if (!envoy_.is_warming() || now < warming_since_ + crowd_.options_.patience) return;
    crowd_.tally_.count_stall();
    say(envoy_.stop_warming());
  }

  void on_end() override {
    crowd_.tally_.count_end();
    if (std::exchange(at_once_, false)) return reopen();
    wait();
  }

  /// The wait is over, or was ended.
  void happen(bool) override {
    waiting_ = at_once_ = false;
    reopen();
  }

  bool connected() const { return connection_.is_open(); }
  bool complete() {
    if (std::exchange(changed_, false)) complete_ = envoy_.complete();
    return connected() && complete_;
  }
  void mark() { counted_ = {}; }
  const Counted& counted() const { return counted_; }
  std::string_view name() const {
    return std::string_view(envoy_.id()).substr(envoy_.id().find('.') + 1);
  }

 private:
  void say(Envoy::Said said) {
    changed_ = true;
    for (std::string& message : said.messages) connection_.send(std::move(message));
    crowd_.tally_.count_answers(said.answers, now_ns(), counted_);
  }

  void reopen() {
    if (std::exchange(forget_, false)) envoy_.forget();
    changed_ = true;
    if (!crowd_.is_listened_to()) return wait();
    connection_.open();
  }

  /// Anything up to twice as much as the time before, as Envoy does.
  void wait() {
    const auto& options = crowd_.options_;
    auto most = std::min(options.max_backoff, options.first_backoff * (1 << failures_));
    failures_ = std::min(failures_ + 1, 16);
    std::chrono::milliseconds time(
        std::uniform_int_distribution<int64_t>(0, most.count())(crowd_.random_));
    waiting_ = true;
    alarm_.Set(&crowd_.queue_, std::chrono::system_clock::now() + time, static_cast<Event*>(this));
  }

  Crowd& crowd_;
  Envoy envoy_;
  Connection connection_;
  Counted counted_;
  grpc::Alarm alarm_;
  SteadyClock::time_point warming_since_;
  int failures_ = 0;  // to be connected, in a row
  bool wanted_ = false, waiting_ = false, at_once_ = false, forget_ = false;
  bool changed_ = false, complete_ = false;  // complete_ is as it was before it changed
};

Crowd::Crowd(const CrowdOptions& options, const std::vector<Member>& members, uint32_t seed)
    : options_(options), filler_(node_filler(options.node_bytes)), random_(seed) {
  for (size_t i = 0; i < members.size(); ++i)
    clients_.push_back(std::make_unique<Client>(*this, members[i], static_cast<int>(i)));
  thread_ = std::thread([this] { run(); });
}

Crowd::~Crowd() {
  // Streams are not ended one by one: the program ends, and the kernel ends them.
  thread_.detach();
}

void Crowd::run() {
  void* tag = nullptr;
  bool ok = false;
  auto next_tick = SteadyClock::now() + kTick;
  while (true) {
    auto status = queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kTick);
    if (status == grpc::CompletionQueue::SHUTDOWN) return;
    std::lock_guard lock(mutex_);
    if (status == grpc::CompletionQueue::GOT_EVENT) static_cast<Event*>(tag)->happen(ok);
    auto now = SteadyClock::now();
    if (now < next_tick) continue;
    next_tick = now + kTick;
    for (const auto& client : clients_) client->look_at_clock(now);
  }
}

/// While nobody listens, thousands that find that out by themselves would take the machine from who
/// is about to: Envoys run elsewhere.
bool Crowd::is_listened_to() {
  auto now = SteadyClock::now();
  if (now - probed_at_ < kProbe) return listened_to_;
  probed_at_ = now;
  return listened_to_ = bench::is_listened_to(options_.target);
}

void Crowd::connect() {
  for (const auto& client : clients_) {
    std::lock_guard lock(mutex_);
    client->connect();
  }
}

void Crowd::drop() {
  std::lock_guard lock(mutex_);
  for (const auto& client : clients_) client->drop(false);
}

void Crowd::forget() {
  std::lock_guard lock(mutex_);
  for (const auto& client : clients_) client->drop(true);
}

void Crowd::refuse(Type type, size_t count) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < clients_.size(); ++i) clients_[i]->refuse(type, i < count);
}

void Crowd::mark() {
  std::lock_guard lock(mutex_);
  tally_ = {};
  for (const auto& client : clients_) client->mark();
}

void Crowd::add_to(Tally& tally) const {
  std::lock_guard lock(mutex_);
  tally.add(tally_);
  for (const auto& client : clients_) tally.add(client->name(), client->counted());
}

void Crowd::add_to(CrowdState& state) const {
  std::lock_guard lock(mutex_);
  state.all += clients_.size();
  for (const auto& client : clients_) {
    state.connected += client->connected();
    state.complete += client->complete();
    state.answered += client->counted().last_ack_ns != 0;
    state.last_ack_ns = std::max(state.last_ack_ns, client->counted().last_ack_ns);
  }
}

}  // namespace clew::bench
