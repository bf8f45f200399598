#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

// Takes from the widest flexible column until the line fits.
void shrink(const std::vector<Table::Column>& columns, std::vector<std::size_t>& widths, std::size_t room) {
  auto used = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  while (used > room) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (columns[i].flexible && widths[i] > kNarrowest &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size()) return;
    --widths[widest];
    --used;
  }
}

}  // namespace

std::string toned(const std::string& text, Tone tone, bool colours) {
  if (!colours || tone == Tone::plain) return text;
  const char* code = tone == Tone::good ? "32" : tone == Tone::warn ? "33" : tone == Tone::bad ? "31" : "2";
  return std::string{"\x1b["} + code + 'm' + text + "\x1b[0m";
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
  row.resize(columns_.size());
  for (auto& cell : row) cell.text = for_terminal(cell.text);
  rows_.push_back(std::move(row));
}

std::string Table::text(std::size_t columns, bool colours) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto width = width_of(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[i].text));
    widths.push_back(width);
  }
  if (columns > 0 && !widths.empty()) shrink(columns_, widths, columns);

  std::string out;
  const auto line = [&](auto&& cell_of) {
    std::string text;
    std::size_t used = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns > 0 && used >= columns) break;
      const auto room = columns > 0 ? std::min(widths[i], columns - used) : widths[i];
      const Cell cell = cell_of(i);
      const auto shown = cut_to(cell.text, room);
      const auto blanks = std::string(room - width_of(shown), ' ');
      const auto painted = toned(shown, cell.tone, colours);
      const bool last = i + 1 == columns_.size();
      text += columns_[i].numbers ? blanks + painted : last ? painted : painted + blanks;
      if (!last) text += std::string(kGap, ' ');
      used += room + kGap;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  };
  line([&](std::size_t i) { return Cell{columns_[i].title, Tone::dim}; });
  for (const auto& row : rows_) line([&](std::size_t i) { return row[i]; });
  return out;
}

}  // namespace camfleet::cli
