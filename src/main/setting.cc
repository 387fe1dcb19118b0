#include "main/setting.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/duration.h"

namespace clew {
namespace {

struct ByteUnit {
  std::string_view name;
  double bytes;
};

constexpr ByteUnit kByteUnits[] = {{"", 1},
                                   {"B", 1},
                                   {"KiB", 1024.0},
                                   {"MiB", 1024.0 * 1024},
                                   {"GiB", 1024.0 * 1024 * 1024},
                                   {"TiB", 1024.0 * 1024 * 1024 * 1024},
                                   {"KB", 1e3},
                                   {"MB", 1e6},
                                   {"GB", 1e9},
                                   {"TB", 1e12}};

std::string bytes_text(uint64_t bytes) {
  for (auto [name, size] : {std::pair{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}})
    if (bytes >= size && bytes % size == 0) return fmt::format("{}{}", bytes / size, name);
  return fmt::format("{}", bytes);
}

}  // namespace

std::string Setting::variable() const {
  std::string name = "CLEW_" + flag.substr(2);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return c == '-' ? '_' : std::toupper(c); });
  return name;
}

Result<uint64_t> parse_bytes(std::string_view text) {
  double number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  auto known = std::ranges::find(kByteUnits, unit, &ByteUnit::name);
  double bytes = known == std::end(kByteUnits) ? -1 : number * known->bytes;
  if (error != std::errc() || !(bytes >= 0 && bytes < 9.2e18))
    return fail(Code::kInvalid, "\"{}\" is no size; write it like 512MiB or 4GiB", text);
  return static_cast<uint64_t>(bytes);
}

Setting text_setting(std::string key, std::string flag, std::string help, std::string& place) {
  return {std::move(key),
          std::move(flag),
          "TEXT",
          std::move(help),
          place,
          [&place](std::string_view text) -> Result<void> {
            place = text;
            return {};
          }};
}

Setting path_setting(std::string key, std::string flag, std::string help, std::string& place) {
  Setting setting = text_setting(std::move(key), std::move(flag), std::move(help), place);
  setting.value_name = "PATH";
  return setting;
}

Setting listen_setting(std::string key, std::string flag, std::string help,
                       std::optional<net::Address>& place) {
  return {std::move(key),
          std::move(flag),
          "HOST:PORT",
          std::move(help) + "; off: do not listen",
          place ? place->to_string() : "off",
          [&place](std::string_view text) -> Result<void> {
            if (text == "off") {
              place.reset();
              return {};
            }
            auto address = net::Address::parse(text);
            if (!address) return std::unexpected(address.error());
            place = *address;
            return {};
          }};
}

Setting bytes_setting(std::string key, std::string flag, std::string help, uint64_t& place) {
  return {std::move(key),
          std::move(flag),
          "SIZE",
          std::move(help),
          bytes_text(place),
          [&place](std::string_view text) -> Result<void> {
            auto bytes = parse_bytes(text);
            if (!bytes) return std::unexpected(bytes.error());
            place = *bytes;
            return {};
          }};
}

Setting duration_setting(std::string key, std::string flag, std::string help,
                         std::chrono::milliseconds& place) {
  return {std::move(key),
          std::move(flag),
          "DURATION",
          std::move(help),
          duration_text(place),
          [&place](std::string_view text) -> Result<void> {
            auto nanos = parse_duration(text);
            if (!nanos) return std::unexpected(nanos.error());
            place = std::chrono::milliseconds(*nanos / 1'000'000);
            return {};
          }};
}

Setting number_setting(std::string key, std::string flag, std::string help, int& place, int least,
                       int most) {
  return {std::move(key),
          std::move(flag),
          "NUMBER",
          std::move(help),
          fmt::format("{}", place),
          [&place, least, most](std::string_view text) -> Result<void> {
            int number = 0;
            auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc() || end != text.data() + text.size() || number < least ||
                number > most)
              return fail(Code::kInvalid, "\"{}\" is no whole number from {} to {}", text, least,
                          most);
            place = number;
            return {};
          }};
}

Setting switch_setting(std::string key, std::string flag, std::string help, bool& place) {
  return {std::move(key),
          std::move(flag),
          "true|false",
          std::move(help),
          place ? "true" : "false",
          [&place](std::string_view text) -> Result<void> {
            if (text != "true" && text != "false")
              return fail(Code::kInvalid, "\"{}\" is neither true nor false", text);
            place = text == "true";
            return {};
          }};
}

Setting choice_setting(std::string key, std::string flag, std::string help, std::string& place,
                       std::vector<std::string> choices) {
  std::string names = fmt::format("{}", fmt::join(choices, "|"));
  return {std::move(key),
          std::move(flag),
          names,
          std::move(help),
          place,
          [&place, choices = std::move(choices), names](std::string_view text) -> Result<void> {
            if (std::ranges::find(choices, text) == choices.end())
              return fail(Code::kInvalid, "\"{}\" is not one of {}", text, names);
            place = text;
            return {};
          }};
}

Setting section_setting(std::string key, std::string help,
                        std::function<void(const YamlValue&)> read) {
  return {.key = std::move(key),
          .flag = "",
          .value_name = "",
          .help = std::move(help),
          .default_text = "",
          .set = [](std::string_view) -> Result<void> {
            return fail(Code::kInvalid, "this is a section; write its settings indented below it");
          },
          .read = std::move(read)};
}

}  // namespace clew
