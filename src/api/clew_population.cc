#include "api/clew_population.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <unordered_map>

#include "api/clew_openapi.h"
#include "api/endpoints.h"
#include "api/params.h"
#include "base/json.h"
#include "query/traceql/parse.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using query::PopulationNode;
using query::SpanExample;

/// IDs that one request may name: as many as anyone puts into an address.
constexpr size_t kMostIds = 100;
constexpr uint64_t kNanosPerMicro = 1000;

Result<std::vector<TraceId>> ids_of(const HttpRequest& request) {
  std::vector<TraceId> ids;
  for (std::string_view text : request.query_params("traceId")) {
    auto id = parse_trace_id(text);
    if (!id) return bad_param("traceId", id.error().message);
    if (std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
  }
  if (ids.size() > kMostIds)
    return bad_param("traceId", fmt::format("{} are more than {}", ids.size(), kMostIds));
  return ids;
}

Result<query::traceql::Pipeline> pipeline_of(const HttpRequest& request) {
  std::string_view text = text_param(request, "q");
  auto query = query::traceql::parse(text.empty() ? "{ }" : text);
  if (!query) return bad_param("q", query.error().message);
  auto* pipeline = std::get_if<query::traceql::Pipeline>(&query->what);
  if (!pipeline) return bad_param("q", "the query makes metrics, and a population is of traces");
  return std::move(*pipeline);
}

Result<query::PopulationQuestion> question_of(const HttpRequest& request) {
  query::PopulationQuestion question;
  auto ids = ids_of(request);
  if (!ids) return std::unexpected(ids.error());
  question.ids = *std::move(ids);
  if (!question.ids.empty() && !text_param(request, "q").empty())
    return bad_param("q", "a population is of the traces that match, or of those with IDs");
  auto pipeline = pipeline_of(request);
  if (!pipeline) return std::unexpected(pipeline.error());
  question.pipeline = *std::move(pipeline);
  auto start = micros_param(request, "start");
  if (!start) return std::unexpected(start.error());
  auto end = micros_param(request, "end");
  if (!end) return std::unexpected(end.error());
  question.start_min = start->value_or(0);
  if (*end) question.start_max = end_of_micro(**end);
  if (question.start_max < question.start_min)
    return fail(Code::kInvalid, "'end' is before 'start'");
  auto limit = limit_param(request, question.limit);
  if (!limit) return std::unexpected(limit.error());
  question.limit = *limit;
  return question;
}

/// Texts that are written once and named by their place.
class Texts {
 public:
  size_t place_of(const std::string& text) {
    auto [found, is_new] = places_.try_emplace(text, texts_.size());
    if (is_new) texts_.push_back(&found->first);
    return found->second;
  }

  void write(JsonWriter& json, std::string_view key) const {
    json.key(key).begin_array();
    for (const std::string* text : texts_) json.value(*text);
    json.end_array();
  }

 private:
  std::unordered_map<std::string, size_t> places_;
  std::vector<const std::string*> texts_;  // keys of places_, which do not move
};

/// Writes nodes as arrays, one for each thing that is known of them.
class NodeWriter {
 public:
  NodeWriter(JsonWriter& json, const query::Population& population)
      : json_(json), population_(population) {}

  void write() {
    json_.key("nodes").begin_object();
    numbers("depth", &PopulationNode::depth);
    column("service", [&](const auto& node) { return services_.place_of(of(node).service); });
    column("name", [&](const auto& node) { return names_.place_of(of(node).name); });
    column("kind", [&](const auto& node) { return name_of(of(node).kind); });
    numbers("traces", &PopulationNode::traces);
    numbers("spans", &PopulationNode::spans);
    numbers("errors", &PopulationNode::errors);
    numbers("orphans", &PopulationNode::orphans);
    numbers("offsetNs", &PopulationNode::offset);
    numbers("totalNs", &PopulationNode::total);
    numbers("selfNs", &PopulationNode::self);
    numbers("criticalNs", &PopulationNode::critical);
    numbers("minNs", &PopulationNode::shortest);
    numbers("p50Ns", &PopulationNode::p50);
    numbers("p95Ns", &PopulationNode::p95);
    numbers("p99Ns", &PopulationNode::p99);
    numbers("maxNs", &PopulationNode::longest);
    examples("typical", [](const PopulationNode& node) { return &node.typical; });
    examples("slowest", [](const PopulationNode& node) { return &node.slowest; });
    examples("failed",
             [](const PopulationNode& node) { return node.failed ? &*node.failed : nullptr; });
    json_.end_object();
    services_.write(json_, "services");
    names_.write(json_, "names");
    traces_.write(json_, "traceIds");
  }

 private:
  const query::PopulationOperation& of(const PopulationNode& node) const {
    return population_.operations[node.operation];
  }

  template <typename Value>
  void column(std::string_view key, Value&& value) {
    json_.key(key).begin_array();
    for (const PopulationNode& node : population_.nodes) json_.value(value(node));
    json_.end_array();
  }

  template <typename T>
  void numbers(std::string_view key, T PopulationNode::* member) {
    column(key, [&](const PopulationNode& node) { return node.*member; });
  }

  /// By node: the trace's place, the span's ID and its duration; null where there is none.
  template <typename Pick>
  void examples(std::string_view key, Pick&& pick) {
    json_.key(key).begin_array();
    for (const PopulationNode& node : population_.nodes) {
      const SpanExample* example = pick(node);
      if (!example) {
        json_.null();
        continue;
      }
      json_.begin_array().value(traces_.place_of(example->trace.hex()));
      json_.value(example->span.hex()).value(example->duration).end_array();
    }
    json_.end_array();
  }

  JsonWriter& json_;
  const query::Population& population_;
  Texts services_, names_, traces_;
};

class ClewPopulation {
 public:
  explicit ClewPopulation(query::Populations& populations) : populations_(populations) {}

  Result<HttpResponse> population(const Tenant& tenant, const HttpRequest& request) {
    auto question = question_of(request);
    if (!question) return std::unexpected(question.error());
    auto began = std::chrono::steady_clock::now();
    auto answer = populations_.merge(tenant, *question);
    if (!answer) return std::unexpected(answer.error());
    auto elapsed = std::chrono::steady_clock::now() - began;
    const query::Population& population = answer->population;
    JsonWriter json;
    json.begin_object().member("traces", population.traces).member("spans", population.spans);
    json.member("oldestUs", population.oldest / kNanosPerMicro);
    json.member("newestUs", population.newest / kNanosPerMicro);
    json.member("more", answer->more).member("complete", answer->complete);
    json.key("notFound").begin_array();
    for (const TraceId& id : answer->not_found) json.value(id.hex());
    json.end_array();
    json.key("cutSpans").begin_object().member("nodes", population.cut_by_nodes);
    json.member("depth", population.cut_by_depth).end_object();
    json.key("quantileError").raw(fmt::format("{}", query::DurationSketch::kError));
    NodeWriter(json, population).write();
    json.member("elapsedMs",
                std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
    json.end_object();
    return HttpResponse::json(200, json.take());
  }

 private:
  query::Populations& populations_;
};

}  // namespace

void add_clew_population(net::HttpRoutes& routes, query::Populations& populations) {
  constexpr std::string_view kPath = "/api/clew/v1/population";
  Endpoints<ClewPopulation> add(routes, std::make_shared<ClewPopulation>(populations),
                                HttpResponse::json_error);
  add(kPath, &ClewPopulation::population,
      [params = DescribedParams("GET", kPath)](const HttpRequest& request) {
        return params.check(request);
      });
}

}  // namespace clew::api
