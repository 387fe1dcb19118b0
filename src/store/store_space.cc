// Read-only while the disk is nearly full: appends are refused before the log fails, and what is
// left is for writing the head into blocks.
#include "base/log.h"
#include "store/metrics.h"
#include "store/store_impl.h"

namespace clew::store {

void Store::Impl::check_space() {
  auto space = options_.disk->space(options_.directory);
  // Without knowing, the last known state holds: a disk that fails shows itself in the log.
  if (!space) return log::warn("store: free space is unknown: {}", space.error().message);
  if (space_watch_.update(*space)) {
    if (space_watch_.is_low())
      log::error("store: {} bytes of the disk are free: spans are refused until {} are",
                 space->free_bytes, space_watch_.wanted_bytes());
    else
      log::info("store: {} bytes of the disk are free: spans are taken again", space->free_bytes);
  }
  Metrics::get().read_only.Set(space_watch_.is_low() || log_->failing() ? 1 : 0);
}

std::string Store::Impl::read_only_reason() const {
  if (space_watch_.is_low())
    return fmt::format("the disk is nearly full: spans are refused until {} MiB are free",
                       (space_watch_.wanted_bytes() >> 20) + 1);
  if (log_->failing()) return "the log cannot be written, the disk is full or failing";
  return "";
}

}  // namespace clew::store
