#include "main/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace clew {
namespace {

/// Edit distance, to guess what a mistyped key was meant to be.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

class YamlReader {
 public:
  YamlReader(const std::string& name, const Settings& settings)
      : name_(name), settings_(settings) {}

  void read(const YAML::Node& node, const std::string& path) {
    each_once(node, path,
              [this](const YAML::Node& key, const YAML::Node& value, const std::string& full) {
                read_entry(key, value, full);
              });
  }

  void problem(const YAML::Mark& mark, std::string_view path, std::string_view what) {
    problems_.push_back(
        fmt::format("{}:{}: {}{}{}", name_, mark.line + 1, path, path.empty() ? "" : ": ", what));
  }

  Result<void> result() const {
    if (problems_.empty()) return {};
    return fail(Code::kInvalid, "{}", fmt::join(problems_, "\n"));
  }

 private:
  void problem(const YAML::Node& node, std::string_view path, std::string_view what) {
    problem(node.Mark(), path, what);
  }

  bool is_section(const std::string& path) const {
    return std::ranges::any_of(
        settings_, [&](const Setting& setting) { return setting.key.starts_with(path + "."); });
  }

  void read_entry(const YAML::Node& key, const YAML::Node& value, const std::string& path) {
    auto setting = std::ranges::find(settings_, path, &Setting::key);
    if (setting == settings_.end()) {
      if (!is_section(path)) return problem(key, path, "unknown setting" + guess(path));
      if (value.IsMap()) return read(value, path);
      if (value.IsNull()) return;
      return problem(value, path, "this is a section; write its settings indented below it");
    }
    if (setting->set_field && value.IsMap()) return read_table(*setting, value, path);
    if (!value.IsScalar()) return problem(key, path, "a single value is needed");
    if (auto set = setting->set(value.Scalar()); !set) problem(value, path, set.error().message);
  }

  void read_table(const Setting& setting, const YAML::Node& table, const std::string& path) {
    each_once(table, path, [&](const YAML::Node& key, const YAML::Node& fields, const auto& entry) {
      if (!fields.IsMap() || fields.size() == 0)
        return problem(key, entry, "write its settings indented below it");
      each_once(fields, entry,
                [&](const YAML::Node& field, const YAML::Node& value, const auto& full) {
                  if (!value.IsScalar()) return problem(field, full, "a single value is needed");
                  auto set = setting.set_field(key.Scalar(), field.Scalar(), value.Scalar());
                  if (!set) problem(value, full, set.error().message);
                });
    });
  }

  /// Calls `visit` with key, value and full path of each entry; a key given twice is a problem.
  template <typename Visit>
  void each_once(const YAML::Node& node, const std::string& path, const Visit& visit) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      std::string key = entry.first.Scalar();
      std::string full = path.empty() ? key : fmt::format("{}.{}", path, key);
      if (!seen.insert(key).second)
        problem(entry.first, full, "it stands here twice; remove one");
      else
        visit(entry.first, entry.second, full);
    }
  }

  std::string guess(const std::string& path) const {
    const Setting* best = nullptr;
    size_t least = path.size() / 3 + 2;  // farther away it is not a typing mistake
    for (const Setting& setting : settings_) {
      size_t d = distance(path, setting.key);
      if (d < least) least = d, best = &setting;
    }
    return best ? fmt::format(" (did you mean {}?)", best->key) : "";
  }

  const std::string& name_;
  const Settings& settings_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<void> apply_yaml(const std::string& name, const std::string& yaml,
                        const Settings& settings) {
  YamlReader reader(name, settings);
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(yaml);
    YAML::Node root = documents.empty() ? YAML::Node() : documents[0];
    if (documents.size() > 1)
      reader.problem(documents[1].Mark(), "", "a second document; a configuration has one");
    if (root.IsMap())
      reader.read(root, "");
    else if (!root.IsNull())
      reader.problem(root.Mark(), "", "a configuration is a mapping of settings, like `http: …`");
  } catch (const YAML::Exception& damage) {
    reader.problem(damage.mark, "", damage.msg);
  }
  return reader.result();
}

Result<void> apply_config_file(const std::string& path, const Settings& settings) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(Code::kIo, "{}: cannot read it: Is a directory", path);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // An empty file makes operator<< fail, but not the file.
  if (!file || (text << file.rdbuf(), file.bad()))
    return fail(Code::kIo, "{}: cannot read it: {}", path, std::strerror(errno));
  return apply_yaml(path, text.str(), settings);
}

}  // namespace clew
