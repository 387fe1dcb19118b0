#include "opamp/session.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace clew::opamp {
namespace {

using std::chrono::milliseconds;

/// Between reports because something has changed.
constexpr milliseconds kLeastGap{2000};
constexpr milliseconds kFirstRetry{1000};

/// Whether somebody should hear of the change at once; how full a queue is can wait.
bool differs(const ComponentHealth& a, const ComponentHealth& b) {
  return a.healthy != b.healthy || a.last_error != b.last_error ||
         !std::ranges::equal(a.parts, b.parts, [](const auto& left, const auto& right) {
           return left.first == right.first && !differs(left.second, right.second);
         });
}

}  // namespace

bool Session::is_due(const ComponentHealth& health, Time now) const {
  if (in_flight_ || now < not_before_) return false;
  if (!sent_ || tell_all_ || now - *sent_ >= options_.polling_interval) return true;
  return now - *sent_ >= kLeastGap && (!told_ || differs(*told_, health));
}

std::optional<std::string> Session::next(const ComponentHealth& health, Time now) {
  if (!is_due(health, now)) return std::nullopt;
  AgentReport report{.uid = options_.uid,
                     .sequence = sequence_++,
                     .capabilities = kReportsStatus | kReportsHealth};
  if (tell_all_) report.description = options_.description;
  if (tell_all_ || told_ != health) report.health = health;
  told_ = health;
  tell_all_ = false;
  sent_ = now;
  in_flight_ = true;
  return write(report);
}

std::string Session::goodbye() {
  return write(AgentReport{.uid = options_.uid,
                           .sequence = sequence_++,
                           .capabilities = kReportsStatus | kReportsHealth,
                           .disconnects = true});
}

Result<void> Session::answered(const Result<std::string>& answer, Time now) {
  in_flight_ = false;
  auto judged = judge(answer);
  if (judged) {
    failures_ = 0;
    not_before_ = now;
    return {};
  }
  tell_all_ = true;  // whether the server has heard it is not known
  auto wait = kFirstRetry * (1 << std::min(failures_++, 10));
  wait = std::min(wait, std::max(options_.polling_interval, kFirstRetry));
  not_before_ = now + std::max(wait, judged.error().retry_after.value_or(milliseconds(0)));
  return judged;
}

Result<void> Session::judge(const Result<std::string>& answer) {
  if (!answer) return std::unexpected(answer.error());
  auto read = read_answer(*answer);
  if (!read) return std::unexpected(std::move(read.error()));
  if (read->refused) {
    bool later = read->refused->type == ServerAnswer::Refusal::kUnavailable;
    Error error{later ? Code::kUnavailable : Code::kRejected, read->refused->message};
    if (later) error.retry_after = std::chrono::ceil<milliseconds>(read->refused->retry_after);
    return std::unexpected(std::move(error));
  }
  if (read->uid != options_.uid)
    return fail(Code::kRejected, "the answer is for another agent, {}", uuid_text(read->uid));
  if (read->new_uid) options_.uid = *read->new_uid;
  if (read->report_full_state || read->new_uid) tell_all_ = true;
  return {};
}

}  // namespace clew::opamp
