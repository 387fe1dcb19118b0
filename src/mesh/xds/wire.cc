#include "mesh/xds/wire.h"

#include <fmt/format.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/limits.h"
#include "base/utf8.h"
#include "mesh/xds/reading.h"

namespace clew::mesh::xds {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

/// Of nested structs in a node's metadata.
constexpr int kMetadataDepth = 4;

void cut(std::string& text, size_t bytes) {
  text.resize(cut_utf8(text, bytes).size());
}

void read_struct(pbf_reader reader, const std::string& path, int depth, Node& node);

/// google.protobuf.Value.
void read_value(pbf_reader reader, const std::string& path, int depth, Node& node) {
  while (reader.next()) {
    std::string text;
    switch (reader.tag()) {
      case 2:
        expect(reader, protozero::pbf_wire_type::fixed64);
        text = fmt::format("{}", reader.get_double());
        break;
      case 3:
        text = text_of(reader);
        cut(text, limits::kXdsMetadataBytes);
        break;
      case 4:
        text = number_of(reader) != 0 ? "true" : "false";
        break;
      case 5:
        if (depth < kMetadataDepth) {
          read_struct(message_of(reader), path + ".", depth + 1, node);
          continue;
        }
        [[fallthrough]];
      default:
        reader.skip();
        continue;
    }
    if (node.metadata.size() < limits::kXdsMetadata) node.metadata[path] = std::move(text);
  }
}

/// google.protobuf.Struct: { map<string, Value> fields = 1; }
void read_struct(pbf_reader reader, const std::string& path, int depth, Node& node) {
  while (reader.next(1)) {
    pbf_reader field = message_of(reader);
    std::string name;
    std::optional<pbf_reader> value;
    while (field.next()) {
      if (field.tag() == 1)
        name = text_of(field);
      else if (field.tag() == 2)
        value = message_of(field);
      else
        field.skip();
    }
    cut(name, limits::kXdsMetadataBytes);
    if (value) read_value(*value, path + name, depth, node);
  }
}

/// envoy.type.v3.SemanticVersion, within envoy.config.core.v3.BuildVersion.
std::string read_build_version(pbf_reader build) {
  int32_t parts[3] = {0, 0, 0};
  while (build.next(1)) {
    pbf_reader version = message_of(build);
    while (version.next()) {
      if (version.tag() >= 1 && version.tag() <= 3)
        parts[version.tag() - 1] = number_of(version);
      else
        version.skip();
    }
  }
  return fmt::format("{}.{}.{}", parts[0], parts[1], parts[2]);
}

void read_locality(pbf_reader reader, Node& node) {
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        node.region = text_of(reader);
        break;
      case 2:
        node.zone = text_of(reader);
        break;
      case 3:
        node.sub_zone = text_of(reader);
        break;
      default:
        reader.skip();
    }
  }
}

}  // namespace

Node read_node(protozero::pbf_reader reader) {
  Node node;
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        node.id = text_of(reader);
        break;
      case 2:
        node.cluster = text_of(reader);
        break;
      case 3:
        read_struct(message_of(reader), "", 0, node);
        break;
      case 4:
        read_locality(message_of(reader), node);
        break;
      case 6:
        node.agent = text_of(reader);
        break;
      case 7:
        node.version = text_of(reader);
        break;
      case 8:
        node.version = read_build_version(message_of(reader));
        break;
      default:
        reader.skip();  // hundreds of extensions
    }
  }
  if (node.id.size() > limits::kXdsNameBytes) throw TooLarge{"the node's ID"};
  return node;
}

namespace {

/// google.rpc.Status.
Refusal read_refusal(pbf_reader reader) {
  Refusal refusal;
  while (reader.next()) {
    if (reader.tag() == 1)
      refusal.code = number_of(reader);
    else if (reader.tag() == 2)
      refusal.text = text_of(reader);
    else
      reader.skip();
  }
  cut(refusal.text, limits::kXdsRefusalBytes);
  return refusal;
}

void read_name(pbf_reader& reader, std::vector<std::string>& names) {
  if (names.size() >= limits::kXdsNames) throw TooLarge{"the number of names"};
  std::string name = text_of(reader);
  if (name.size() > limits::kXdsNameBytes) throw TooLarge{"a name"};
  names.push_back(std::move(name));
}

/// One entry of map<string, string>.
void read_known(pbf_reader reader, std::vector<std::pair<std::string, std::string>>& known) {
  if (known.size() >= limits::kXdsNames) throw TooLarge{"the number of names"};
  std::pair<std::string, std::string> entry;
  while (reader.next()) {
    if (reader.tag() == 1)
      entry.first = text_of(reader);
    else if (reader.tag() == 2)
      entry.second = text_of(reader);
    else
      reader.skip();
  }
  if (entry.first.size() > limits::kXdsNameBytes) throw TooLarge{"a name"};
  cut(entry.second, limits::kXdsNameBytes);
  known.push_back(std::move(entry));
}

void read_delta_field(pbf_reader& reader, Request& request) {
  switch (reader.tag()) {
    case 1:
      request.node = read_node(message_of(reader));
      break;
    case 2:
      request.type_url = text_of(reader);
      break;
    case 3:
      read_name(reader, request.names);
      break;
    case 4:
      read_name(reader, request.unsubscribe);
      break;
    case 5:
      read_known(message_of(reader), request.known);
      break;
    case 6:
      request.nonce = text_of(reader);
      break;
    case 7:
      request.refusal = read_refusal(message_of(reader));
      break;
    default:
      reader.skip();
  }
}

void read_field(pbf_reader& reader, Request& request) {
  switch (reader.tag()) {
    case 2:
      request.node = read_node(message_of(reader));
      break;
    case 3:
      read_name(reader, request.names);
      break;
    case 4:
      request.type_url = text_of(reader);
      break;
    case 5:
      request.nonce = text_of(reader);
      break;
    case 6:
      request.refusal = read_refusal(message_of(reader));
      break;
    default:
      reader.skip();
  }
}

Result<Request> read(std::string_view bytes, void (*read_one)(pbf_reader&, Request&)) {
  return guarded("discovery request", [&] {
    Request request;
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) read_one(reader, request);
    if (request.type_url.size() > limits::kXdsNameBytes) throw TooLarge{"the type URL"};
    return request;
  });
}

/// Who answers, as Envoy logs it.
constexpr std::string_view kControlPlane = "clew";

void add_control_plane(pbf_writer& writer) {
  pbf_writer(writer, 7).add_string(1, kControlPlane.data(), kControlPlane.size());
}

void add(pbf_writer& writer, protozero::pbf_tag_type field, std::string_view text) {
  writer.add_bytes(field, text.data(), text.size());
}

}  // namespace

Result<Request> read_delta_request(std::string_view bytes) {
  return read(bytes, read_delta_field);
}

Result<Request> read_request(std::string_view bytes) {
  return read(bytes, read_field);
}

std::string delta_response(std::string_view type_url, std::string_view nonce, uint64_t revision,
                           std::span<const XdsResourcePtr> resources,
                           std::span<const std::string> removed) {
  size_t size = 256;
  for (const auto& item : resources) size += item->size() + 8;
  std::string bytes, space;
  bytes.reserve(size);
  pbf_writer writer(bytes);
  writer.add_string(1, std::to_string(revision));
  for (const auto& item : resources) add(writer, 2, item->resource(space));
  add(writer, 4, type_url);
  add(writer, 5, nonce);
  for (const auto& name : removed) writer.add_string(6, name);
  add_control_plane(writer);
  return bytes;
}

std::string response(std::string_view type_url, std::string_view nonce, std::string_view version,
                     std::span<const XdsResourcePtr> resources) {
  size_t size = 256;
  for (const auto& item : resources) size += item->size() + 8;
  std::string bytes, space;
  bytes.reserve(size);
  pbf_writer writer(bytes);
  add(writer, 1, version);
  for (const auto& item : resources) add(writer, 2, item->any(space));
  add(writer, 4, type_url);
  add(writer, 5, nonce);
  {
    pbf_writer control_plane(writer, 6);
    add(control_plane, 1, kControlPlane);
  }
  return bytes;
}

std::string any_message(std::string_view type_url, std::string_view message) {
  std::string bytes;
  pbf_writer writer(bytes);
  add(writer, 1, type_url);
  add(writer, 2, message);
  return bytes;
}

std::string resource_message(std::string_view name, std::string_view version,
                             std::string_view any) {
  std::string bytes;
  bytes.reserve(name.size() + version.size() + any.size() + 16);
  pbf_writer writer(bytes);
  add(writer, 1, version);
  add(writer, 3, name);
  add(writer, 2, any);
  return bytes;
}

}  // namespace clew::mesh::xds
