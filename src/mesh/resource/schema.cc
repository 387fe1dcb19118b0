#include "mesh/resource/schema.h"

#include <yaml-cpp/yaml.h>

#include <sstream>
#include <utility>

#include "base/check.h"
#include "mesh/resource/kinds_text.h"

namespace clew::mesh {
namespace {

using ShapePtr = std::shared_ptr<const Shape>;

/// Reads kinds_text.h. What is wrong there is a bug of ours, so it ends the process.
class SchemaReader {
 public:
  explicit SchemaReader(const YAML::Node& text) : text_(text) {}

  std::map<std::string, Kind, std::less<>> run() {
    std::map<std::string, Kind, std::less<>> kinds;
    for (const auto& entry : text_["kinds"]) {
      const YAML::Node& node = entry.second;
      Kind kind{.name = entry.first.as<std::string>(),
                .plural = node["plural"].as<std::string>(),
                .in_mesh = !node["scope"],
                .body = shape(node["fields"])};
      kinds.emplace(kind.name, kind);
    }
    return kinds;
  }

 private:
  ShapePtr shape(const YAML::Node& node) {
    if (node.IsMap()) return object(node);
    if (node.IsSequence())
      return std::make_shared<Shape>(Shape{.type = Shape::Type::kList, .element = shape(node[0])});
    return word(node.as<std::string>());
  }

  ShapePtr object(const YAML::Node& node) {
    auto made = std::make_shared<Shape>(Shape{.type = Shape::Type::kObject});
    for (const auto& entry : node) {
      auto name = entry.first.as<std::string>();
      bool required = name.ends_with('!');
      if (required) name.pop_back();
      made->fields.emplace(std::move(name), Shape::Field{shape(entry.second), required});
    }
    return made;
  }

  ShapePtr word(const std::string& text) {
    if (text.starts_with('$')) return named(text);
    if (text.starts_with("no "))
      return std::make_shared<Shape>(
          Shape{.type = Shape::Type::kRefused, .words = {text.substr(3)}});
    std::istringstream words(text);
    std::string first;
    words >> first;
    static const std::map<std::string, Shape::Type> kTypes = {
        {"string", Shape::Type::kString},     {"int", Shape::Type::kInt},
        {"number", Shape::Type::kNumber},     {"bool", Shape::Type::kBool},
        {"duration", Shape::Type::kDuration}, {"port", Shape::Type::kPort},
        {"percent", Shape::Type::kPercent},   {"map", Shape::Type::kMap},
        {"any", Shape::Type::kAny},           {"enum", Shape::Type::kEnum}};
    auto type = kTypes.find(first);
    CLEW_CHECK(type != kTypes.end());
    auto made = std::make_shared<Shape>(Shape{.type = type->second});
    for (std::string word; words >> word;) made->words.push_back(word);
    return made;
  }

  ShapePtr named(const std::string& name) {
    auto known = named_.find(name);
    if (known != named_.end()) return known->second;
    YAML::Node node = text_["shapes"][name];
    CLEW_CHECK(node.IsDefined());
    return named_.emplace(name, shape(node)).first->second;
  }

  const YAML::Node& text_;
  std::map<std::string, ShapePtr> named_;
};

}  // namespace

const std::map<std::string, Kind, std::less<>>& kinds() {
  static const auto& all =
      *new std::map<std::string, Kind, std::less<>>(SchemaReader(YAML::Load(kKindsText)).run());
  return all;
}

const Kind* kind_of_plural(std::string_view plural) {
  for (const auto& [name, kind] : kinds())
    if (kind.plural == plural) return &kind;
  return nullptr;
}

}  // namespace clew::mesh
