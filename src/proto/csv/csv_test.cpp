#include "proto/csv/csv.h"

#include <gtest/gtest.h>

namespace camfleet::csv {
namespace {

std::vector<Row> rows(std::string_view text) {
  Reader reader{text};
  std::vector<Row> out;
  for (;;) {
    auto row = reader.next();
    EXPECT_TRUE(row) << row.error().text();
    if (!row || !*row) return out;
    out.push_back(std::move(**row));
  }
}
std::string failure(std::string_view text, Limits limits = {}) {
  Reader reader{text, limits};
  for (;;) {
    const auto row = reader.next();
    if (!row) {
      EXPECT_FALSE(*reader.next());  // at its end from now on
      return row.error().place;
    }
    if (!*row) return {};
  }
}

TEST(Csv, rows_and_fields_as_spreadsheets_write_them) {
  const std::vector<Row> wanted{
      {"id", "name"}, {"a", "Gate 7, north"}, {"b", "say \"hi\"\r\nthere"}, {"c", ""}};
  EXPECT_EQ(rows("id,name\r\na,\"Gate 7, north\"\r\nb,\"say \"\"hi\"\"\r\nthere\"\r\nc,\r\n"), wanted);
  EXPECT_EQ(rows("\xEF\xBB\xBFid,name\na,\"Gate 7, north\"\nb,\"say \"\"hi\"\"\r\nthere\"\nc,"), wanted);
  EXPECT_EQ(rows("a,b\rc,d"), (std::vector<Row>{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows(""), std::vector<Row>{});
  EXPECT_EQ(rows("\n\na"), (std::vector<Row>{{}, {}, {"a"}}));
  EXPECT_EQ(rows(",,"), (std::vector<Row>{{"", "", ""}}));
  EXPECT_EQ(rows("\"\",\"\"\"\""), (std::vector<Row>{{"", "\""}}));
}

TEST(Csv, what_breaks_the_rules_names_its_line) {
  EXPECT_EQ(failure("a,b\r\n\"c,d\r\n"), "line 2: a quote is not closed");
  EXPECT_EQ(failure("a\n\"b\"c\n"), "line 2: text behind a closing quote");
  EXPECT_EQ(failure("a\n\"x\ny\"\nb\"c\n"), "line 4: a quote inside a field that does not begin with one");
}

TEST(Csv, every_bound_is_kept) {
  EXPECT_EQ(failure(std::string(8'192, 'a')), "");
  EXPECT_NE(failure(std::string(8'193, 'a')), "");
  EXPECT_NE(failure('"' + std::string(1 << 20, 'a') + '"'), "");
  EXPECT_NE(failure(std::string(300, ',')), "");
  EXPECT_EQ(failure("a\nb\nc", {.rows = 3}), "");
  EXPECT_EQ(failure("a\nb\nc\nd", {.rows = 3}), "line 4: more than 3 rows");
}

TEST(Csv, a_field_comes_back_as_it_was) {
  for (const auto& text : {std::string{}, std::string{"plain"}, std::string{"a,b"}, std::string{"\"q\""},
                           std::string{"x\r\ny"}, std::string{"\n"}, std::string{"北;门"}})
    EXPECT_EQ(rows(field(text) + ",end"), (std::vector<Row>{{text, "end"}}));
}

TEST(Csv, no_text_of_these_bytes_ends_anywhere_but_at_its_end) {
  // Every text of six of the bytes that matter: it ends in rows or in an error, never in a loop.
  constexpr std::string_view kBytes = "a,\"\r\n";
  std::string text(6, ' ');
  for (int n = 0; n < 5 * 5 * 5 * 5 * 5 * 5; ++n) {
    int rest = n;
    for (auto& c : text) {
      c = kBytes[static_cast<std::size_t>(rest % 5)];
      rest /= 5;
    }
    Reader reader{text};
    int turns = 0;
    for (auto row = reader.next(); row && *row; row = reader.next()) ASSERT_LT(++turns, 10);
  }
}

TEST(Csv, other_separators) {
  Reader reader{"a;\"b;c\";d,e\n", {.separator = ';'}};
  EXPECT_EQ(**reader.next(), (Row{"a", "b;c", "d,e"}));
  Reader tabs{"a\t\tb", {.separator = '\t'}};
  EXPECT_EQ(**tabs.next(), (Row{"a", "", "b"}));
}

TEST(Csv, a_broken_row_costs_itself_alone) {
  const auto text = "a,b\r\n\"open,1\r\nc,d\r\ne\"f\n" + std::string(9'000, 'x') + "\ng,\"h\ni\"\nlast";
  Reader reader{text};
  EXPECT_EQ(**reader.next(), (Row{"a", "b"}));
  std::vector<std::size_t> broken;
  std::vector<Row> good;
  for (;;) {
    auto row = reader.next();
    if (!row) {
      broken.push_back(reader.line());
      reader.recover();
      continue;
    }
    if (!*row) break;
    good.push_back(**row);
  }
  EXPECT_EQ(broken, (std::vector<std::size_t>{2, 4, 5}));
  EXPECT_EQ(good, (std::vector<Row>{{"c", "d"}, {"g", "h\ni"}, {"last"}}));
  EXPECT_EQ(reader.line(), 8U);
}

TEST(Csv, a_written_field_is_in_quotes_where_it_needs_them) {
  EXPECT_EQ(field("plain;text"), "plain;text");
  EXPECT_EQ(field("Stairs, north"), "\"Stairs, north\"");
  EXPECT_EQ(field("Fence \"West\""), "\"Fence \"\"West\"\"\"");
  EXPECT_EQ(field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(field("\xEF\xBB\xBFid"), "\"\xEF\xBB\xBFid\"");
}

}  // namespace
}  // namespace camfleet::csv
