#include <gtest/gtest.h>

#include "cli/duration.h"
#include "cli/output.h"
#include "cli/sse.h"
#include "cli/table.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

TEST(ForTerminal, LetsNoCharacterMoveTheCursor) {
  EXPECT_EQ(for_terminal("gate\x1b[2J\x1b]0;owned\x07"), "gate\\x1b[2J\\x1b]0;owned\\x07");
  EXPECT_EQ(for_terminal("a\r\nb\tc"), "a\\r\\nb\\tc");
  EXPECT_EQ(for_terminal("\xc2\x9b"
                         "31m"),
            "\\x9b31m");
  EXPECT_EQ(for_terminal("\xe2\x80\xae"
                         "gpj.exe"),
            "\\u202egpj.exe");
  EXPECT_EQ(for_terminal("zero\xe2\x80\x8bwidth"), "zero\\u200bwidth");
  EXPECT_EQ(for_terminal("del\x7f"), "del\\x7f");
  EXPECT_EQ(for_terminal("broken\xff"), "broken\xef\xbf\xbd");
  EXPECT_EQ(for_terminal("东门 🎥 é"), "东门 🎥 é");
}

TEST(ForTerminal, LeavesNoControlByteWhateverComes) {
  for (unsigned first = 0; first < 256; ++first)
    for (unsigned second = 0; second < 256; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      const auto shown = for_terminal(pair);
      for (const char c : shown) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
      ASSERT_EQ(shown.find("\xc2\x80"), std::string::npos);
      ASSERT_EQ(shown.find("\xc2\x9b"), std::string::npos);
    }
}

TEST(JsonForTerminal, EscapesInsideTheDocumentWhatAJsonTextMayHoldRaw) {
  EXPECT_EQ(json_for_terminal("{\"name\":\"\xc2\x9b\x7f\xe2\x80\xae\"}"), R"({"name":"\u009b\u007f\u202e"})");
  EXPECT_EQ(json_for_terminal("{\"a\":\"\xf3\xa0\x80\x81\"}"), R"({"a":"\udb40\udc01"})");
  EXPECT_EQ(json_for_terminal("{\"name\":\"东门\\n\"}\n"), "{\"name\":\"东门\\n\"}\n");
}

TEST(WidthOf, CountsColumnsAndNotBytes) {
  EXPECT_EQ(width_of("gate"), 4U);
  EXPECT_EQ(width_of("东门"), 4U);
  EXPECT_EQ(width_of("ｶﾒﾗ"), 3U);
  EXPECT_EQ(width_of("e\xcc\x81"), 1U);
  EXPECT_EQ(width_of("카메라"), 6U);
  EXPECT_EQ(width_of("🎥"), 2U);
}

TEST(CutTo, NeverCutsACharacterNorGoesOver) {
  EXPECT_EQ(cut_to("东门停车场", 10), "东门停车场");
  EXPECT_EQ(cut_to("东门停车场", 6), "东门…");
  EXPECT_EQ(cut_to("gate", 3), "ga…");
  EXPECT_EQ(cut_to("东", 1), "…");
  EXPECT_EQ(cut_to("东", 0), "");
  for (std::size_t columns = 0; columns < 20; ++columns)
    EXPECT_LE(width_of(cut_to("a东b门c停d🎥e", columns)), columns);
}

TEST(Table, StandsBelowEachOtherInAnyScript) {
  Table table{{{"ID"}, {"NAME"}, {"N", true}}};
  table.add({{"gate-7"}, {"东门"}, {"1"}});
  table.add({{"x"}, {"Lobby"}, {"128"}});
  EXPECT_EQ(table.text(0, false),
            "ID      NAME     N\n"
            "gate-7  东门     1\n"
            "x       Lobby  128\n");
}

TEST(Table, TakesFromFlexibleColumnsWhereTheTerminalIsNarrow) {
  Table table{{{"ID"}, {"NAME", false, true}, {"STATE"}}};
  table.add({{"gate-7"}, {"a very long name of a camera at the gate"}, {"online"}});
  for (std::size_t columns : {30U, 40U, 50U})
    EXPECT_NE(table.text(columns, false).find("online\n"), std::string::npos) << columns;
  for (std::size_t columns = 1; columns < 60; ++columns) {
    std::string_view rest;
    const auto text = table.text(columns, false);
    for (rest = text; !rest.empty();) {
      const auto end = rest.find('\n');
      EXPECT_LE(width_of(rest.substr(0, end)), columns);
      rest.remove_prefix(end + 1);
    }
  }
}

TEST(Table, ColoursAreNoPartOfTheText) {
  Table table{{{"STATE"}, {"WHY"}}};
  table.add({{"on\x1b[31mline", Tone::good}, {"ok"}});
  EXPECT_EQ(table.text(0, false).find('\x1b'), std::string::npos);
  EXPECT_NE(table.text(0, true).find("\x1b[32mon\\x1b[31mline\x1b[0m"), std::string::npos);
}

TEST(Duration, IsReadAndSpoken) {
  EXPECT_EQ(parse_duration("90"), 90);
  EXPECT_EQ(parse_duration("15m"), 900);
  EXPECT_EQ(parse_duration("12h"), 43'200);
  EXPECT_EQ(parse_duration("30d"), 2'592'000);
  for (const char* text : {"", "0", "-1", "m", "1w", "1.5h", "99999999999999999999d", "9999999d", " 5", "5 "})
    EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_EQ(duration_text(45), "45 s");
  EXPECT_EQ(duration_text(11'100), "3 h 05 m");
  EXPECT_EQ(age_of("2026-11-22T18:00:00.000Z", 1'795'370'400), 0);
  EXPECT_EQ(age_of("nonsense", 0), -1);
}

TEST(SseReader, ReadsTheSameWhereverTheBytesAreCut) {
  const std::string bytes =
      ": hello\r\nid: 7\r\nevent: move\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nid: 8\ndata: x\n\nretry: "
      "5\n\ndata:y\r\r";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    std::vector<std::string> seen;
    SseReader reader{[&](const SseReader::Event& event) {
      seen.push_back(event.id + '|' + event.name + '|' + event.data);
      return true;
    }};
    EXPECT_TRUE(reader.feed(bytes.substr(0, cut)));
    EXPECT_TRUE(reader.feed(bytes.substr(cut)));
    EXPECT_EQ(seen, (std::vector<std::string>{"7|move|{\"a\":\n1}", "8||x", "||y"})) << cut;
    EXPECT_EQ(reader.last_id(), "8");
  }
}

TEST(SseReader, DropsAnEventWithoutMeasureAndGoesOn) {
  std::vector<std::string> seen;
  SseReader reader{[&](const SseReader::Event& event) {
    seen.push_back(event.data);
    return true;
  }};
  reader.feed("data: ");
  for (int i = 0; i < 40; ++i) reader.feed(std::string(64 * 1024, 'x'));
  reader.feed("\n\ndata: next\n\n");
  EXPECT_EQ(seen, std::vector<std::string>{"next"});
}

}  // namespace
}  // namespace camfleet::cli
