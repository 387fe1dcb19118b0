#include "query/traceql/explain.h"

#include <gtest/gtest.h>

#include "query/traceql/parse.h"

namespace clew::query::traceql {
namespace {

std::string explained(std::string_view text) {
  auto query = parse(text);
  EXPECT_TRUE(query) << text;
  return query ? explain(*query) : "";
}

TEST(Explain, SaysWhatIsLookedUpAndWhatIsTested) {
  EXPECT_EQ(explained("{ resource.service.name = \"shop\" && status = error } >> "
                      "{ span.http.status_code = 503 }"),
            "search: newest traces first, until there are enough\n"
            "  looks up    span.http.status_code = 503\n"
            "  tests also  resource.service.name = \"shop\" && status = error   (thought less "
            "selective)\n"
            "  reads       each trace that is found, whole\n"
            "  tests       resource.service.name, status, span.http.status_code\n");
}

TEST(Explain, SaysThatNothingNarrows) {
  EXPECT_EQ(explained("{ .a = 1 || .b = 2 }"),
            "search: newest traces first, until there are enough\n"
            "  looks up    nothing: every trace of the time range may match, and is read\n"
            "  reads       each trace that is found, whole\n"
            "  tests       .a, .b\n");
}

TEST(Explain, SaysWhetherColumnsAreEnough) {
  EXPECT_EQ(explained("{ status = error } | quantile_over_time(duration, .99) by (span.route)"),
            "metrics: from columns, no trace is read\n"
            "  reads       start, duration, status, span.route\n"
            "  tests       status   (once for each kind of span)\n");
  EXPECT_EQ(explained("({ } > { kind = server } | rate()) / ({ } | rate())"),
            "metrics: from traces, since columns do not say enough\n"
            "  looks up    kind = server\n"
            "  reads       each trace of the time range that is found, whole\n"
            "  tests       kind\n"
            "metrics: from columns, no trace is read\n"
            "  reads       start\n"
            "  tests       every span   (once for each kind of span)\n");
}

}  // namespace
}  // namespace clew::query::traceql
