#include "base/metrics_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/metrics.h"

namespace clew::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string text_of(TextFormat format) {
  std::string out, labels;
  append_label(labels, "path", "a\"\\\n");
  TextWriter writer(format, out);
  writer.family("spans_total", "Spans\nseen", "counter");
  writer.sample("", labels, uint64_t{3});
  writer.family("wait_seconds", "Waiting", "histogram");
  writer.bucket("", 1, 2, "{trace_id=\"ab\"} 0.5");
  writer.bucket("", kInfinity, 2);
  writer.sample("_sum", "", 0.75);
  writer.finish();
  return out;
}

TEST(MetricsText, IsWhatPrometheusReads) {
  EXPECT_EQ(text_of(TextFormat::kPrometheus),
            "# HELP spans_total Spans\\nseen\n"
            "# TYPE spans_total counter\n"
            "spans_total{path=\"a\\\"\\\\\\n\"} 3\n"
            "# HELP wait_seconds Waiting\n"
            "# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{le=\"1\"} 2\n"
            "wait_seconds_bucket{le=\"+Inf\"} 2\n"
            "wait_seconds_sum 0.75\n");
}

TEST(MetricsText, OpenMetricsHasExemplarsAndAnEnd) {
  EXPECT_EQ(text_of(TextFormat::kOpenMetrics),
            "# HELP spans Spans\\nseen\n"
            "# TYPE spans counter\n"
            "spans_total{path=\"a\\\"\\\\\\n\"} 3\n"
            "# HELP wait_seconds Waiting\n"
            "# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{le=\"1.0\"} 2 # {trace_id=\"ab\"} 0.5\n"
            "wait_seconds_bucket{le=\"+Inf\"} 2\n"
            "wait_seconds_sum 0.75\n"
            "# EOF\n");
}

TEST(MetricsText, IsChosenByAccept) {
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
            TextFormat::kOpenMetrics);
  EXPECT_EQ(format_for("text/plain"), TextFormat::kPrometheus);
  EXPECT_EQ(format_for(""), TextFormat::kPrometheus);
}

TEST(Metrics, ASourceIsAskedUntilItIsGone) {
  auto source = add_source([](TextWriter& writer) {
    writer.family("elsewhere_total", "Counted elsewhere", "counter");
    writer.sample("", "", uint64_t{7});
  });
  EXPECT_NE(render().find("\nelsewhere_total 7\n"), std::string::npos);
  EXPECT_TRUE(render(TextFormat::kOpenMetrics).ends_with("elsewhere_total 7\n# EOF\n"));
  source.reset();
  EXPECT_EQ(render().find("elsewhere_total"), std::string::npos);
}

}  // namespace
}  // namespace clew::metrics
