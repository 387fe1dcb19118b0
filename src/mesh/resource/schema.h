// What each kind of resource may hold: the kinds of Kuma that Clew has, and its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clew::mesh {

/// What one value may be. A tree, shared where kinds share shapes.
struct Shape {
  enum class Type {
    kString,
    kInt,
    kNumber,
    kBool,
    kDuration,  // "1m30s"
    kPort,      // 1 to 65535
    kPercent,   // a number, or one written as text
    kMap,       // names to texts
    kAny,
    kEnum,
    kList,
    kObject,
    kRefused,  // the field exists elsewhere; `words` say what to do instead
  };
  struct Field {
    std::shared_ptr<const Shape> shape;
    bool required = false;
  };

  Type type = Type::kAny;
  std::vector<std::string> words = {};                    // of an enum; why it is refused
  std::shared_ptr<const Shape> element = {};              // of a list
  std::map<std::string, Field, std::less<>> fields = {};  // of an object
};

struct Kind {
  std::string name;     // "MeshTrace"
  std::string plural;   // "meshtraces": in paths of the REST API
  bool in_mesh = true;  // belongs to a mesh
  std::shared_ptr<const Shape> body;
};

/// All kinds by name.
const std::map<std::string, Kind, std::less<>>& kinds();

/// nullptr when there is none of that plural.
const Kind* kind_of_plural(std::string_view plural);

}  // namespace clew::mesh
