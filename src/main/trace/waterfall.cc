#include "main/trace/waterfall.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "main/terminal_text.h"
#include "main/trace/local_time.h"
#include "main/trace/trace_tree.h"

namespace clew {
namespace {

constexpr size_t kDurationColumns = 9, kMostStatusColumns = 19;  // of gRPC's names
/// Of what is left beside them, the tree's part; at most so many columns, since names are short.
constexpr double kTreePart = 0.5;
constexpr size_t kMostTreeColumns = 80;
/// The tree's lines take this part of its columns at most; deeper rows say their depth.
constexpr double kGuidesPart = 0.4;

constexpr std::string_view kPlain = "\x1b[0m", kDim = "\x1b[2m", kBold = "\x1b[1m",
                           kRed = "\x1b[31m", kBoldRed = "\x1b[1;31m";
/// Told apart on dark and light ground; red is for errors.
constexpr std::array<std::string_view, 6> kServiceColours = {"\x1b[36m", "\x1b[32m", "\x1b[35m",
                                                             "\x1b[34m", "\x1b[33m", "\x1b[96m"};

class Waterfall {
 public:
  Waterfall(const ShownTrace& trace, const WaterfallStyle& style)
      : trace_(trace), style_(style), rows_(tree_rows(trace, style.fold)) {
    size_t columns = std::max(style.columns, kLeastWaterfallColumns);
    for (const TreeRow& row : rows_)
      status_columns_ = std::max(status_columns_, columns_of(status_of(*row.span)));
    status_columns_ = std::min(status_columns_, kMostStatusColumns);
    size_t left = columns - kDurationColumns - status_columns_ - 3;  // and spaces between them
    tree_columns_ = std::min(static_cast<size_t>(static_cast<double>(left) * kTreePart),
                             std::min(kMostTreeColumns, widest_tree()));
    tree_columns_ = std::max(tree_columns_, kLeastWaterfallColumns / 3);
    bar_columns_ = left - tree_columns_;
    for (const ShownSpan& span : trace.spans) {
      services_.insert(span.service);
      begin_ = std::min(begin_, span.start);
      end_ = std::max(end_, span.start + static_cast<int64_t>(span.duration));
    }
  }

  std::string take() {
    head();
    for (const TreeRow& row : rows_) {
      line(row);
      if (row.span->is_error && !row.span->problem.empty()) problem(row);
    }
    notes();
    return std::move(out_);
  }

 private:
  std::string coloured(std::string_view colour, std::string_view text) const {
    return style_.colour && !text.empty() ? fmt::format("{}{}{}", colour, text, kPlain)
                                          : std::string(text);
  }

  std::string_view colour_of(const ShownSpan& span) const {
    if (span.is_error) return kRed;
    auto rank = std::distance(services_.begin(), services_.find(span.service));
    return kServiceColours[static_cast<size_t>(rank) % kServiceColours.size()];
  }

  void head() {
    auto errors = static_cast<size_t>(std::ranges::count_if(trace_.spans, &ShownSpan::is_error));
    auto counted = [](size_t count, std::string_view one) {
      return fmt::format("{} {}{}", grouped(count), one, count == 1 ? "" : "s");
    };
    out_ += fmt::format(
        "{}  {}  {}  {}  {}  {}\n\n", coloured(kBold, trace_.id), local_time_text(trace_.start),
        span_duration_text(trace_.duration), counted(trace_.spans.size(), "span"),
        counted(services_.size(), "service"),
        errors == 0 ? counted(errors, "error") : coloured(kBoldRed, counted(errors, "error")));
  }

  /// The tree's lines to the left of a row.
  std::string guides(const TreeRow& row) const {
    std::string text;
    size_t most = std::max<size_t>(
        2, static_cast<size_t>(static_cast<double>(tree_columns_) * kGuidesPart) / 2);
    if (row.depth > most) return fmt::format("⋯{} ", row.depth);
    for (size_t level = 1; level < row.depth; ++level)
      text += level < row.goes_on.size() && row.goes_on[level] ? "│ " : "  ";
    if (row.depth > 0) text += row.is_last ? "└ " : "├ ";
    return text;
  }

  static std::string mark_of(const TreeRow& row) {
    std::string mark = row.place == Place::kOrphan ? "? " : row.place == Place::kCircle ? "↻ " : "";
    return row.count == 1 ? mark : mark + "×" + grouped(row.count) + " ";
  }

  /// What stands in the tree, at most, in columns.
  size_t widest_tree() const {
    size_t widest = 0;
    for (const TreeRow& row : rows_)
      widest = std::max(widest, 2 * row.depth + columns_of(mark_of(row)) +
                                    columns_of(printable(row.span->service)) + 2 +
                                    columns_of(printable(row.span->name)));
    return widest;
  }

  void line(const TreeRow& row) {
    std::string lines = guides(row), mark = mark_of(row);
    size_t left = tree_columns_ - std::min(tree_columns_, columns_of(lines) + columns_of(mark));
    std::string service = printable(row.span->service);
    std::string rest = printable(row.span->name);
    // A service that would take all the place leaves some for the name.
    size_t most = std::max(left / 2, left - std::min(left, columns_of(rest) + 2));
    if (columns_of(service) > most) service = fitted(service, most);
    size_t service_columns = std::min(left, columns_of(service));
    out_ += coloured(kDim, lines) + coloured(kBold, mark);
    out_ += coloured(colour_of(*row.span), service);
    out_ += fitted("  " + rest, left - service_columns) + ' ';
    bar(row);
    std::string duration = (row.count > 1 ? "≤ " : "") + span_duration_text(row.longest);
    size_t missing = kDurationColumns - std::min(kDurationColumns, columns_of(duration));
    out_ += ' ' + std::string(missing, ' ') + duration + ' ';
    std::string status = fitted(status_of(*row.span), status_columns_);
    out_ += row.span->is_error ? coloured(kBoldRed, status) : status;
    end_line();
  }

  static std::string status_of(const ShownSpan& span) {
    if (!span.status.empty()) return printable(span.status);
    return span.is_error ? "error" : "";
  }

  void bar(const TreeRow& row) {
    auto whole = static_cast<double>(std::max<int64_t>(end_ - begin_, 1));
    auto cell = [&](int64_t time) {
      double part = static_cast<double>(time - begin_) / whole;
      return static_cast<size_t>(part * static_cast<double>(bar_columns_));
    };
    size_t from = std::min(cell(row.start), bar_columns_ - 1);
    size_t to = std::clamp(cell(row.end), from + 1, bar_columns_);
    std::string text;
    for (size_t i = from; i < to; ++i) text += row.count > 1 ? "▒" : "█";
    // Shorter than its cell.
    if (to == from + 1 && cell(row.end) == cell(row.start)) text = row.count > 1 ? "▒" : "▏";
    out_.append(from, ' ');
    out_ += coloured(colour_of(*row.span), text);
    out_.append(bar_columns_ - to, ' ');
  }

  void problem(const TreeRow& row) {
    size_t indent = std::min(2 * (row.depth + 1), tree_columns_ / 2);
    size_t columns = std::max(style_.columns, kLeastWaterfallColumns);
    std::string text = fitted(printable(row.span->problem), columns - indent - 2);
    while (text.ends_with(' ')) text.pop_back();
    out_.append(indent, ' ');
    out_ += coloured(kRed, "! " + text);
    end_line();
  }

  /// Without spaces at its end, which would wrap in a narrower window.
  void end_line() {
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += '\n';
  }

  void notes() {
    auto of_place = [&](Place place) { return std::ranges::count(rows_, place, &TreeRow::place); };
    if (of_place(Place::kOrphan) > 0)
      out_ += "\n?  its parent is not in the trace: not sent, not sampled, or still on its way\n";
    if (of_place(Place::kCircle) > 0) out_ += "\n↻  its parents lead back to itself\n";
    if (rows_.size() < trace_.spans.size())
      out_ += fmt::format("\n{} spans in {} lines: equal siblings are one; --all shows each\n",
                          grouped(trace_.spans.size()), grouped(rows_.size()));
    if (!trace_.complete)
      out_ += "\nincomplete: a limit, a deadline or damage kept the rest of the trace away\n";
  }

  const ShownTrace& trace_;
  const WaterfallStyle& style_;
  std::vector<TreeRow> rows_;
  std::set<std::string_view> services_;
  int64_t begin_ = 0, end_ = 0;
  size_t tree_columns_ = 0, bar_columns_ = 0, status_columns_ = 0;
  std::string out_;
};

}  // namespace

std::string waterfall(const ShownTrace& trace, const WaterfallStyle& style) {
  return Waterfall(trace, style).take();
}

}  // namespace clew
