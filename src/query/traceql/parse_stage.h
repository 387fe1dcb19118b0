// Stages of pipelines and functions of metrics. Internal: for parse*.cc.
#pragma once

#include "query/traceql/cursor.h"

namespace clew::query::traceql {

/// Whether a stage other than a spanset begins here: `count() > 2`, `by(…)`, `select(…)`; and
/// coalesce(), unless it would be the first.
bool at_stage(const Cursor& cursor, bool first);
Result<Stage> parse_stage(Cursor& cursor);

/// `{ … }`, with its types checked.
Result<Spanset> parse_filter(Cursor& cursor);

bool at_metric_function(const Cursor& cursor);
/// `rate() by (…)`, `compare({…}, 5)`.
Result<MetricFunction> parse_metric_function(Cursor& cursor);
/// `| topk(5)`, `> 3`, as many as there are.
Result<std::vector<SecondStage>> parse_second_stages(Cursor& cursor);

}  // namespace clew::query::traceql
