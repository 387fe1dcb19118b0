#include "api/tempo_tags.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "api/tempo_filter.h"
#include "api/tempo_spans.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/parse.h"
#include "query/traceql/plan.h"
#include "query/traceql/span_evaluator.h"

namespace clew::api {
namespace {

using namespace query::traceql;

struct NamedScope {
  std::string_view name;
  std::optional<store::AttributeScope> indexed;  // unset: no index has it
};
constexpr std::array<NamedScope, 5> kScopes = {
    {{"resource", store::AttributeScope::kResource},
     {"span", store::AttributeScope::kSpan},
     {"event", store::AttributeScope::kEvent},
     {"link", std::nullopt},
     {"instrumentation", store::AttributeScope::kScope}}};

bool is_all(std::string_view scope) {
  return scope.empty() || scope == "none" || scope == "all";
}

/// `{}`: every span.
Pipeline all_spans() {
  return std::get<Pipeline>(std::move(parse("{ }")->what));
}

using Keys = std::array<std::set<std::string, std::less<>>, kScopes.size()>;

/// Adds the keys of one span's attributes, by scope.
void add_keys(const TraceView& trace, uint32_t number, Keys& keys) {
  auto add = [](auto& known, const otlp::AttributeRange& attributes) {
    for (const otlp::Attribute& attribute : attributes)
      if (!known.contains(attribute.key)) known.emplace(attribute.key);
  };
  const otlp::Span& span = trace.span(number);
  add(keys[0], trace.resource(number).attributes());
  add(keys[1], span.attributes());
  for (const otlp::Event& event : span.events()) add(keys[2], event.attributes());
  for (const otlp::Link& link : span.links()) add(keys[3], link.attributes());
  add(keys[4], trace.scope(number).attributes());
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kInt:
      return "int";
    case Type::kFloat:
      return "float";
    case Type::kBool:
      return "bool";
    case Type::kDuration:
      return "duration";
    case Type::kStatus:
    case Type::kKind:
      return "keyword";
    default:
      return "string";
  }
}

std::string_view type_name(otlp::ValueType type) {
  switch (type) {
    case otlp::ValueType::kInt:
      return "int";
    case otlp::ValueType::kDouble:
      return "float";
    case otlp::ValueType::kBool:
      return "bool";
    default:
      return "string";
  }
}

/// Who has what values an index, or the language, knows.
bool is_listed_without_reading(const Field& tag) {
  switch (tag.intrinsic) {
    case Intrinsic::kNone:
      return tag.scope != Scope::kLink;
    case Intrinsic::kStatus:
    case Intrinsic::kKind:
    case Intrinsic::kName:
    case Intrinsic::kRootName:
    case Intrinsic::kRootService:
      return true;
    default:
      return false;
  }
}

/// Few enough to choose from.
bool is_listed_by_reading(const Field& tag) {
  switch (tag.intrinsic) {
    case Intrinsic::kStatusMessage:
    case Intrinsic::kEventName:
    case Intrinsic::kInstrumentationName:
    case Intrinsic::kInstrumentationVersion:
      return true;
    default:
      return tag.intrinsic == Intrinsic::kNone || is_listed_without_reading(tag);
  }
}

std::vector<TempoValue> values_of_index(query::Engine& engine, const Tenant& tenant,
                                        const Field& tag, size_t limit) {
  std::vector<TempoValue> values;
  auto add = [&](std::string_view type, std::string value) {
    if (values.size() < limit) values.push_back({type, std::move(value)});
  };
  auto add_services = [&] {
    for (std::string& name : engine.services(tenant)) add("string", std::move(name));
  };
  if (tag.intrinsic == Intrinsic::kNone) {
    for (store::TagValue& value :
         engine.tag_values(tenant, indexed_scope(tag.scope), tag.key, "", limit))
      add(type_name(value.type), std::move(value.text));
    // Where services are kept they are no attribute.
    if (tag.key == "service.name" && values.empty()) add_services();
  } else if (tag.intrinsic == Intrinsic::kStatus) {
    for (const char* status : {"ok", "error", "unset"}) add("keyword", status);
  } else if (tag.intrinsic == Intrinsic::kKind) {
    for (const char* kind : {"client", "server", "producer", "consumer", "internal", "unspecified"})
      add("keyword", kind);
  } else if (tag.intrinsic == Intrinsic::kRootService) {
    add_services();
  } else {
    std::set<std::string> names;
    for (const auto& operation : engine.operations(tenant, "")) names.insert(operation.name);
    for (const std::string& name : names) add("string", name);
  }
  return values;
}

TempoValues values_of_spans(query::Engine& engine, const Tenant& tenant, const Pipeline& pipeline,
                            const Field& tag, const TempoNames& names) {
  std::set<TempoValue> found;
  auto add = [&](const Datum& value) {
    if (value.type == Type::kNil || value.type == Type::kOther || value.type == Type::kList) return;
    TempoValue text{type_name(value.type), text_of(value.literal())};
    if (found.size() < names.limit && !text.value.empty()) found.insert(std::move(text));
  };
  auto read = read_tempo_spans(engine, tenant, pipeline, names, kTracesReadForNames,
                               [&](const TraceView& trace, uint32_t span) {
                                 SpanEvaluator evaluator(trace);
                                 Datum value = evaluator.value(tag, span);
                                 for (const Datum& element : value.elements) add(element);
                                 add(value);
                                 return found.size() < names.limit;
                               });
  return {{found.begin(), found.end()}, read.bytes, read.complete};
}

}  // namespace

Result<TempoTags> list_tempo_tags(query::Engine& engine, const Tenant& tenant,
                                  std::string_view scope, const TempoNames& names) {
  bool known = is_all(scope) || scope == kTempoIntrinsic ||
               std::ranges::find(kScopes, scope, &NamedScope::name) != kScopes.end();
  if (!known) return fail(Code::kInvalid, "invalid scope: {}", scope);
  TempoTags tags;
  Keys keys;
  auto filter = tempo_filter(names.query);
  bool reads = scope != kTempoIntrinsic && (filter || scope == "link");
  if (reads) {
    auto read = read_tempo_spans(engine, tenant, filter ? *filter : all_spans(), names,
                                 kTracesReadForNames, [&](const TraceView& trace, uint32_t span) {
                                   add_keys(trace, span, keys);
                                   return true;
                                 });
    tags.read_bytes = read.bytes;
    tags.complete = read.complete;
  }
  auto add = [&](std::string_view name, std::vector<std::string> of_scope) {
    if (of_scope.size() > names.limit) of_scope.resize(names.limit);
    if (!of_scope.empty()) tags.scopes.push_back({name, std::move(of_scope)});
  };
  for (size_t i = 0; i < kScopes.size(); ++i) {
    if (!is_all(scope) && scope != kScopes[i].name) continue;
    if (!reads && kScopes[i].indexed)
      for (store::TagName& name : engine.tag_names(tenant, kScopes[i].indexed))
        keys[i].insert(std::move(name.key));
    add(kScopes[i].name, {keys[i].begin(), keys[i].end()});
  }
  if (is_all(scope) || scope == kTempoIntrinsic)
    add(kTempoIntrinsic, {tempo_intrinsics().begin(), tempo_intrinsics().end()});
  return tags;
}

TempoValues list_tempo_values(query::Engine& engine, const Tenant& tenant, const Field& tag,
                              const TempoNames& names) {
  if (!is_listed_by_reading(tag)) return {};
  auto filter = tempo_filter(names.query);
  if (!filter && is_listed_without_reading(tag))
    return {.values = values_of_index(engine, tenant, tag, names.limit)};
  return values_of_spans(engine, tenant, filter ? *filter : all_spans(), tag, names);
}

void remove_intrinsics(TempoTags& tags) {
  std::erase_if(tags.scopes, [](const TempoScope& scope) { return scope.name == kTempoIntrinsic; });
}

Field field_of_tag(std::string_view name) {
  std::string_view intrinsic = name;
  if (name == "status.code") intrinsic = "status";
  if (name == "root.name") intrinsic = "rootName";
  if (name == "root.service.name") intrinsic = "rootServiceName";
  auto field = parse_tempo_tag(intrinsic);
  if (field && field->intrinsic != Intrinsic::kNone) return *field;
  return Field{.key = std::string(name), .spelling = std::string(name)};
}

}  // namespace clew::api
