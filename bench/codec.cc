// What each codec of the store takes per value, in nanoseconds and bytes, on columns like those of
// src/load/workload.cc, row group by row group.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/codec/bytes.h"
#include "store/codec/numbers.h"
#include "store/codec/presence.h"
#include "store/codec/ranks.h"
#include "store/codec/texts.h"
#include "store/trace_index.h"

namespace {

using namespace clew;
using namespace clew::store;
using namespace clew::store::codec;

constexpr size_t kRows = 4096;
constexpr size_t kGroups = 32;

std::mt19937_64 random_numbers(1);

uint64_t below(uint64_t bound) {
  return random_numbers() % bound;
}

/// Nanoseconds of one call, the least of several rounds: others use the machine too.
double nanoseconds(const std::function<void()>& work) {
  std::vector<double> rounds(9);
  for (double& round : rounds) {
    auto begin = std::chrono::steady_clock::now();
    work();
    round =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
  }
  return std::ranges::min(rounds);
}

void print(std::string_view name, double encode_ns, double decode_ns, size_t bytes, size_t values) {
  auto count = static_cast<double>(values);
  fmt::print("{:<36}{:>10.1f}{:>10.1f}{:>10.2f}\n", name, encode_ns / count, decode_ns / count,
             static_cast<double>(bytes) / count);
}

void bench_bytes(std::string_view name, size_t size, const std::function<char()>& make) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = make();
  std::string encoded;
  double encode_ns = nanoseconds([&] {
    for (size_t group = 0; group < kGroups; ++group) {
      encoded.clear();
      encode_bytes(bytes, encoded);
    }
  });
  std::string out(size, '\0');
  double decode_ns = nanoseconds([&] {
    for (size_t group = 0; group < kGroups; ++group) {
      Decoder in(encoded);
      CLEW_CHECK(decode_bytes(in, out));
    }
  });
  print(fmt::format("bytes: {} x {}", size, name), encode_ns, decode_ns, kGroups * encoded.size(),
        kGroups * size);
}

void bench_numbers(std::string_view name, const std::function<uint64_t()>& make) {
  std::vector<uint64_t> numbers(kRows * kGroups);
  for (uint64_t& number : numbers) number = make();
  std::string encoded;
  double encode_ns = nanoseconds([&] {
    encoded.clear();
    for (size_t group = 0; group < kGroups; ++group)
      encode_numbers(std::span(numbers).subspan(group * kRows, kRows), encoded);
  });
  std::vector<uint64_t> out(kRows);
  double decode_ns = nanoseconds([&] {
    Decoder in(encoded);
    for (size_t group = 0; group < kGroups; ++group) CLEW_CHECK(decode_numbers(in, out));
  });
  print(fmt::format("numbers: {}", name), encode_ns, decode_ns, encoded.size(), numbers.size());
}

void bench_texts(std::string_view name, const std::function<std::string()>& make) {
  std::vector<std::string> texts(kRows * kGroups);
  for (std::string& text : texts) text = make();
  std::vector<std::string_view> views(texts.begin(), texts.end());
  std::string encoded;
  Templates templates;
  double encode_ns = nanoseconds([&] {
    encoded.clear();
    for (size_t group = 0; group < kGroups; ++group)
      encode_texts(std::span(views).subspan(group * kRows, kRows), templates, encoded);
  });
  Texts out;
  double decode_ns = nanoseconds([&] {
    Decoder in(encoded);
    for (size_t group = 0; group < kGroups; ++group)
      CLEW_CHECK(decode_texts(in, kRows, 64 << 20, templates, out));
  });
  print(fmt::format("texts: {} ({} templates)", name, templates.size()), encode_ns, decode_ns,
        encoded.size(), texts.size());
}

/// Each context has one usual value; `unusual` of 1000 rows have another of 20.
void bench_ranks(std::string_view name, uint64_t unusual) {
  constexpr size_t kContexts = 300;
  std::vector<uint32_t> contexts(kRows * kGroups);
  std::vector<uint32_t> values(contexts.size());
  for (size_t i = 0; i < contexts.size(); ++i) {
    contexts[i] = static_cast<uint32_t>(below(kContexts));
    values[i] = contexts[i] % 50 + (below(1000) < unusual ? static_cast<uint32_t>(below(20)) : 0);
  }
  RankTable table;
  std::string ranks(contexts.size(), '\0');
  std::string encoded;
  double encode_ns = nanoseconds([&] {
    encoded.clear();
    for (size_t i = 0; i < contexts.size(); ++i)
      ranks[i] = static_cast<char>(table.rank_of(contexts[i], values[i]));
    for (size_t group = 0; group < kGroups; ++group)
      encode_bytes(std::string_view(ranks).substr(group * kRows, kRows), encoded);
  });
  uint64_t sum = 0;
  std::string out(kRows, '\0');
  double decode_ns = nanoseconds([&] {
    Decoder in(encoded);
    for (size_t group = 0; group < kGroups; ++group) {
      CLEW_CHECK(decode_bytes(in, out));
      for (size_t i = 0; i < kRows; ++i)
        sum += table.value_of(contexts[group * kRows + i], static_cast<uint8_t>(out[i]));
    }
  });
  CLEW_CHECK(sum != 0);
  print(fmt::format("ranks: {}", name), encode_ns, decode_ns, encoded.size(), contexts.size());
}

void bench_presence() {
  constexpr uint32_t kMany = 500;
  std::vector<uint32_t> rows(kRows * kMany);
  // Zipf over 2000 values: the lower ones are everywhere.
  for (uint32_t& row : rows)
    row = static_cast<uint32_t>(std::pow(2000.0, double(below(1 << 20)) / (1 << 20))) - 1;
  std::string encoded;
  double encode_ns = nanoseconds([&] {
    PresenceBuilder builder;
    for (uint32_t group = 0; group < kMany; ++group)
      builder.add_group(group, std::span(rows).subspan(group * kRows, kRows));
    encoded.clear();
    builder.encode(encoded);
  });
  double decode_ns =
      nanoseconds([&] { CLEW_CHECK(Presence::decode(encoded, 2000, kMany).has_value()); });
  print("presence: 2000 values, per row", encode_ns, decode_ns, encoded.size(), rows.size());
}

class MemoryFile : public ReadFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::string> read(uint64_t offset, size_t size) const override {
    return bytes_.substr(offset, size);
  }
  uint64_t size() const override { return bytes_.size(); }

 private:
  std::string bytes_;
};

void bench_trace_index() {
  std::vector<TraceId> ids(1'000'000);
  for (TraceId& id : ids)
    for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(random_numbers());
  std::string index;
  double build_ns = nanoseconds([&] { index = build_trace_index(ids); });
  MemoryFile file(index);
  double look_up_ns = nanoseconds([&] {
    for (size_t i = 0; i < ids.size(); i += 1000)
      CLEW_CHECK(!look_up_trace(file, 0, index.size(), ids[i])->empty());
  });
  print("trace index: a million", build_ns, look_up_ns * 1000, index.size(), ids.size());
}

char zipf_byte() {
  return static_cast<char>(std::pow(20.0, double(below(1 << 20)) / (1 << 20)));
}

std::string uuid() {
  return fmt::format("{:08x}-{:04x}-9{:03x}-{:04x}-{:012x}", uint32_t(random_numbers()),
                     below(1 << 16), below(1 << 12), below(1 << 16), below(1ull << 48));
}

std::string url() {
  std::string text = fmt::format(
      "https://app-{}.customers.example.com/api/v1/op{}?locale=en-US&currency=EUR&theme=dark",
      below(2000), below(300));
  if (below(2) == 0) text += fmt::format("&item={}", below(10'000'000));
  return text;
}

std::string peer() {
  return fmt::format("{}.{}.{}.{}:{}", 1 + below(223), below(256), below(256), below(256),
                     1024 + below(64'000));
}

std::string words() {
  std::string text;
  for (size_t i = 0; i < 8; ++i)
    text += fmt::format("{} ", "abcdefghijklmnopqrstuvwxyz"[below(26)] + std::string("ish"));
  return text;
}

}  // namespace

int main() {
  fmt::print("{:<36}{:>10}{:>10}{:>10}\n", "per value", "encode ns", "decode ns", "bytes");
  for (size_t size : {512, 4096, 32768}) {
    bench_bytes("noise", size, [] { return char(random_numbers()); });
    bench_bytes("0 or 1", size, [] { return char(below(2)); });
    bench_bytes("0, 1 of 100 other", size, [] { return char(below(100) == 0 ? below(16) : 0); });
    bench_bytes("ranks, some common", size, zipf_byte);
    bench_bytes("16 values", size, [] { return char(below(16)); });
  }
  uint64_t time = 1'700'000'000'000'000'000;
  bench_numbers("all equal", [] { return uint64_t{7}; });
  bench_numbers("below 4096", [] { return below(4096); });
  bench_numbers("below 100,000", [] { return below(100'000); });
  bench_numbers("log-normal durations", [] {
    return uint64_t(std::lognormal_distribution<>(std::log(2e7), 1.0)(random_numbers)) + 1'000'000;
  });
  bench_numbers("times, ascending", [&] { return time += below(100'000); });
  bench_numbers("64 bits of noise", [] { return random_numbers(); });
  bench_texts("UUID", uuid);
  bench_texts("ip:port", peer);
  bench_texts("URL", url);
  bench_texts("size", [] { return std::to_string(below(100'000)); });
  bench_texts("app-{:08x}", [] { return fmt::format("app-{:08x}", below(1u << 31)); });
  bench_texts("words", words);
  bench_ranks("always 0", 0);
  bench_ranks("1 of 100 other", 10);
  bench_ranks("1 of 3 other", 333);
  bench_presence();
  bench_trace_index();
  return 0;
}
