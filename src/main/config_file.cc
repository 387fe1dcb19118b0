#include "main/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "main/yaml_value.h"

namespace clew {
namespace {

/// Reads the settings below one section, whose keys are parts of the settings' dotted keys.
class SettingsReader {
 public:
  explicit SettingsReader(const Settings& settings) : settings_(settings) {
    for (const Setting& setting : settings) keys_.push_back(setting.key);
  }

  void read(const YamlValue& section) const {
    section.entries([this](const std::string&, const YamlValue& value) { read_entry(value); });
  }

 private:
  bool is_section(const std::string& path) const {
    return std::ranges::any_of(keys_,
                               [&](const std::string& key) { return key.starts_with(path + "."); });
  }

  void read_entry(const YamlValue& value) const {
    auto setting = std::ranges::find(settings_, value.path(), &Setting::key);
    if (setting == settings_.end()) {
      if (is_section(value.path())) return read(value);
      return value.problem("unknown setting" + nearest_name(value.path(), keys_));
    }
    if (setting->read && !value.is_scalar()) return setting->read(value);
    value.parsed(setting->set);
  }

  const Settings& settings_;
  std::vector<std::string> keys_;
};

}  // namespace

Result<void> apply_yaml(const std::string& name, const std::string& yaml,
                        const Settings& settings) {
  YamlProblems problems(name);
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(yaml);
    YAML::Node root = documents.empty() ? YAML::Node() : documents[0];
    if (documents.size() > 1)
      problems.add(documents[1].Mark(), "", "a second document; a configuration has one");
    if (root.IsMap())
      SettingsReader(settings).read(YamlValue(root, root.Mark(), "", problems));
    else if (!root.IsNull())
      problems.add(root.Mark(), "", "a configuration is a mapping of settings, like `http: …`");
  } catch (const YAML::Exception& damage) {
    problems.add(damage.mark, "", damage.msg);
  }
  return problems.result();
}

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(Code::kIo, "{}: cannot read it: Is a directory", path);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // An empty file makes operator<< fail, but not the file.
  if (!file || (text << file.rdbuf(), file.bad()))
    return fail(Code::kIo, "{}: cannot read it: {}", path, std::strerror(errno));
  return text.str();
}

Result<void> apply_config_file(const std::string& path, const Settings& settings) {
  auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  return apply_yaml(path, *text, settings);
}

}  // namespace clew
