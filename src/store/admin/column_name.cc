#include "store/admin/column_name.h"

#include <fmt/format.h>

#include <array>

#include "store/block_format.h"

namespace clew::store {
namespace {

constexpr std::array<std::string_view, block_format::kOwnColumns> kOwnNames = {
    "operation", "resource", "scope", "shape"};
constexpr std::array<std::string_view, kColumnKinds> kKindNames = {
    "attribute",          "status code",    "status message", "trace state", "flags",
    "dropped attributes", "dropped events", "dropped links",  "events",      "links",
    "other fields"};
constexpr std::array<std::string_view, kCellTypes> kTypeNames = {"text",   "bool",  "int",
                                                                 "double", "bytes", "raw"};

}  // namespace

std::string column_name(const ColumnKey& key, uint32_t number) {
  if (number < block_format::kOwnColumns) return std::string(kOwnNames[number]);
  if (key.kind != ColumnKind::kAttribute)
    return std::string(kKindNames[static_cast<size_t>(key.kind)]);
  std::string name = key.key.empty() ? "(all other keys)" : key.key;
  if (key.type != CellType::kText)
    name += fmt::format(" ({})", kTypeNames[static_cast<size_t>(key.type)]);
  if (key.nth > 0) name += fmt::format(" #{}", key.nth + 1);
  return name;
}

}  // namespace clew::store
