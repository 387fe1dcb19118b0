#include "mesh/resource/parse.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "base/duration.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "mesh/resource/checks.h"
#include "mesh/resource/schema.h"

namespace clew::mesh {
namespace {

using Json = nlohmann::json;
using Type = Shape::Type;

constexpr char kEmpty[] = "is empty; write a value or leave it away";
constexpr const char* kWritten[] = {"creationTime", "modificationTime"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::kResourceNameBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == text.npos;
}

/// Reads one resource of one document; all problems go to one list.
class ResourceReader {
 public:
  ResourceReader(std::string_view file, int first_line, std::vector<std::string>& problems,
                 size_t& nodes)
      : first_line_(first_line), problems_(problems), nodes_(nodes) {
    places_->file = file;
  }

  /// Nothing of use if there were problems.
  Resource read(const YAML::Node& node) {
    Resource resource;
    if (!node.IsMap())
      return problem(node, "", "a resource is a mapping with type, name and more"), resource;
    note(node, "");
    if (node["apiVersion"])
      return problem(node["apiVersion"], "apiVersion",
                     "Kubernetes' format is not read; write type, mesh, name, labels and spec"),
             resource;
    const Kind* kind = read_head(node, resource.key);
    if (kind == nullptr) return resource;
    resource.body = Json::object();
    fields(node, *kind->body, "", resource.body,
           [&](const std::string& name, const YAML::Node& value) {
             if (name == "type" || name == "name" || name == "mesh") return true;
             if (name == "labels") {
               Json labels = read_value(value, Shape{.type = Type::kMap}, "labels");
               if (labels.is_object())
                 resource.labels = labels.get<std::map<std::string, std::string>>();
               return true;
             }
             return std::ranges::find(kWritten, name) != std::end(kWritten);
           });
    if (problems_.empty())
      check_resource(resource, [this](const std::string& path, const std::string& what) {
        problem_at(places_->line_of(path), path, what);
      });
    resource.places = places_;
    return resource;
  }

 private:
  using IsOther = std::function<bool(const std::string&, const YAML::Node&)>;

  const Kind* read_head(const YAML::Node& node, ResourceKey& key) {
    key.kind = text_of(node, "type");
    key.name = text_of(node, "name");
    what_ = key.kind.empty() ? "" : fmt::format("{} {}: ", key.kind, key.name);
    if (key.kind.empty()) return problem(node, "type", "is missing"), nullptr;
    auto kind = kinds().find(key.kind);
    if (kind == kinds().end())
      return problem(node["type"], "type", "there is no such kind"), nullptr;
    if (!is_name(key.name))
      problem(
          node, "name",
          fmt::format("must be 1 to {} of a-z, 0-9, '-', '.' and '_'", limits::kResourceNameBytes));
    key.mesh = text_of(node, "mesh");
    if (!kind->second.in_mesh && !key.mesh.empty())
      problem(node["mesh"], "mesh", "a " + key.kind + " belongs to no mesh");
    if (kind->second.in_mesh && key.mesh.empty()) key.mesh = "default";
    if (kind->second.in_mesh && !is_name(key.mesh)) problem(node["mesh"], "mesh", "is no name");
    return &kind->second;
  }

  static std::string text_of(const YAML::Node& node, const char* name) {
    YAML::Node value = node[name];
    return value && value.IsScalar() ? value.Scalar() : "";
  }

  Json read_value(const YAML::Node& node, const Shape& shape, const std::string& path) {
    if (++nodes_ > limits::kResourceNodes) {
      if (nodes_ == limits::kResourceNodes + 1) {
        metrics::count_limit_hit("resource_nodes");
        problem(node, path, fmt::format("more than {} values", limits::kResourceNodes));
      }
      return nullptr;
    }
    note(node, path);
    if (shape.type == Type::kRefused)
      return problem(node, path, "not supported: " + shape.words.front()), nullptr;
    if (node.IsNull()) return problem(node, path, kEmpty), nullptr;
    switch (shape.type) {
      case Type::kObject:
        return read_object(node, shape, path);
      case Type::kList:
        return read_list(node, shape, path);
      case Type::kMap:
        return read_map(node, path);
      case Type::kAny:
        return read_any(node, path, 0);
      default:
        return read_scalar(node, shape, path);
    }
  }

  Json read_object(const YAML::Node& node, const Shape& shape, const std::string& path) {
    Json made = Json::object();
    if (!node.IsMap()) return problem(node, path, "must be a mapping"), nullptr;
    fields(node, shape, path, made, [](const std::string&, const YAML::Node&) { return false; });
    return made;
  }

  /// The fields of a mapping; `is_other` takes those that the shape does not know.
  void fields(const YAML::Node& node, const Shape& shape, const std::string& path, Json& made,
              const IsOther& is_other) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        problem(entry.first, path, "a field's name must be text");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      std::string inner = path.empty() ? name : path + "." + name;
      if (!seen.insert(name).second) problem(entry.first, inner, "is there twice");
      auto field = shape.fields.find(name);
      bool empty = entry.second.IsNull();  // yaml-cpp puts its mark on the next line
      if (field != shape.fields.end() && empty && field->second.shape->type != Type::kRefused)
        problem(entry.first, inner, kEmpty);
      else if (field != shape.fields.end())
        made[name] = read_value(entry.second, *field->second.shape, inner);
      else if (!is_other(name, entry.second))
        problem(entry.first, inner, "unknown field" + candidates(shape));
    }
    for (const auto& [name, field] : shape.fields)
      if (field.required && !seen.contains(name))
        problem(node, path.empty() ? name : path + "." + name, "is missing");
  }

  static std::string candidates(const Shape& shape) {
    std::vector<std::string_view> names;
    for (const auto& [name, field] : shape.fields)
      if (field.shape->type != Type::kRefused) names.push_back(name);
    return names.empty() ? "" : fmt::format("; there are {}", fmt::join(names, ", "));
  }

  Json read_list(const YAML::Node& node, const Shape& shape, const std::string& path) {
    if (!node.IsSequence()) return problem(node, path, "must be a list"), nullptr;
    Json made = Json::array();
    for (size_t i = 0; i < node.size(); ++i)
      made.push_back(read_value(node[i], *shape.element, fmt::format("{}[{}]", path, i)));
    return made;
  }

  Json read_map(const YAML::Node& node, const std::string& path) {
    if (!node.IsMap()) return problem(node, path, "must be a mapping of names to texts"), nullptr;
    Json made = Json::object();
    for (const auto& entry : node) {
      if (entry.first.IsScalar() && entry.second.IsScalar() && ++nodes_ <= limits::kResourceNodes)
        made[entry.first.Scalar()] = entry.second.Scalar();
      else
        problem(entry.first, path, "must be a mapping of names to texts");
    }
    return made;
  }

  Json read_any(const YAML::Node& node, const std::string& path, int depth) {
    if (++nodes_ > limits::kResourceNodes || depth > limits::kResourceDepth)
      return problem(node, path, "is too large or nested too deep"), nullptr;
    if (node.IsMap()) {
      Json made = Json::object();
      for (const auto& entry : node)
        if (entry.first.IsScalar())
          made[entry.first.Scalar()] = read_any(entry.second, path, depth + 1);
      return made;
    }
    if (node.IsSequence()) {
      Json made = Json::array();
      for (const auto& element : node) made.push_back(read_any(element, path, depth + 1));
      return made;
    }
    if (!node.IsScalar()) return nullptr;
    bool quoted = node.Tag() == "!";
    if (bool value = false; !quoted && YAML::convert<bool>::decode(node, value)) return value;
    if (int64_t value = 0; !quoted && whole(node.Scalar(), value)) return value;
    return node.Scalar();
  }

  static bool whole(const std::string& text, int64_t& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
  }

  static bool real(const std::string& text, double& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() &&
           std::isfinite(value);
  }

  Json read_scalar(const YAML::Node& node, const Shape& shape, const std::string& path) {
    if (!node.IsScalar()) return problem(node, path, "must be a single value"), nullptr;
    const std::string& text = node.Scalar();
    int64_t number = 0;
    double fraction = 0;
    switch (shape.type) {
      case Type::kInt:
        if (whole(text, number) && number >= 0) return number;
        return problem(node, path, "must be a whole number, 0 or more"), nullptr;
      case Type::kPort:
        if (whole(text, number) && number > 0 && number <= 65535) return number;
        return problem(node, path, "must be a port, 1 to 65535"), nullptr;
      case Type::kNumber:
        if (real(text, fraction)) return fraction;
        return problem(node, path, "must be a number"), nullptr;
      case Type::kPercent:
        if (whole(text, number)) return number;
        if (real(text, fraction)) return text;
        return problem(node, path, "must be a number"), nullptr;
      case Type::kBool:
        if (text == "true" || text == "false") return text == "true";
        return problem(node, path, "must be true or false"), nullptr;
      case Type::kDuration:
        if (parse_duration(text)) return text;
        return problem(node, path, "must be a duration, as 1m30s"), nullptr;
      case Type::kEnum:
        if (std::ranges::find(shape.words, text) != shape.words.end()) return text;
        return problem(node, path, fmt::format("must be one of {}", fmt::join(shape.words, ", "))),
               nullptr;
      default:
        return text;
    }
  }

  int line_of(const YAML::Node& node) const {
    return first_line_ + (node.IsDefined() ? node.Mark().line : 0) + 1;
  }

  void note(const YAML::Node& node, const std::string& path) {
    places_->lines[path] = line_of(node);
  }

  void problem(const YAML::Node& node, const std::string& path, const std::string& what) {
    problem_at(line_of(node), path, what);
  }

  void problem_at(int line, const std::string& path, const std::string& what) {
    if (problems_.size() > limits::kResourceProblems) return;
    problems_.push_back(fmt::format("{}:{}: {}{}{}{}", places_->file, line, what_, path,
                                    path.empty() ? "" : ": ", what));
  }

  const int first_line_;  // of the document, in its file
  std::vector<std::string>& problems_;
  size_t& nodes_;
  std::string what_;  // "MeshTrace all: "
  std::shared_ptr<Places> places_ = std::make_shared<Places>();
};

/// One document of a file.
struct Document {
  std::string text;
  int first_line = 0;  // of the file, from 0
  YAML::Node node = {};
};

/// The documents between lines that begin with "---" or "...", wherever those stand: nothing in a
/// document may begin so. Not by YAML::LoadAll, which goes on for ever at a stray comma.
std::vector<Document> split(std::string_view text) {
  std::vector<Document> documents(1);
  for (int line = 0; !text.empty(); ++line) {
    std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    std::string_view marker = whole.substr(0, 3), rest = whole.substr(marker.size());
    bool marks = (marker == "---" || marker == "...") &&
                 (rest.empty() || rest.front() == ' ' || rest.front() == '\r');
    if (marks) documents.push_back({.text = "   ", .first_line = line});
    documents.back().text.append(marks ? rest : whole).append("\n");
  }
  return documents;
}

/// Whether something stands behind the end of the document, which YAML::Load would ignore.
bool has_more(const std::string& text) {
  struct Nothing final : YAML::EventHandler {
    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
  } nothing;
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  return parser.HandleNextDocument(nothing) && parser;
}

/// yaml-cpp takes any bytes, and JSON, as which resources are kept, does not.
Result<void> check_utf8(std::string_view text, std::string_view file) {
  for (size_t at = 0, line = 1; at < text.size(); ++line) {
    std::string_view whole = text.substr(at, text.find('\n', at) - at);
    for (std::string_view rest = whole; !rest.empty();) {
      size_t length = utf8_length(rest);
      if (length == 0) return fail(Code::kInvalid, "{}:{}: is not UTF-8", file, line);
      rest.remove_prefix(length);
    }
    at += whole.size() + 1;
  }
  return {};
}

/// The four hexadecimal digits of an escape, if they stand there.
std::optional<uint32_t> hex4(std::string_view text) {
  uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return value;
}

/// Each of JSON's pairs of escapes, which YAML does not have, as the one character that it is.
std::string with_pairs_joined(std::string_view json) {
  std::string joined;
  joined.reserve(json.size());
  for (size_t i = 0; i < json.size(); ++i) {
    joined += json[i];
    if (json[i] != '\\') continue;
    auto high = json.substr(i).starts_with("\\u") ? hex4(json.substr(i + 2)) : std::nullopt;
    bool begins =
        high && *high >= 0xD800 && *high < 0xDC00 && json.substr(i + 6).starts_with("\\u");
    auto low = begins ? hex4(json.substr(i + 8)) : std::nullopt;
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      uint32_t code = 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
      joined.back() = static_cast<char>(0xF0 | code >> 18);
      for (int shift : {12, 6, 0}) joined += static_cast<char>(0x80 | (code >> shift & 0x3F));
      i += 11;
    } else if (i + 1 < json.size()) {
      joined += json[++i];  // an escaped backslash begins no escape
    }
  }
  return joined;
}

Result<std::vector<Document>> load(std::string_view text, std::string_view file) {
  if (text.size() > limits::kResourceFileBytes) {
    metrics::count_limit_hit("resource_file_bytes");
    return fail(Code::kTooLarge, "{}: is larger than {} bytes", file, limits::kResourceFileBytes);
  }
  if (auto utf8 = check_utf8(text, file); !utf8) return std::unexpected(utf8.error());
  std::string joined;
  if (text.find("\\u") != text.npos && Json::accept(text)) text = joined = with_pairs_joined(text);
  std::vector<Document> documents = split(text);
  for (Document& document : documents) {
    try {
      if (has_more(document.text))
        return fail(Code::kInvalid, "{}:{}: something stands behind the end of this document", file,
                    document.first_line + 1);
      document.node = YAML::Load(document.text);
    } catch (const YAML::Exception& error) {
      return fail(Code::kInvalid, "{}:{}: {}", file, document.first_line + error.mark.line + 1,
                  error.msg);
    }
    std::string().swap(document.text);
  }
  return documents;
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [name, member] : value.items()) {
      out << YAML::Key << name << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const Json& element : value) emit(out, element);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << value.get<std::string>();
  } else {
    out << value.dump();
  }
}

}  // namespace

Result<std::vector<Resource>> parse_resources(std::string_view text, std::string_view file) {
  auto documents = load(text, file);
  if (!documents) return std::unexpected(documents.error());
  std::vector<Resource> resources;
  std::vector<std::string> all_problems;
  size_t nodes = 0;
  auto read = [&](const YAML::Node& node, int first_line) {
    std::vector<std::string> problems;
    resources.push_back(ResourceReader(file, first_line, problems, nodes).read(node));
    std::ranges::move(problems, std::back_inserter(all_problems));
  };
  for (const Document& document : *documents) {
    try {
      if (document.node.IsSequence())
        for (const YAML::Node& element : document.node) read(element, document.first_line);
      else if (!document.node.IsNull())
        read(document.node, document.first_line);
    } catch (const YAML::Exception& error) {
      all_problems.push_back(
          fmt::format("{}:{}: {}", file, document.first_line + error.mark.line + 1, error.msg));
    }
  }
  if (all_problems.empty()) return resources;
  return fail(Code::kInvalid, "{}", fmt::join(all_problems, "\n"));
}

Json json_of(const Resource& resource) {
  Json json = resource.body.is_object() ? resource.body : Json::object();
  json["type"] = resource.key.kind;
  if (!resource.key.mesh.empty()) json["mesh"] = resource.key.mesh;
  json["name"] = resource.key.name;
  if (!resource.labels.empty()) json["labels"] = resource.labels;
  return json;
}

std::string yaml_of(const Resource& resource) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  auto head = [&](const char* name, const std::string& value) {
    if (!value.empty()) out << YAML::Key << name << YAML::Value << value;
  };
  head("type", resource.key.kind);
  head("mesh", resource.key.mesh);
  head("name", resource.key.name);
  if (!resource.labels.empty()) {
    out << YAML::Key << "labels" << YAML::Value;
    emit(out, resource.labels);
  }
  for (const auto& [name, value] : resource.body.items()) {
    out << YAML::Key << name << YAML::Value;
    emit(out, value);
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

Result<Resource> resource_of(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  bool named = json.is_object();
  auto take = [&](const char* name) {
    std::string value;
    auto found = json.find(name);
    if (found == json.end()) return value;
    if (found->is_string())
      value = found->get<std::string>();
    else
      named = false;
    json.erase(found);
    return value;
  };
  Resource resource;
  if (named) resource.key = {take("type"), take("mesh"), take("name")};
  if (!named || resource.key.kind.empty() || resource.key.name.empty())
    return fail(Code::kMalformed, "this is no resource");
  if (auto labels = json.find("labels"); labels != json.end()) {
    for (const auto& [name, value] : labels->items()) {
      if (!value.is_string()) return fail(Code::kMalformed, "a label is no text");
      resource.labels[name] = value.get<std::string>();
    }
    json.erase(labels);
  }
  resource.body = std::move(json);
  return resource;
}

}  // namespace clew::mesh
