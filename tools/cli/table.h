#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace camfleet::cli {

// How a cell is shown; only on a terminal that has colours.
enum class Tone { plain, good, warn, bad, dim };

struct Cell {
  std::string text;  // sanitised when the row is added
  Tone tone = Tone::plain;
};

// Rows in columns that stand below each other, whatever the script they are written in.
class Table {
 public:
  struct Column {
    std::string title;
    bool numbers = false;   // set to the right
    bool flexible = false;  // made narrower where the line does not fit
  };
  explicit Table(std::vector<Column> columns);

  // Cells that are missing are empty; more than there are columns are left out.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  // Lines with their ends; `columns` is the width of the terminal, 0: as wide as it comes.
  std::string text(std::size_t columns, bool colours) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// The text with the escape sequences of the tone around it.
std::string toned(const std::string& text, Tone tone, bool colours);

}  // namespace camfleet::cli
