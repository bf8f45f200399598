#include "proto/xml/document.h"

#include <gtest/gtest.h>

#include <iconv.h>

#include <array>

#include "proto/xml/encoding.h"

namespace camfleet::xml {
namespace {

Code code(std::string_view text) {
  const auto document = parse(text);
  return document ? Code::ok : document.error().code;
}

std::string name_in(std::string_view text) {
  const auto document = parse(text);
  return document ? document->root().text("name") : "error: " + document.error().text();
}

std::string recoded(std::string_view text, const char* to) {
  const auto converter = iconv_open(to, "UTF-8");
  std::string in{text};
  std::string out(in.size() * 4, '\0');
  char *from = in.data(), *at = out.data();
  std::size_t left = in.size(), room = out.size();
  EXPECT_NE(iconv(converter, &from, &left, &at, &room), static_cast<std::size_t>(-1));
  iconv_close(converter);
  out.resize(out.size() - room);
  return out;
}

TEST(Xml, matches_local_names_whatever_the_namespace) {
  for (const auto* text : {
           "<a><b><c>1</c></b></a>",
           "<a xmlns=\"http://www.isapi.org/ver20/XMLSchema\"><b><c>1</c></b></a>",
           "<ns0:a xmlns:ns0=\"urn:psialliance-org\"><ns0:b><x:c xmlns:x=\"y\">1</x:c></ns0:b></ns0:a>",
       }) {
    const auto document = parse(text);
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->root().name(), "a");
    EXPECT_EQ(document->root().integer("b/c"), 1);
  }
  EXPECT_EQ(parse("<n:a xmlns:n=\"urn:x\"/>")->root().namespace_uri(), "urn:x");
}

TEST(Xml, missing_things_are_empty) {
  const auto document = parse("<a><empty/><b>5</b></a>");
  const auto root = document->root();
  EXPECT_FALSE(root.child("x/y/z"));
  EXPECT_EQ(root.text("x/y"), "");
  EXPECT_EQ(root.integer("empty", 7), 7);
  EXPECT_EQ(Node{}.child("a").text("b"), "");
  EXPECT_TRUE(Node{}.children().empty());
  EXPECT_EQ(Node{}.attribute("x"), "");
}

TEST(Xml, any_doctype_is_refused) {
  EXPECT_EQ(code("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), Code::xml_dtd_refused);
  EXPECT_EQ(code("<?xml version=\"1.0\"?>\n<!doctype html><html/>"), Code::xml_dtd_refused);
  EXPECT_EQ(code("<a><!ENTITY x SYSTEM \"file:///etc/passwd\"></a>"), Code::xml_dtd_refused);
  EXPECT_EQ(code("<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE b>]]></a>"), Code::ok);
  std::string large = "<!DOCTYPE a [";
  large.append(10'000'000, 'x');
  EXPECT_EQ(code(large), Code::xml_too_large);
}

TEST(Xml, limits_at_and_past_the_edge) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<a>";
    for (int i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  EXPECT_EQ(code(nested(64)), Code::ok);
  EXPECT_EQ(code(nested(65)), Code::xml_too_large);
  EXPECT_EQ(code(nested(100'000)), Code::xml_too_large);
  std::string open_only;
  for (int i = 0; i < 300'000; ++i) open_only += "<a>";
  EXPECT_EQ(code(open_only), Code::xml_too_large);

  const auto attributes = [](int count) {
    std::string text = "<a";
    for (int i = 0; i < count; ++i) text += " x" + std::to_string(i) + "='1'";
    return text + "/>";
  };
  EXPECT_EQ(code(attributes(64)), Code::ok);
  EXPECT_EQ(code(attributes(65)), Code::xml_too_large);

  const auto sized = [](std::size_t size) { return "<a>" + std::string(size - 7, 'x') + "</a>"; };
  EXPECT_EQ(code(sized(kMaxSize)), Code::ok);
  EXPECT_EQ(code(sized(kMaxSize + 1)), Code::xml_too_large);

  std::string siblings = "<a>";
  while (siblings.size() < kMaxSize - 8) siblings += "<b/>";
  EXPECT_EQ(code(siblings + "</a>"), Code::ok);
  EXPECT_EQ(code("<" + std::string(kMaxSize - 10, 'n') + "/>"), Code::ok);
}

TEST(Xml, garbage) {
  for (const auto* text : {"", " ", "text", "<", "<a", "<a>", "<a></b>", "</a>", "<a><!-- </a>", "<?xml",
                           "<?xml?>", "{\"json\":1}", "<a b='></a>", "<a><![CDATA[</a>"}) {
    EXPECT_NE(code(text), Code::ok) << text;
  }
}

TEST(Xml, text_before_the_root_and_behind_it) {
  EXPECT_EQ(name_in("garbage 1 < 2\r\n\r\n<?xml version=\"1.0\"?><a><name>x</name></a>\r\n\r\n"), "x");
  EXPECT_EQ(name_in("\xEF\xBB\xBF<a><name>x</name></a>trailing"), "x");
}

TEST(Xml, unescaped_signs_in_a_name_are_read_once_and_told) {
  const auto lenient = [](std::string_view text) { return parse(text)->lenient(); };
  EXPECT_EQ(name_in("<a><name>Patio & Garage</name></a>"), "Patio & Garage");
  EXPECT_TRUE(lenient("<a><name>Patio & Garage</name></a>"));
  EXPECT_EQ(name_in("<a><name>rtsp://x/?a=1&b=2&amp;c</name></a>"), "rtsp://x/?a=1&b=2&c");
  EXPECT_EQ(name_in("<a><name>I <3 cats & a<b</name></a>"), "I <3 cats & a<b");
  EXPECT_EQ(name_in("<a><name>x < y</name></a>"), "x < y");
  EXPECT_TRUE(lenient("<a><name>x < y</name></a>"));
  EXPECT_EQ(name_in("<a><name>Patio &amp; Garage &#38; &lt;</name></a>"), "Patio & Garage & <");
  EXPECT_FALSE(lenient("<a><name>Patio &amp; Garage &#38; &lt;</name></a>"));
}

TEST(Xml, chinese_however_it_is_encoded) {
  const std::string chinese =
      "<a><name>\xE5\x89\x8D\xE9\x97\xA8\xE6\x91\x84\xE5\x83\x8F\xE6\x9C\xBA</name></a>";
  const auto expected = name_in(chinese);
  EXPECT_EQ(expected, "\xE5\x89\x8D\xE9\x97\xA8\xE6\x91\x84\xE5\x83\x8F\xE6\x9C\xBA");
  const auto declared = [&](std::string name) {
    return "<?xml version=\"1.0\" encoding=\"" + name + "\"?>" + chinese;
  };
  EXPECT_EQ(name_in(recoded(chinese, "GBK")), expected);
  EXPECT_EQ(name_in(recoded(declared("UTF-8"), "GBK")), expected);
  EXPECT_EQ(name_in(recoded(declared("gb2312"), "GB2312")), expected);
  EXPECT_EQ(name_in(recoded(declared("GBK"), "GBK")), expected);
  EXPECT_EQ(name_in(declared("gb2312")), expected);  // it lies
  EXPECT_EQ(name_in(recoded(chinese, "UTF-16LE")), expected);
  EXPECT_EQ(name_in(recoded(chinese, "UTF-16BE")), expected);
  EXPECT_EQ(name_in("\xFF\xFE" + recoded(declared("UTF-16"), "UTF-16LE")), expected);
  EXPECT_EQ(name_in("\xFE\xFF" + recoded(chinese, "UTF-16BE")), expected);
  EXPECT_TRUE(parse(recoded(chinese, "GBK"))->transcoded());
  EXPECT_FALSE(parse(chinese)->transcoded());
}

TEST(Xml, bad_bytes_become_replacements) {
  EXPECT_EQ(name_in("<a><name>x\xC0\xAF\xFFy</name></a>").find("error"), std::string::npos);
  EXPECT_EQ(name_in(std::string_view{"<a><name>x\0y</name></a>", 23}), "x\xEF\xBF\xBDy");
  EXPECT_TRUE(is_utf8(name_in("<a><name>\xED\xA0\x80</name></a>")));
  bool changed = false;
  EXPECT_TRUE(is_utf8(to_utf8("\xFF\xFE\xD8", changed)));
  EXPECT_TRUE(is_utf8(to_utf8(std::string_view{"\xFF\xFE\x00\xD8<\x00", 6}, changed)));
}

TEST(Xml, control_characters_in_a_name_are_left_out) {
  EXPECT_EQ(name_in("<a><name>\x01 x\x1A"
                    "y&#7; </name></a>"),
            "xy");
}

TEST(Xml, numbers_are_typed_and_have_a_default) {
  const auto number = [](std::string_view value) {
    return parse("<a><n>" + std::string{value} + "</n></a>")->root().integer<std::int64_t>("n", -7);
  };
  EXPECT_EQ(number(" 5 "), 5);
  EXPECT_EQ(number("\t5\r\n"), 5);
  EXPECT_EQ(number("-5"), -5);
  for (const auto* bad : {"1e309", "NaN", "0x5", "", "9223372036854775809", "5.5", "5x", "true"}) {
    EXPECT_EQ(number(bad), -7) << bad;
  }
  const auto decimal = [](std::string_view value) {
    return parse("<a><n>" + std::string{value} + "</n></a>")->root().decimal("n").value_or(-7);
  };
  EXPECT_DOUBLE_EQ(decimal("36.400002"), 36.400002);
  EXPECT_DOUBLE_EQ(decimal("89"), 89);
  for (const auto* bad : {"1e309", "NaN", "inf", "", "0x5"}) EXPECT_DOUBLE_EQ(decimal(bad), -7) << bad;
}

TEST(Xml, flags_in_their_spellings) {
  const auto flag = [](std::string_view value) {
    return parse("<a><f>" + std::string{value} + "</f></a>")->root().flag("f");
  };
  for (const auto* yes : {"true", "True", "TRUE", "1", " true "}) EXPECT_EQ(flag(yes), true) << yes;
  for (const auto* no : {"false", "False", "0", "flase"}) EXPECT_EQ(flag(no), false) << no;
  for (const auto* none : {"", "maybe", "2"}) EXPECT_EQ(flag(none), std::nullopt) << none;
}

TEST(Xml, pieces_of_a_text_are_joined) {
  EXPECT_EQ(name_in("<a><name>one <![CDATA[& two]]><!-- not --> three<?pi?></name></a>"), "one & two three");
}

// Row 99.
TEST(Xml, long_comments_and_instructions_are_passed_over_within_the_limit) {
  const std::string long_one(900'000, 'c');
  EXPECT_EQ(name_in("<a><!--" + long_one + "--><name>x</name></a>"), "x");
  EXPECT_EQ(name_in("<?pi " + long_one + "?><a><name>x<![CDATA[]]>y</name></a>"), "xy");
  EXPECT_EQ(code("<a><!--" + long_one + long_one + "--></a>"), Code::xml_too_large);
}

// Row 93: an encoding that nobody uses on purpose is read as what it is made of.
TEST(Xml, utf7_and_unknown_encodings_are_not_decoded) {
  for (const auto* label : {"UTF-7", "x-user-defined", "EBCDIC-CP-US", ""}) {
    const auto name = name_in("<?xml version=\"1.0\" encoding=\"" + std::string(label) +
                              "\"?><a><name>+ADw-script+AD4-</name></a>");
    EXPECT_EQ(name, "+ADw-script+AD4-") << label;
  }
}

TEST(Xml, what_is_escaped_is_read_back) {
  const std::string text = "a & b < c > \"d\" 'e' \xE5\x89\x8D";
  EXPECT_EQ(name_in("<a><name>" + escape(text) + "</name></a>"), text);
  EXPECT_EQ(escape(std::string_view{"a\x01\0b", 4}), "ab");
}

}  // namespace
}  // namespace camfleet::xml
