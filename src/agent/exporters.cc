#include "agent/exporters.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <protozero/pbf_writer.hpp>
#include <thread>

#include "base/check.h"
#include "otlp/batch.h"
#include "otlp/items.h"
#include "otlp/messages.h"

namespace clew::agent {
namespace {

// ResourceSpans, ResourceLogs and ResourceMetrics have the same fields under the same numbers.
constexpr auto kResources = otlp::fields::request::kResourceSpans;
constexpr auto kResource = otlp::fields::resource_spans::kResource;

bool fits(const std::vector<std::pair<std::string, std::string>>& wanted,
          std::string_view resource) {
  otlp::AttributeRange attributes(resource, otlp::fields::resource::kAttributes);
  return std::ranges::all_of(wanted, [&](const auto& each) {
    auto value = attributes.find(each.first);
    return value && value->text() == each.second;
  });
}

/// The Resource of one ResourceSpans; empty if it has none.
std::string_view resource_in(std::string_view resource_spans) {
  std::string_view last;
  for (std::string_view resource : otlp::MessageRange(resource_spans, kResource)) last = resource;
  return last;
}

/// Several answers that become one: the last of them calls `accepted`.
class Answers {
 public:
  enum class Need : uint8_t { kOne, kAll };  // how many must be a success

  Answers(size_t count, Need need, Exporters::Accepted accepted)
      : left_(count), need_(need), accepted_(std::move(accepted)) {}

  void add(Result<void> answer) {
    std::unique_lock lock(mutex_);
    if (answer)
      taken_ = true;
    else
      refusal_ = std::move(answer);
    if (--left_ > 0) return;
    lock.unlock();
    accepted_(need_ == Need::kOne && taken_ ? Result<void>() : std::move(refusal_));
  }

 private:
  std::mutex mutex_;
  size_t left_;
  const Need need_;
  bool taken_ = false;
  Result<void> refusal_;  // the last one
  Exporters::Accepted accepted_;
};

}  // namespace

Result<Exporters> Exporters::open(std::vector<ExporterSpec> specs,
                                  const std::vector<ExportRoute>& routes) {
  Exporters made;
  if (auto replaced = made.replace(std::move(specs), routes); !replaced)
    return std::unexpected(replaced.error());
  return made;
}

Result<void> Exporters::replace(std::vector<ExporterSpec> specs,
                                const std::vector<ExportRoute>& routes) {
  std::vector<Output> outputs;
  for (ExporterSpec& spec : specs) {
    std::shared_ptr<Exporter> exporter = find(spec.name);
    if (!exporter) {
      spec.options.name = spec.name;
      auto opened = Exporter::open(spec.options, std::move(spec.send));
      if (!opened) return std::unexpected(opened.error());
      exporter = *std::move(opened);
    } else {
      exporter->resize(spec.options.queue.max_bytes, spec.options.queue.memory_bytes);
    }
    outputs.push_back({std::move(spec.name), spec.traces_only, std::move(exporter)});
  }
  auto is_in_force = [&](const Output& output) {
    return std::ranges::find(outputs, output.name, &Output::name) != outputs.end();
  };
  std::erase_if(retired_, is_in_force);
  for (const Output& output : table_->outputs)
    if (!is_in_force(output)) retired_.push_back(output);
  auto fresh = table_of(std::move(outputs), routes);
  std::lock_guard lock(*mutex_);
  table_ = std::move(fresh);
  return {};
}

std::shared_ptr<const Exporters::Table> Exporters::table_of(
    std::vector<Output> outputs, const std::vector<ExportRoute>& routes) {
  auto table = std::make_shared<Table>();
  table->outputs = std::move(outputs);
  for (const Output& output : table->outputs) table->all.push_back(&output);
  for (const ExportRoute& route : routes) {
    Route& added = table->routes.emplace_back(Route{route.tenants, route.attributes, {}});
    for (const std::string& name : route.exporters) {
      auto output = std::ranges::find(table->outputs, name, &Output::name);
      CLEW_CHECK(output != table->outputs.end());
      added.outputs.push_back(&*output);
    }
  }
  return table;
}

std::shared_ptr<const Exporters::Table> Exporters::table() const {
  std::lock_guard lock(*mutex_);
  return table_;
}

std::shared_ptr<Exporter> Exporters::find(const std::string& name) const {
  for (const auto& outputs : {table_->outputs, retired_}) {
    auto output = std::ranges::find(outputs, name, &Output::name);
    if (output != outputs.end()) return output->exporter;
  }
  return nullptr;
}

std::vector<std::string> Exporters::end_retired() {
  std::erase_if(retired_, [](const Output& output) { return output.exporter->empty(); });
  std::vector<std::string> names;
  for (const Output& output : retired_) names.push_back(output.name);
  return names;
}

void Exporters::enqueue(otlp::Signal signal, const Tenant& tenant, const SharedBytes& request,
                        size_t items, Accepted accepted) {
  auto table = this->table();
  auto routes = table->routes_of(tenant);
  if (routes.empty())
    return enqueue_to(table->all, signal, tenant, request, items, std::move(accepted));
  if (routes.front()->attributes.empty())
    return enqueue_to(routes.front()->outputs, signal, tenant, request, items, std::move(accepted));
  auto parts = table->split(signal, routes, request.view());
  if (parts.size() == 1)
    return enqueue_to(*parts[0].outputs, signal, tenant, request, items, std::move(accepted));
  auto answers = std::make_shared<Answers>(parts.size(), Answers::Need::kAll, std::move(accepted));
  for (Part& part : parts)
    enqueue_to(*part.outputs, signal, tenant, SharedBytes::take(std::move(part.bytes)), part.items,
               [answers](Result<void> taken) { answers->add(std::move(taken)); });
}

/// Those that may fit requests of a tenant, up to one that fits all of them.
std::vector<const Exporters::Route*> Exporters::Table::routes_of(const Tenant& tenant) const {
  std::vector<const Route*> fitting;
  for (const Route& route : routes) {
    if (!route.tenants.empty() &&
        std::ranges::find(route.tenants, tenant.name()) == route.tenants.end())
      continue;
    fitting.push_back(&route);
    if (route.attributes.empty()) break;
  }
  return fitting;
}

std::vector<Exporters::Part> Exporters::Table::split(otlp::Signal signal,
                                                     const std::vector<const Route*>& fitting,
                                                     std::string_view request) const {
  std::vector<Part> parts;
  for (std::string_view message : otlp::MessageRange(request, kResources)) {
    std::string_view resource = resource_in(message);
    auto route = std::ranges::find_if(
        fitting, [&](const Route* each) { return fits(each->attributes, resource); });
    const Outputs* outputs = route == fitting.end() ? &all : &(*route)->outputs;
    auto part = std::ranges::find(parts, outputs, &Part::outputs);
    if (part == parts.end()) part = parts.insert(part, Part{.outputs = outputs});
    protozero::pbf_writer(part->bytes).add_message(kResources, message.data(), message.size());
    part->items += otlp::count_items(signal, message);
  }
  return parts;
}

void Exporters::enqueue_to(const Outputs& outputs, otlp::Signal signal, const Tenant& tenant,
                           const SharedBytes& request, size_t items, Accepted accepted) {
  Outputs takers;
  for (const Output* output : outputs)
    if (!output->traces_only || signal == otlp::Signal::kTraces) takers.push_back(output);
  if (takers.empty())
    return accepted(fail(Code::kUnsupported, "no exporter takes {}", otlp::name_of(signal)));
  auto answers = std::make_shared<Answers>(takers.size(), Answers::Need::kOne, std::move(accepted));
  for (const Output* taker : takers)
    taker->exporter->enqueue({signal, tenant, request, items},
                             [answers](Result<void> queued) { answers->add(std::move(queued)); });
}

std::vector<std::pair<std::string, size_t>> Exporters::drain(SteadyTime deadline) {
  std::vector<Output> outputs = table_->outputs;
  outputs.insert(outputs.end(), retired_.begin(), retired_.end());
  std::vector<size_t> left(outputs.size());
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < outputs.size(); ++i)
      threads.emplace_back([&, i] { left[i] = outputs[i].exporter->drain(deadline); });
  }
  std::vector<std::pair<std::string, size_t>> result;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (left[i] != 0) result.emplace_back(outputs[i].name, left[i]);
  return result;
}

std::vector<std::pair<std::string, ExporterStatus>> Exporters::status() const {
  auto table = this->table();
  std::vector<std::pair<std::string, ExporterStatus>> all;
  for (const Output& output : table->outputs)
    all.emplace_back(output.name, output.exporter->status());
  return all;
}

double Exporters::memory_fullness() const {
  double emptiest = 1;
  auto table = this->table();
  for (const Output& output : table->outputs)
    emptiest = std::min(emptiest, output.exporter->memory_fullness());
  return emptiest;
}

bool Exporters::refuses() const {
  auto table = this->table();
  return std::ranges::all_of(table->outputs,
                             [](const Output& output) { return output.exporter->refuses(); });
}

}  // namespace clew::agent
