#include "mesh/envoy_api/envoy_api.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <deque>
#include <memory>
#include <protozero/pbf_reader.hpp>

#include "base/check.h"
#include "mesh/envoy_api/json_to_wire.h"
#include "mesh/envoy_api/newer_fields.h"

// A FileDescriptorSet, compiled in by cmake/envoy_api.cmake.
extern "C" const char clew_envoy_api_begin[];
extern "C" const char clew_envoy_api_end[];

namespace clew::mesh::envoy_api {
namespace {

namespace pb = google::protobuf;

constexpr const char* kUrlPrefix = "type.googleapis.com";

/// Envoy's descriptors. A file is built when a message of it is first needed: a control plane uses
/// some forty of the six hundred.
class Api {
 public:
  static const Api& get() {
    static const Api& api = *new Api;  // used until the very end of the process
    return api;
  }

  pb::util::TypeResolver& resolver() const { return *resolver_; }

  /// nullptr for a type that is none.
  const pb::Descriptor* find(std::string_view type_url) const {
    size_t slash = type_url.rfind('/');
    if (slash == std::string_view::npos || type_url.substr(0, slash) != kUrlPrefix) return nullptr;
    return pool_.FindMessageTypeByName(std::string(type_url.substr(slash + 1)));
  }

  /// Whether `bytes` are a message of that type.
  bool parses(const pb::Descriptor* type, std::string_view bytes) const {
    std::unique_ptr<pb::Message> message(messages_.GetPrototype(type)->New());
    return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  Api() {
    protozero::pbf_reader set(clew_envoy_api_begin,
                              static_cast<size_t>(clew_envoy_api_end - clew_envoy_api_begin));
    while (set.next(1)) {
      auto file = set.get_view();
      std::string_view bytes(file.data(), file.size());
      if (auto newer = with_newer_fields(bytes)) bytes = newer_.emplace_back(*std::move(newer));
      CLEW_CHECK(files_.Add(bytes.data(), static_cast<int>(bytes.size())));
    }
  }

  std::deque<std::string> newer_;  // files_ points into them
  pb::EncodedDescriptorDatabase files_;
  pb::DescriptorPool pool_{&files_};
  std::unique_ptr<pb::util::TypeResolver> resolver_{
      pb::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &pool_)};
  mutable pb::DynamicMessageFactory messages_;  // has a lock of its own
};

/// How people find the resource: `Listener "inbound:8080"`.
std::string title(std::string_view type_url, const nlohmann::json& json) {
  std::string_view type = short_name(type_url);
  if (!json.is_object()) return std::string(type);
  for (const char* field : {"name", "cluster_name", "clusterName"}) {
    auto found = json.find(field);
    if (found != json.end() && found->is_string())
      return fmt::format("{} \"{}\"", type, found->get_ref<const std::string&>());
  }
  return std::string(type);
}

std::unexpected<Error> unknown_type(std::string_view type_url) {
  return fail(Code::kNotFound, "{} is no type of Envoy's API", type_url);
}

}  // namespace

std::string_view short_name(std::string_view type_url) {
  return type_url.substr(type_url.find_last_of("./") + 1);
}

Result<std::string> serialize(std::string_view type_url, const nlohmann::json& json) {
  const Api& api = Api::get();
  const pb::Descriptor* type = api.find(type_url);
  if (type == nullptr) return unknown_type(type_url);
  auto bytes = json_to_wire(*type, json, [&](std::string_view url) { return api.find(url); });
  if (!bytes) return fail(Code::kInvalid, "{}: {}", title(type_url, json), bytes.error().message);
  return bytes;
}

Result<nlohmann::json> json_of(std::string_view type_url, std::string_view bytes) {
  const Api& api = Api::get();
  const pb::Descriptor* type = api.find(type_url);
  if (type == nullptr) return unknown_type(type_url);
  // The printer passes over bytes that end too early.
  if (!api.parses(type, bytes)) return fail(Code::kMalformed, "no {}", short_name(type_url));
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  auto status = pb::util::BinaryToJsonString(&api.resolver(), std::string(type_url),
                                             std::string(bytes), &text, options);
  if (!status.ok()) {
    auto message = status.message();
    return fail(Code::kMalformed, "{}: {}", short_name(type_url),
                std::string_view(message.data(), message.size()));
  }
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail(Code::kMalformed, "{}: not JSON", short_name(type_url));
  return json;
}

}  // namespace clew::mesh::envoy_api
