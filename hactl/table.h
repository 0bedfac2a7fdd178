// Table: aligned columns as kubectl prints them, three spaces apart.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hactl/terminal.h"

namespace hactl {

enum class TableHeader { shown, hidden };

/// Rows of text under a heading. Empty cells are shown as "<none>".
class Table {
 public:
  using Row = std::vector<std::string>;

  explicit Table(Row heading);

  /// Requires as many cells as the heading has.
  void add(Row row);

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

  /// Forgets the rows but not how wide they were: what follows is aligned with what was printed.
  void clear();

  /// The whole table as text. With colour the words True and False, and healthy or not, stand out.
  [[nodiscard]] std::string text(TableHeader header, Terminal::Colour colour) const;

  /// Prints the table, coloured when the terminal allows it.
  void print(Terminal& terminal, TableHeader header = TableHeader::shown) const;

 private:
  Row heading_;
  std::vector<Row> rows_{};
  std::vector<std::size_t> widths_{};  ///< Of the rows, without the heading.
};

}  // namespace hactl
