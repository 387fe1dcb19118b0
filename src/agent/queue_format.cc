#include "agent/queue_format.h"

#include "base/little_endian.h"

namespace clew::agent::queue_format {
namespace {

constexpr char kRequest = 0;
constexpr size_t kRequestLabelBytes = 8;  // before the tenant
constexpr size_t kRangeBytes = 16;

}  // namespace

std::string label_of(const Record& record) {
  std::string label(1, kRequest);
  label.reserve(kRequestLabelBytes + record.tenant.name().size());
  put(label, static_cast<uint8_t>(record.signal));
  put(label, uint16_t{0});
  put(label, static_cast<uint32_t>(record.items));
  label += record.tenant.name();
  return label;
}

std::string encode_done(const PositionSet& done) {
  std::string payload;
  for (auto [begin, end] : done.ranges()) {
    put(payload, begin);
    put(payload, end);
  }
  return payload;
}

std::optional<Record> decode_record(const frames::Frame& frame) {
  if (frame.label.size() < kRequestLabelBytes || frame.label[0] != kRequest) return std::nullopt;
  auto signal = get<uint8_t>(frame.label, 1);
  auto tenant = Tenant::parse(frame.label.substr(kRequestLabelBytes));
  if (signal >= otlp::kSignals.size() || !tenant) return std::nullopt;
  return Record{.signal = static_cast<otlp::Signal>(signal),
                .tenant = *std::move(tenant),
                .bytes = SharedBytes::wrap(nullptr, frame.payload),
                .items = get<uint32_t>(frame.label, 4)};
}

bool decode_done(const frames::Frame& frame, PositionSet& done) {
  if (frame.label != kDoneLabel || frame.payload.size() % kRangeBytes != 0) return false;
  for (size_t at = 0; at < frame.payload.size(); at += kRangeBytes)
    done.add({get<uint64_t>(frame.payload, at), get<uint64_t>(frame.payload, at + 8)});
  return true;
}

}  // namespace clew::agent::queue_format
