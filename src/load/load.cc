#include "load/load.h"

#include <algorithm>

#include "load/workload.h"

namespace clew::load {
namespace {

using Seconds = std::chrono::duration<double>;

/// When everything has arrived, what is sent again may still come. After an outage that may be
/// late, and other senders' spans stand in the queue behind ours.
constexpr std::chrono::milliseconds kLateCopies{1000};
/// Of a run whose arrivals are checked, at 16 bytes each.
constexpr uint64_t kMostCheckedSpans = 1'000'000'000;

}  // namespace

void Tally::merge(const Tally& other) {
  accepted += other.accepted;
  refused += other.refused;
  bytes += other.bytes;
  behind = std::max(behind, other.behind);
  answers_ms.insert(answers_ms.end(), other.answers_ms.begin(), other.answers_ms.end());
  traces.merge(other.traces);
  if (problem.empty()) problem = other.problem;
}

Result<std::unique_ptr<Load>> Load::create(Options options) {
  auto load = std::unique_ptr<Load>(new Load(std::move(options)));
  auto created =
      in_order([&] { return load->create_senders(); }, [&] { return load->prepare_receiver(); });
  if (!created) return std::unexpected(std::move(created.error()));
  return load;
}

Load::Load(Options options) : options_(std::move(options)) {}

Load::~Load() {
  stop();
}

void Load::stop() {
  stopped_early_ = true;
  sends_no_more_ = true;
}

Result<void> Load::prepare_receiver() {
  if (options_.receive.empty()) return {};
  if (options_.spans > kMostCheckedSpans)
    return fail(Code::kInvalid, "what arrives can be checked of at most {} spans",
                kMostCheckedSpans);
  arrivals_ = std::make_unique<Arrivals>(options_.spans);
  return options_.receive_late ? Result<void>() : start_receiver();
}

Result<void> Load::start_receiver() {
  auto receiver = Receiver::start(options_.receive, [this](const otlp::Batch& batch) {
    for (const otlp::SpanRef& ref : batch.spans())
      arrivals_->arrived({ref.trace_id, batch.decode(ref).span_id});
  });
  if (!receiver) return std::unexpected(std::move(receiver.error()));
  receiver_ = *std::move(receiver);
  return {};
}

Result<void> Load::create_senders() {
  for (int i = 0; i < options_.connections; ++i) {
    size_t way = static_cast<size_t>(i) % (1 + options_.also.size());
    auto sender = Sender::create(way == 0 ? options_.sender : options_.also[way - 1]);
    if (!sender) return std::unexpected(std::move(sender.error()));
    senders_.push_back(*std::move(sender));
  }
  return {};
}

void Load::begin() {
  tallies_.assign(senders_.size(), Tally(options_.sampled_traces));
  sending_ = unsent_ = senders_.size();
  began_ = SteadyClock::now();
  began_at_ = Clock::system().now();
  for (size_t i = 0; i < senders_.size(); ++i)
    connections_.emplace_back([this, i] { run_connection(*senders_[i], i); });
}

/// The time that a trace made as number `at` of all spans pretends to come from; 0: now.
UnixNanos Load::pretended_time(uint64_t at) const {
  if (options_.spread_hours == 0) return 0;
  double left = 1 - static_cast<double>(at) / static_cast<double>(options_.spans);
  return began_at_ - static_cast<UnixNanos>(options_.spread_hours * 3600e9 * left);
}

/// Waits until span number `at` is due at the rate asked for. The time from which the answer
/// counts.
Load::SteadyClock::time_point Load::wait_until_due(uint64_t at, Tally& tally) const {
  if (options_.rate == 0) return SteadyClock::now();
  auto due = began_ + std::chrono::duration_cast<SteadyClock::duration>(
                          Seconds(static_cast<double>(at) / options_.rate));
  std::this_thread::sleep_until(due);
  tally.behind = std::max(tally.behind, Seconds(SteadyClock::now() - due).count());
  return due;
}

void Load::run_connection(Sender& sender, size_t connection) {
  Tally& tally = tallies_[connection];
  Workload workload(options_.seed * 1000 + connection);
  // Every connection has its requests, not those that it gets to first: a seed is one load, however
  // fast the server is, and two servers can be compared span by span.
  uint64_t step = options_.spans_per_request;
  for (uint64_t at = connection * step; at < options_.spans && !sends_no_more_;
       at += senders_.size() * step) {
    uint64_t spans = std::min(step, options_.spans - at);
    workload.set_now(pretended_time(at));
    std::string request = workload.next_request(spans);
    std::vector<uint64_t> places;
    if (arrivals_) places = arrivals_->sending(workload.last_spans());
    auto due = wait_until_due(at, tally);
    Sent sent = sender.send(std::move(request), spans);
    tally.answers_ms.push_back(static_cast<float>(Seconds(SteadyClock::now() - due).count() * 1e3));
    tally.bytes += sent.bytes;
    tally.accepted += sent.accepted;
    tally.refused += spans - sent.accepted;
    if (tally.problem.empty()) tally.problem = std::move(sent.problem);
    if (sent.accepted == spans)
      for (const SpanKey& span : workload.last_spans()) tally.traces.add(span.trace_id);
    else if (options_.stop_at_refusal)
      sends_no_more_ = true;
    if (arrivals_ && sent.accepted == 0) arrivals_->refused(places);
    answered_ += spans;
  }
  end_connection();
}

/// The last one opens the door, if it was shut.
void Load::end_connection() {
  sent_at_ = SteadyClock::now();
  if (--unsent_ == 0 && arrivals_ && !receiver_)
    if (auto listens = start_receiver(); !listens)
      receive_problem_ = std::move(listens.error().message);
  --sending_;
}

bool Load::done() const {
  if (sending_ > 0) return false;
  if (!receiver_ || stopped_early_) return true;
  auto last = std::max(sent_at_.load(), receiver_->counts().last_spans_at);
  bool complete = arrivals_->counts().missing == 0 && !options_.receive_late;
  return SteadyClock::now() - last >
         (complete ? std::min(kLateCopies, options_.settle) : options_.settle);
}

Progress Load::progress() const {
  return {.seconds = Seconds(SteadyClock::now() - began_).count(),
          .answered = answered_,
          .arrived = arrivals_ ? arrivals_->counts().arrived : 0};
}

Report Load::report() {
  connections_.clear();  // joins them
  Report report{.tally = Tally(options_.sampled_traces)};
  for (const Tally& tally : tallies_) report.tally.merge(tally);
  std::ranges::sort(report.tally.answers_ms);
  report.seconds = Seconds(sent_at_.load() - began_).count();
  report.receive_problem = receive_problem_;
  if (!receiver_) return report;
  Receiver::Counts received = receiver_->counts();
  report.arrivals = arrivals_->counts();
  report.malformed = received.malformed;
  report.last_arrival_seconds = std::max(0.0, Seconds(received.last_spans_at - began_).count());
  return report;
}

}  // namespace clew::load
