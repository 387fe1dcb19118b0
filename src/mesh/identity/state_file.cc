#include "mesh/identity/state_file.h"

#include <filesystem>
#include <utility>

#include "base/limits.h"

namespace clew::mesh::identity {
namespace {

constexpr int kFormat = 1;

}  // namespace

Result<std::optional<nlohmann::json>> StateFile::read() const {
  auto file = disk_.open_read(path_);
  if (!file && file.error().code == Code::kNotFound) return std::nullopt;
  if (!file) return std::unexpected(file.error());
  if ((*file)->size() > limits::kIdentityStateBytes)
    return fail(Code::kTooLarge, "{} is larger than {} bytes", path_, limits::kIdentityStateBytes);
  auto text = (*file)->read(0, (*file)->size());
  if (!text) return std::unexpected(text.error());
  auto state = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) return fail(Code::kMalformed, "{}: not a JSON object", path_);
  if (state.value("format", nlohmann::json()) != kFormat)
    return fail(Code::kMalformed, "{}: not of format {}, the only one this version knows", path_,
                kFormat);
  return state;
}

Result<void> StateFile::write(nlohmann::json state) const {
  state["format"] = kFormat;
  std::string directory = std::filesystem::path(path_).parent_path();
  return in_order(
      [&] { return directory.empty() ? Result<void>() : disk_.create_directories(directory); },
      [&] { return replace_private_file(disk_, path_, state.dump(1) + "\n"); });
}

Result<std::string> text_member(const nlohmann::json& object, const char* name) {
  auto member = object.is_object() ? object.find(name) : object.end();
  if (member == object.end() || !member->is_string())
    return fail(Code::kMalformed, "\"{}\" is missing or no text", name);
  return member->get<std::string>();
}

}  // namespace clew::mesh::identity
