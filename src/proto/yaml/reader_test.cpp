#include "proto/yaml/reader.h"

#include <gtest/gtest.h>

namespace camfleet::yaml {
namespace {

// Writes what it hears: "[a {k=v} ~]".
class Heard final : public Handler {
 public:
  Result<> begin_list(Place) override { return say("["); }
  Result<> end_list() override { return say("]"); }
  Result<> begin_map(Place) override { return say("{"); }
  Result<> key(Place, std::string_view name) override { return say(std::string{name} + '='); }
  Result<> end_map() override { return say("}"); }
  Result<> scalar(Place, std::string_view text) override { return say(std::string{text} + ' '); }
  Result<> null(Place) override { return say("~ "); }
  std::string text;

 private:
  Result<> say(const std::string& what) {
    text += what;
    return {};
  }
};

std::string heard(std::string_view text) {
  Heard handler;
  const auto done = read(text, handler);
  return done ? handler.text : done.error().place;
}
std::string times(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Yaml, values_are_the_texts_that_were_written) {
  EXPECT_EQ(heard("- a: no\n  b: 0123\n  c: 'it''s'\n  d: \"x\\ny\"\n  e: ~\n  f:\n- [1, null, \"null\"]\n"),
            "[{a=no b=0123 c=it's d=x\ny e=~ f=~ }[1 ~ null ]]");
  EXPECT_EQ(heard("devices:\r\n  - {a: 1, b: [x, y]}\r\n"), "{devices=[{a=1 b=[x y ]}]}");
  EXPECT_EQ(heard("%YAML 1.2\n---\n- a: >\n    one\n    two\n...\n"), "[{a=one two\n }]");
  EXPECT_EQ(heard("- !!str 12\n- ! x\n"), "[12 x ]");
  EXPECT_EQ(heard(""), "");
  EXPECT_EQ(heard("# nothing\n"), "");
  EXPECT_EQ(heard("- 北门\n"), "[北门 ]");
}

TEST(Yaml, an_alias_is_what_it_stands_for) {
  EXPECT_EQ(heard("- tags: &t [a, b]\n- tags: *t\n"), "[{tags=[a b ]}{tags=[a b ]}]");
  EXPECT_EQ(heard("- &a x\n- &b [*a, *a]\n- *b\n"), "[x [x x ][x x ]]");
  EXPECT_EQ(heard("- &d {p: &q 1}\n- *d\n- *q\n"), "[{p=1 }{p=1 }1 ]");
}

TEST(Yaml, what_is_not_of_the_safe_part_is_named_with_its_place) {
  EXPECT_EQ(heard("- a: 1\n  a: 2\n"), "line 2, column 3: the same key twice");
  EXPECT_EQ(heard("- a: 1\n  \"a\": 2\n"), "line 2, column 3: the same key twice");
  EXPECT_EQ(heard("- &d {a: 1}\n- <<: *d\n"), "line 2, column 3: a merge key: write the fields out");
  EXPECT_EQ(heard("- a: !!python/object/apply:os.system [\"id\"]\n").substr(0, 24),
            "line 1, column 6: a tag:");
  EXPECT_EQ(heard("- !secret x\n").substr(0, 24), "line 1, column 3: a tag:");
  EXPECT_EQ(heard("- !!binary aGk=\n").substr(0, 24), "line 1, column 3: a tag:");
  EXPECT_EQ(heard("- a\n--- \n- b\n"), "line 2, column 1: a second document");
  EXPECT_EQ(heard("- ? [a]\n  : b\n"), "line 1, column 5: a key that is no plain text");
  EXPECT_EQ(heard("- ~: b\n"), "line 1, column 3: a key that is no plain text");
  EXPECT_EQ(heard("&a [*a]\n"), "line 1, column 5: an alias into what it stands in");
  EXPECT_EQ(heard("- a: 1\n- b\0c\n"), "[{a=1 }b ]");  // this literal ends there
  EXPECT_EQ(heard({"- a\0b", 5}), "line 1, column 4: a control character");
  EXPECT_EQ(heard("- x\x04y"), "line 1, column 4: a control character");
  EXPECT_EQ(heard("- \xB1\xB1"), "line 1, column 1: wants UTF-8");
  EXPECT_EQ(heard("a:\n\t- b\n").substr(0, 8), "line 2, ");
  EXPECT_EQ(heard("- \"open\n").substr(0, 8), "line 3, ");
  EXPECT_EQ(heard("- *nobody\n").substr(0, 8), "line 1, ");
}

TEST(Yaml, what_would_be_large_is_refused_while_it_is_small) {
  EXPECT_EQ(heard(times("- ", 1'000'000)), "line 1, column 65: deeper than 32 levels");
  EXPECT_EQ(heard(times("{a: ", 1'000'000)).substr(0, 20), "line 1, column 1: wh");
  EXPECT_EQ(heard(times("[", 1'000'000)).substr(0, 20), "line 1, column 1: wh");
  EXPECT_EQ(heard(times("[", 1'000) + times("]", 1'000)).substr(0, 28), "line 1, column 33: deeper th");
  EXPECT_EQ(heard("[" + times("a,", 1'000'000) + "]").substr(0, 20), "line 1, column 1: wh");
  EXPECT_EQ(heard("- a\n- \"" + std::string(1 << 20, 'x')).substr(0, 20), "line 1, column 3: wh");
  EXPECT_EQ(heard("- " + std::string(10'000, 'x')), "line 1, column 3: a value longer than 8192 bytes");
  EXPECT_EQ(heard("- &a x\n" + times("- *a\n", 101)), "line 102, column 3: more than 100 aliases");
  std::string many;
  for (int i = 0; i < 300; ++i) many += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(heard(many), "line 257, column 1: more than 256 keys");
}

TEST(Yaml, an_anchor_bomb_is_a_bounded_text) {
  std::string bomb = "- &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i)
    bomb += "- &a" + std::to_string(i) + " [" + times("*a" + std::to_string(i - 1) + ", ", 9) + "x]\n";
  const auto text = heard(bomb);
  EXPECT_NE(text.find("too much"), std::string::npos) << text.substr(0, 200);
}

// The scanner of yaml-cpp takes a character too many of a text that ends within its search for a byte order
// mark.
TEST(Yaml, texts_of_one_to_three_bytes_are_read_or_refused) {
  const std::string_view some = "([{-:#a \n\"'&*!|>%@`~\xEF\xBB\xBF\xFE\xFF";
  for (const char a : some)
    for (const char b : some)
      for (const auto& text : {std::string{a}, std::string{a, b}, std::string{b, a, b}}) {
        Heard heard;
        const auto done = read(text, heard);
        EXPECT_TRUE(done || done.error().code == Code::api_bad_request) << text;
      }
}

TEST(Yaml, the_handler_ends_the_reading) {
  class Stops final : public Handler {
   public:
    Result<> begin_list(Place) override { return {}; }
    Result<> end_list() override { return {}; }
    Result<> begin_map(Place) override { return {}; }
    Result<> key(Place, std::string_view) override { return {}; }
    Result<> end_map() override { return {}; }
    Result<> scalar(Place, std::string_view) override {
      ++scalars;
      return fail(Code::api_too_large, "enough");
    }
    Result<> null(Place) override { return {}; }
    int scalars = 0;
  } stops;
  EXPECT_EQ(read("- a\n- b\n", stops).error().code, Code::api_too_large);
  EXPECT_EQ(stops.scalars, 1);
}

}  // namespace
}  // namespace camfleet::yaml
