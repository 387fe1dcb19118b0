#include "query/expression.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"
#include "query/engine.h"
#include "store/testing.h"

namespace clew::query {
namespace {

using namespace otlp::testing;

Expression attr(std::string key, std::string level = "") {
  return {AttributeReference{std::move(key), std::move(level)}};
}
Expression field(std::string level, std::string name) {
  return {FieldReference{std::move(name), std::move(level)}};
}
Expression scalar(std::string value, std::string type = "") {
  return {Scalar{std::move(value), std::move(type)}};
}
Expression call(std::string op, std::vector<Expression> args) {
  return {Call{std::move(op), std::move(args)}};
}

constexpr UnixNanos kStart = 1'700'000'000ull * 1'000'000'000;

/// One failed client span of 2 ms with attributes of every type.
class ExpressionTest : public ::testing::Test {
 protected:
  bool matches(const Expression& expression) {
    auto predicate = SpanPredicate::compile(std::get<Call>(expression.term));
    if (!predicate) {
      ADD_FAILURE() << predicate.error().message;
      return false;
    }
    // What the filter may say of it must let the span through where it matches.
    store::Filter filter;
    predicate->narrow(filter);
    bool result = predicate->matches(batch_, batch_.spans()[0]);
    auto query = *store::Query::compile(filter);
    EXPECT_TRUE(!result || store::SpanMatcher(query, batch_).matches(batch_.spans()[0]));
    return result;
  }
  std::string problem(const Expression& expression) {
    auto predicate = SpanPredicate::compile(std::get<Call>(expression.term));
    return predicate ? "" : predicate.error().message;
  }

  otlp::Batch batch_ = batch_of(
      {{.trace = 0xab,
        .span = 2,
        .parent = 1,
        .service = "shop",
        .name = "GET /cart",
        .kind = otlp::SpanKind::kClient,
        .start = kStart,
        .duration = 2'000'000,
        .status = otlp::StatusCode::kError,
        .attributes = {{"city", "Bern"}, {"took", "12.5"}},
        .extra_key_values = {key_value("code", any_int(503)), key_value("hit", any_bool(true))}}});
};

TEST_F(ExpressionTest, ComparesAttributesByType) {
  EXPECT_TRUE(matches(call("eq", {attr("city"), scalar("Bern")})));
  EXPECT_TRUE(matches(call("eq", {attr("code"), scalar("503")})));
  EXPECT_TRUE(matches(call("eq", {attr("code"), scalar("503", "int")})));
  EXPECT_FALSE(matches(call("eq", {attr("code"), scalar("503", "string")})));
  EXPECT_TRUE(matches(call("eq", {attr("hit", "span"), scalar("true", "bool")})));
  EXPECT_FALSE(matches(call("eq", {attr("hit", "resource"), scalar("true")})));
  EXPECT_TRUE(matches(call("gt", {attr("code"), scalar("99")})));  // as numbers
  EXPECT_TRUE(matches(call("lt", {attr("took"), scalar("13")})));
  EXPECT_TRUE(matches(call("gte", {scalar("600"), attr("code")})));  // turned around
  EXPECT_FALSE(matches(call("lte", {scalar("600"), attr("code")})));
  EXPECT_TRUE(matches(call("regex", {attr("city"), scalar("er")})));
  EXPECT_FALSE(matches(call("regex", {attr("city"), scalar("ER")})));
  EXPECT_TRUE(matches(call("in", {attr("city"), {List{{"Basel", "Bern"}, ""}}})));
  EXPECT_FALSE(matches(call("not_in", {attr("city"), {List{{"Basel", "Bern"}, ""}}})));
}

TEST_F(ExpressionTest, WhatIsAbsentSatisfiesOnlyNot) {
  auto gone = call("ne", {attr("gone"), scalar("x")});
  EXPECT_FALSE(matches(gone));
  EXPECT_TRUE(matches(call("not", {gone})));
  EXPECT_TRUE(matches(call("not", {call("exists", {attr("gone")})})));
  EXPECT_TRUE(matches(call("ne", {attr("city"), scalar("Basel")})));
  EXPECT_FALSE(matches(call("ne", {attr("city"), scalar("Bern")})));
}

TEST_F(ExpressionTest, KnowsFields) {
  EXPECT_TRUE(matches(call("eq", {field("resource", "service"), scalar("shop")})));
  EXPECT_TRUE(matches(call("eq", {field("span", "kind"), scalar("CLIENT")})));
  EXPECT_TRUE(matches(call("eq", {field("span", "status"), scalar("error")})));
  EXPECT_TRUE(matches(call("eq", {field("span", "traceID"), scalar("AB")})));
  EXPECT_TRUE(matches(call("gte", {field("span", "duration"), scalar("2ms")})));
  EXPECT_FALSE(matches(call("gt", {field("span", "duration"), scalar("2ms")})));
  EXPECT_TRUE(
      matches(call("gt", {field("span", "startTime"), scalar("2023-11-14T22:13:19.999999999Z")})));
  EXPECT_TRUE(matches(call("exists", {field("span", "parentSpanID")})));
  EXPECT_FALSE(matches(call("exists", {field("span", "statusMessage")})));
  EXPECT_FALSE(matches(call("exists", {field("event", "name")})));
}

TEST_F(ExpressionTest, CombinesCalls) {
  auto yes = call("eq", {attr("city"), scalar("Bern")});
  auto no = call("eq", {attr("city"), scalar("Basel")});
  EXPECT_TRUE(matches(call("or", {no, yes})));
  EXPECT_FALSE(matches(call("and", {no, yes})));
  EXPECT_TRUE(matches(call("and", {yes, call("not", {no})})));
  // A contradiction is an empty answer, not an error.
  EXPECT_FALSE(matches(call("and", {call("gt", {field("span", "duration"), scalar("2s")}),
                                    call("lt", {field("span", "duration"), scalar("1s")})})));
}

TEST_F(ExpressionTest, SaysWhatIsWrong) {
  EXPECT_EQ(problem(call("xor", {})), "operator \"xor\" is not supported");
  EXPECT_EQ(problem(call("not", {attr("x")})), "not: an argument is no call");
  EXPECT_EQ(problem(call("and", {})), "and takes two arguments or more");
  EXPECT_EQ(problem(call("eq", {attr("a"), attr("b")})),
            "eq: only an attr or field compared with a scalar is supported");
  EXPECT_EQ(problem(call("exists", {field("span", "size")})),
            "level \"span\" has no field \"size\"");
  EXPECT_EQ(problem(call("gt", {field("span", "kind"), scalar("client")})),
            "gt: the field has no order");
  EXPECT_EQ(problem(call("gt", {field("span", "duration"), scalar("5")})).substr(0, 4), "gt: ");
  EXPECT_EQ(problem(call("eq", {attr("x"), scalar("y", "int")})), "eq: \"y\" is no int");
  EXPECT_NE(problem(call("regex", {attr("x"), scalar("(")})), "");
  EXPECT_EQ(problem(call("exists", {attr("x", "trace")})),
            "unknown level \"trace\": use span, resource, scope, event or link");
  Expression deep = call("exists", {attr("x")});
  for (int i = 0; i < 40; ++i) deep = call("not", {deep});
  EXPECT_TRUE(problem(deep).starts_with("the filter has more than"));
}

TEST(SearchWhere, LooksAtAllThatTheFilterLeaves) {
  store::testing::SimulatedStore sim;
  ASSERT_TRUE(sim.open());
  for (uint64_t i = 1; i <= 500; ++i)
    ASSERT_TRUE(sim.append(batch_of({{.trace = i,
                                      .start = kStart + i,
                                      .attributes = {{i % 100 == 0 ? "rare" : "usual", "yes"}}}}),
                           Tenant()));
  Engine engine(*sim.store);
  auto rare = call("not", {call("exists", {attr("usual")})});
  auto where = *SpanPredicate::compile(std::get<Call>(rare.term));
  auto all = engine.search_where(Tenant(), {}, where, 10).value();
  EXPECT_TRUE(all.complete);
  EXPECT_FALSE(all.next);
  ASSERT_EQ(all.traces.size(), 5u);
  EXPECT_EQ(all.traces[0].id, trace_id(500));

  auto first = engine.search_traces_where(Tenant(), {}, where, 2).value();
  ASSERT_EQ(first.traces.size(), 2u);
  auto rest = engine.search_traces_where(Tenant(), {}, where, 10, first.next).value();
  EXPECT_EQ(rest.traces.size(), 3u);
  EXPECT_FALSE(rest.next);

  engine.cancel();
  auto cut = engine.search_where(Tenant(), {}, where, 10).value();
  EXPECT_FALSE(cut.complete);
}

}  // namespace
}  // namespace clew::query
