#include "agent/exporters.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <set>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace std::chrono_literals;
using namespace otlp::testing;
using otlp::Signal;

SteadyTime soon() {
  return std::chrono::steady_clock::now() + 10s;
}

/// Exporters "a", "b", "c" that remember the services whose spans they sent.
class ExportersTest : public ::testing::Test {
 protected:
  Exporters exporters(const std::vector<ExportRoute>& routes) {
    std::vector<ExporterSpec> specs;
    for (std::string name : {"a", "b", "c"})
      specs.push_back({.name = name, .options = quick(), .send = remember(name)});
    return Exporters::open(std::move(specs), routes).value();
  }

  Send remember(const std::string& name) {
    return [this, name](Signal, const Tenant&, SharedBytes request, auto done) {
      std::lock_guard lock(mutex);
      auto batch = otlp::Batch::index(request);
      for (const otlp::SpanRef& ref : batch->spans())
        sent[name].insert(std::string(batch->resource_of(ref).service_name));
      done({});
    };
  }

  /// Fails while `away`.
  Send late() {
    return [this](Signal, const Tenant&, const SharedBytes&, auto done) {
      if (away) return done(fail(Code::kUnavailable, "away"));
      ++arrived;
      done({});
    };
  }
  std::atomic<bool> away = true;
  std::atomic<int> arrived = 0;  // by late()

  static ExporterOptions quick() {
    return {.queue = {.batch = {.batch_timeout = 1ms}}, .retry = {.initial_interval = 1ms}};
  }
  static SharedBytes request(const std::vector<std::string>& services) {
    std::vector<SpanSpec> spans;
    for (const std::string& service : services) spans.push_back({.service = service});
    return SharedBytes::take(request_bytes(spans));
  }
  static void enqueue(Exporters& to, const std::vector<std::string>& services,
                      const Tenant& tenant = Tenant()) {
    EXPECT_TRUE(result_of(to, Signal::kTraces, services, tenant));
  }
  static Result<void> result_of(Exporters& to, Signal signal,
                                const std::vector<std::string>& services,
                                const Tenant& tenant = Tenant()) {
    std::promise<Result<void>> promise;
    to.enqueue(signal, tenant, request(services), services.size(),
               [&](Result<void> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }

  std::mutex mutex;
  std::map<std::string, std::multiset<std::string>> sent;
};

using Services = std::multiset<std::string>;

TEST_F(ExportersTest, WithoutRoutesEachGetsEverything) {
  Exporters all = exporters({});
  enqueue(all, {"shop", "cart"});
  EXPECT_TRUE(all.drain(soon()).empty());
  for (const char* name : {"a", "b", "c"})
    EXPECT_EQ(sent[name], (Services{"shop", "cart"})) << name;
}

TEST_F(ExportersTest, ATenantGoesItsWay) {
  Exporters routed = exporters({{.tenants = {"blue", "green"}, .exporters = {"b"}}});
  enqueue(routed, {"shop"}, *Tenant::parse("blue"));
  enqueue(routed, {"cart"}, *Tenant::parse("red"));
  EXPECT_TRUE(routed.drain(soon()).empty());
  EXPECT_EQ(sent["a"], (Services{"cart"}));
  EXPECT_EQ(sent["b"], (Services{"shop", "cart"}));
}

TEST_F(ExportersTest, ResourcesOfOneRequestAreToldApart) {
  Exporters routed = exporters({{.attributes = {{"service.name", "shop"}}, .exporters = {"a"}},
                                {.tenants = {"blue"}, .exporters = {"b"}}});
  enqueue(routed, {"shop", "cart", "shop"}, *Tenant::parse("blue"));
  enqueue(routed, {"shop", "ads"});
  EXPECT_TRUE(routed.drain(soon()).empty());
  EXPECT_EQ(sent["a"], (Services{"shop", "shop", "shop", "ads"}));
  EXPECT_EQ(sent["b"], (Services{"cart", "ads"}));
  EXPECT_EQ(sent["c"], (Services{"ads"}));
}

TEST_F(ExportersTest, TheFirstRouteThatFitsDecides) {
  Exporters routed = exporters({{.exporters = {"c"}}, {.exporters = {"a"}}});
  enqueue(routed, {"shop"});
  EXPECT_TRUE(routed.drain(soon()).empty());
  EXPECT_EQ(sent["c"], (Services{"shop"}));
  EXPECT_TRUE(sent["a"].empty());
}

TEST_F(ExportersTest, ASlowOneHoldsUpNobody) {
  Send never = [](Signal, const Tenant&, SharedBytes, auto) {};
  ExporterOptions small = quick();
  small.queue.max_bytes = request({"shop"}).size();
  std::vector<ExporterSpec> specs;
  specs.push_back({.name = "slow", .options = small, .send = never});
  specs.push_back({.name = "a", .options = quick(), .send = remember("a")});
  Exporters both = Exporters::open(std::move(specs), {}).value();
  for (int i = 0; i < 100; ++i) enqueue(both, {"shop"});
  EXPECT_FALSE(both.refuses());
  auto left = both.drain(std::chrono::steady_clock::now() + 1s);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0], (std::pair<std::string, size_t>{"slow", 1}));
  EXPECT_EQ(sent["a"].size(), 100u);
}

TEST_F(ExportersTest, RefusesWhatNobodyTakes) {
  Send never = [](Signal, const Tenant&, SharedBytes, auto) {};
  ExporterOptions small = quick();
  small.queue.max_bytes = request({"shop"}).size();
  std::vector<ExporterSpec> specs;
  specs.push_back({.name = "only", .options = small, .send = never, .traces_only = true});
  Exporters only = Exporters::open(std::move(specs), {}).value();
  enqueue(only, {"shop"});
  auto refused = result_of(only, Signal::kTraces, {"shop"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(only.refuses());
  auto logs = result_of(only, Signal::kLogs, {"shop"});
  ASSERT_FALSE(logs.has_value());
  EXPECT_EQ(logs.error().code, Code::kUnsupported);
}

TEST_F(ExportersTest, EachPartOfARequestNeedsATaker) {
  Send never = [](Signal, const Tenant&, SharedBytes, auto) {};
  ExporterOptions none = quick();
  none.queue.max_bytes = 1;
  std::vector<ExporterSpec> specs;
  specs.push_back({.name = "full", .options = none, .send = never});
  specs.push_back({.name = "a", .options = quick(), .send = remember("a")});
  Exporters routed =
      Exporters::open(std::move(specs),
                      {{.attributes = {{"service.name", "shop"}}, .exporters = {"full"}}})
          .value();
  EXPECT_TRUE(result_of(routed, Signal::kTraces, {"cart"}));  // "a" takes it
  EXPECT_FALSE(result_of(routed, Signal::kTraces, {"cart", "shop"}));
}

TEST_F(ExportersTest, ReplacedOnesKeepTheirQueues) {
  auto all = Exporters::open({{.name = "a", .options = quick(), .send = late()},
                              {.name = "b", .options = quick(), .send = remember("b")}},
                             {})
                 .value();
  enqueue(all, {"before"});
  // a stays, and the send it is given now is not its own; b goes, c comes.
  ASSERT_TRUE(all.replace({{.name = "a", .options = quick(), .send = remember("a")},
                           {.name = "c", .options = quick(), .send = remember("c")}},
                          {}));
  enqueue(all, {"after"});
  away = false;
  EXPECT_TRUE(all.drain(soon()).empty());
  EXPECT_GE(arrived, 1);
  EXPECT_EQ(sent["a"], std::multiset<std::string>());
  EXPECT_EQ(sent["b"], std::multiset<std::string>{"before"});
  EXPECT_EQ(sent["c"], std::multiset<std::string>{"after"});
  EXPECT_TRUE(all.end_retired().empty());
}

TEST_F(ExportersTest, ARetiredOneIsTheSameWhenItComesBack) {
  ExporterSpec b{.name = "b", .options = quick(), .send = remember("b")};
  auto all = Exporters::open({{.name = "a", .options = quick(), .send = late()}, b}, {}).value();
  enqueue(all, {"x"});
  ASSERT_TRUE(all.replace({b}, {}));
  EXPECT_EQ(all.end_retired(), std::vector<std::string>{"a"});
  ASSERT_TRUE(all.replace({{.name = "a", .options = quick(), .send = remember("a")}, b}, {}));
  EXPECT_TRUE(all.end_retired().empty());
  away = false;
  EXPECT_TRUE(all.drain(soon()).empty());
  EXPECT_EQ(arrived, 1);
}

}  // namespace
}  // namespace clew::agent
