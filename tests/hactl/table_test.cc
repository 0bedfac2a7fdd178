#include "hactl/table.h"

#include <gtest/gtest.h>

namespace hactl {
namespace {

TEST(Table, ColumnsAreAlignedThreeSpacesApart) {
  Table table({"NAME", "STATE"});
  table.add({"paris-a", "primary"});
  table.add({"b", ""});
  EXPECT_EQ(table.text(TableHeader::shown, Terminal::Colour::never),
            "NAME      STATE\n"
            "paris-a   primary\n"
            "b         <none>\n");
}

TEST(Table, WithoutHeadingItTakesNoWidth) {
  Table table({"A LONG HEADING", "X"});
  table.add({"a", "b"});
  EXPECT_EQ(table.text(TableHeader::hidden, Terminal::Colour::never), "a   b\n");
}

TEST(Table, ColourDoesNotMoveColumns) {
  Table table({"A", "B"});
  table.add({"True", "x"});
  table.add({"Unknown", "y"});
  EXPECT_EQ(table.text(TableHeader::hidden, Terminal::Colour::allowed),
            "\033[32mTrue\033[0m      x\n\033[33mUnknown\033[0m   y\n");
}

TEST(Table, RowsAfterClearAreAlignedWithThoseBefore) {
  Table table({"NAME", "X"});
  table.add({"paris-a", "1"});
  table.clear();
  table.add({"b", "2"});
  EXPECT_EQ(table.text(TableHeader::hidden, Terminal::Colour::never), "b         2\n");
}

}  // namespace
}  // namespace hactl
