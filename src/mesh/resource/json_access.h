// Reading resources that have passed their schema: what is absent reads as a default, and what is
// of another type than expected reads as absent, so that the composer never fails on a body.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace clew::mesh {

using Json = nlohmann::json;

/// What stands at `path` ("networking.gateway.type") below `object`; null when nothing does.
const Json& at(const Json& object, std::string_view path);

/// The text at `path`, or `otherwise`.
std::string text_at(const Json& object, std::string_view path, std::string_view otherwise = "");

/// The whole number at `path`, or `otherwise`; also one that is written as text, as Kuma's
/// IntOrString may be.
int64_t number_at(const Json& object, std::string_view path, int64_t otherwise);

/// The port at `path`, or `otherwise`, also for a number that is none.
uint16_t port_at(const Json& object, std::string_view path, uint16_t otherwise = 0);

/// As number_at, for numbers with a fraction.
double real_at(const Json& object, std::string_view path, double otherwise);

/// The elements of the array at `path`; none if there is no array.
const Json& list_at(const Json& object, std::string_view path);

/// The members at `path` whose values are text.
std::map<std::string, std::string> texts_at(const Json& object, std::string_view path);

/// A duration as Go and Kuma write it ("1m30s") in the way protobuf's JSON wants it ("90s"); empty
/// when there is none at `path`.
std::string duration_at(const Json& object, std::string_view path);

}  // namespace clew::mesh
