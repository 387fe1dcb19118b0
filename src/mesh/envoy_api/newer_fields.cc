#include "mesh/envoy_api/newer_fields.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>

#include "base/check.h"

namespace clew::mesh::envoy_api {
namespace {

namespace pb = google::protobuf;

struct NewerField {
  std::string_view file, message;  // nested ones as "Outer.Inner"; made if it is not there
  const char *name, *json_name;
  int number;
  const char* type;         // of a message; "": a string
  const char* import = "";  // where the type is from
  bool in_first_oneof = false, repeated = false;
};

constexpr char kMutations[] = "envoy/config/common/mutation_rules/v3/mutation_rules.proto";
constexpr char kManager[] =
    "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto";
constexpr char kOpenTelemetry[] = "envoy/config/trace/v3/opentelemetry.proto";
constexpr char kZipkin[] = "envoy/config/trace/v3/zipkin.proto";
constexpr char kCustomTag[] = "envoy/type/tracing/v3/custom_tag.proto";
/// Any file of the samplers' package: those of the newer ones are not there.
constexpr char kSamplers[] =
    "envoy/extensions/tracers/opentelemetry/samplers/v3/always_on_sampler.proto";
constexpr char kRoute[] = "envoy/config/route/v3/route_components.proto";
constexpr char kRoutes[] = "envoy/config/route/v3/route.proto";

constexpr NewerField kNewer[] = {
    {kMutations, "HeaderMutation.RemoveOnMatch", "key_matcher", "keyMatcher", 1,
     ".envoy.type.matcher.v3.StringMatcher", "envoy/type/matcher/v3/string.proto"},
    {kMutations, "HeaderMutation", "remove_on_match", "removeOnMatch", 3,
     ".envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch", "", true},
    {kManager, "HttpConnectionManager.Tracing", "operation", "operation", 11, "string"},
    {kManager, "HttpConnectionManager.Tracing", "upstream_operation", "upstreamOperation", 12,
     "string"},
    {kRoute, "Tracing", "operation", "operation", 5, "string"},
    {kRoute, "Tracing", "upstream_operation", "upstreamOperation", 6, "string"},
    {kRoute, "RouteAction.RequestMirrorPolicy", "request_headers_mutations",
     "requestHeadersMutations", 7, ".envoy.config.common.mutation_rules.v3.HeaderMutation",
     kMutations, false, true},
    {kRoutes, "RouteConfiguration", "vhost_header", "vhostHeader", 18, "string"},
    {kOpenTelemetry, "OpenTelemetryConfig", "max_cache_size", "maxCacheSize", 6,
     ".google.protobuf.UInt32Value", "google/protobuf/wrappers.proto"},
    {kCustomTag, "CustomTag", "value", "value", 6, "string", "", true},
    {kSamplers, "ParentBasedSamplerConfig", "wrapped_sampler", "wrappedSampler", 1,
     ".envoy.config.core.v3.TypedExtensionConfig", "envoy/config/core/v3/extension.proto"},
    {kSamplers, "TraceIdRatioBasedSamplerConfig", "sampling_percentage", "samplingPercentage", 1,
     ".envoy.type.v3.FractionalPercent", "envoy/type/v3/percent.proto"},
    // An enum, which is the same on the wire.
    {kZipkin, "ZipkinConfig", "trace_context_option", "traceContextOption", 8, "uint32"},
};

template <typename Messages>
pb::DescriptorProto* find(Messages* messages, std::string_view name) {
  for (pb::DescriptorProto& message : *messages)
    if (message.name() == name) return &message;
  return nullptr;
}

pb::DescriptorProto& message_of(pb::FileDescriptorProto& file, std::string_view path) {
  size_t dot = path.find('.');
  std::string_view first = path.substr(0, dot);
  pb::DescriptorProto* outer = find(file.mutable_message_type(), first);
  if (outer == nullptr) {
    outer = file.add_message_type();
    outer->set_name(std::string(first));
  }
  if (dot == path.npos) return *outer;
  std::string_view name = path.substr(dot + 1);
  if (pb::DescriptorProto* inner = find(outer->mutable_nested_type(), name)) return *inner;
  pb::DescriptorProto& made = *outer->add_nested_type();
  made.set_name(std::string(name));
  return made;
}

void add(const NewerField& newer, pb::FileDescriptorProto& file) {
  pb::DescriptorProto& message = message_of(file, newer.message);
  for (const pb::FieldDescriptorProto& field : message.field())
    if (field.number() == newer.number) return;  // newer descriptors have it themselves
  pb::FieldDescriptorProto& field = *message.add_field();
  field.set_name(newer.name);
  field.set_json_name(newer.json_name);
  field.set_number(newer.number);
  field.set_label(newer.repeated ? pb::FieldDescriptorProto::LABEL_REPEATED
                                 : pb::FieldDescriptorProto::LABEL_OPTIONAL);
  std::string_view type = newer.type;
  field.set_type(type == "string"   ? pb::FieldDescriptorProto::TYPE_STRING
                 : type == "uint32" ? pb::FieldDescriptorProto::TYPE_UINT32
                                    : pb::FieldDescriptorProto::TYPE_MESSAGE);
  if (type.starts_with('.')) field.set_type_name(newer.type);
  if (newer.in_first_oneof) field.set_oneof_index(0);
  std::string_view import = newer.import;
  if (!import.empty() && std::ranges::find(file.dependency(), import) == file.dependency().end())
    file.add_dependency(newer.import);
}

}  // namespace

std::optional<std::string> with_newer_fields(std::string_view bytes) {
  // A file's name is its first field, behind a tag and a length.
  auto is = [&](std::string_view name) { return bytes.substr(2, name.size()) == name; };
  pb::FileDescriptorProto file;
  for (const NewerField& newer : kNewer) {
    if (!is(newer.file)) continue;
    if (file.name().empty())
      CLEW_CHECK(file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    add(newer, file);
  }
  if (file.name().empty()) return std::nullopt;
  return file.SerializeAsString();
}

}  // namespace clew::mesh::envoy_api
