// How numbers stand in Clew's files: little-endian, at any alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>
#include <string_view>

namespace clew {

static_assert(std::endian::native == std::endian::little, "files are written as memory stands");

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The number at `at`; the caller has checked that it is there.
template <std::unsigned_integral T>
T get(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace clew
