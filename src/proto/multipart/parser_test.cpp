#include "proto/multipart/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <vector>

#include "proto/multipart/writer.h"

namespace camfleet::multipart {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Got {
  std::string type, name, body;
  std::uint64_t size = 0;
  bool too_large = false, cut = false;
  bool operator==(const Got&) const = default;
  friend void PrintTo(const Got& got, std::ostream* out) {
    *out << got.type << '|' << got.body << '|' << got.size << (got.too_large ? " too large" : "")
         << (got.cut ? " cut" : "");
  }
};

void take(Parser& parser, std::vector<Got>& out) {
  for (;;) {
    const auto part = parser.next();
    if (!part || !*part) return;
    out.push_back({std::string{(*part)->content_type}, std::string{(*part)->name}, std::string{(*part)->body},
                   (*part)->size, (*part)->too_large, (*part)->cut});
  }
}

std::vector<Got> parse(std::string_view text, std::size_t step = std::string::npos,
                       const Limits& limits = {}) {
  Parser parser{limits};
  std::vector<Got> out;
  for (std::size_t at = 0; at < text.size(); at += std::min(step, text.size() - at)) {
    parser.feed(text.substr(at, step));
    take(parser, out);
  }
  parser.finish();
  take(parser, out);
  return out;
}

std::vector<std::string> bodies(const std::vector<Got>& parts) {
  std::vector<std::string> out;
  for (const auto& part : parts) out.push_back(part.body);
  return out;
}

// The parts, which must be the same however the text is split in two, and byte by byte.
std::vector<Got> parse_everyhow(std::string_view text, const Limits& limits = {}) {
  auto whole = parse(text, std::string::npos, limits);
  EXPECT_EQ(whole, parse(text, 1, limits));
  for (std::size_t at = 0; at <= text.size(); ++at) {
    Parser parser{limits};
    std::vector<Got> out;
    parser.feed(text.substr(0, at));
    take(parser, out);
    parser.feed(text.substr(at));
    take(parser, out);
    parser.finish();
    take(parser, out);
    EXPECT_EQ(whole, out) << "split at " << at;
  }
  return whole;
}

std::string fixture(const std::string& name) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/multipart/testdata/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

const std::string kXml = "<EventNotificationAlert><eventType>VMD</eventType></EventNotificationAlert>";

TEST(Multipart, small_captures_on_every_split) {
  EXPECT_EQ(parse_everyhow(fixture("nvr-isapi-empty-channel-heartbeat.multipart")).size(), 3U);
  EXPECT_EQ(parse_everyhow(fixture("wifi-cam-fielddetection-human.multipart")).size(), 4U);
  EXPECT_EQ(parse_everyhow(fixture("wifi-cam-ver10-duration.multipart")).size(), 3U);
  EXPECT_EQ(parse_everyhow(fixture("ipdome-fielddetection.form")).size(), 1U);

  const auto anpr = parse_everyhow(fixture("anpr-DS-TCG405-E.form"));
  ASSERT_EQ(anpr.size(), 3U);
  EXPECT_EQ(anpr[0].name, "anpr.xml");
  EXPECT_EQ(anpr[1].name, "licensePlatePicture.jpg");
  EXPECT_EQ(anpr[1].body.size(), 606U);
  EXPECT_EQ(anpr[2].type, "image/jpeg");
}

TEST(Multipart, long_captures_in_pieces_of_many_sizes) {
  for (const auto& [name, count] :
       {std::pair{"cam-DS-2CD2185FWD-I.multipart", 150U}, {"nvr-16ch.multipart", 128U}}) {
    const auto text = fixture(name);
    const auto whole = parse(text);
    ASSERT_EQ(whole.size(), count);
    for (const std::size_t step : {1, 2, 3, 7, 64, 467, 1001, 1460, 4096, 65536}) {
      EXPECT_EQ(parse(text, step), whole) << name << ' ' << step;
    }
    for (const auto& part : whole) {
      EXPECT_TRUE(part.body.starts_with("<EventNotificationAlert")) << part.body;
      EXPECT_TRUE(part.body.ends_with("</EventNotificationAlert>")) << part.body;
      EXPECT_FALSE(part.cut);
    }
  }
}

// The next delimiter may come ten seconds later, with the next part.
TEST(Multipart, a_part_is_there_as_soon_as_its_document_is_closed) {
  for (const auto framing : {Framing::camera, Framing::camera_extra, Framing::recorder_blank, Framing::nvr_lf,
                             Framing::no_length}) {
    const auto text = part(framing, "application/xml; charset=\"UTF-8\"", kXml + "\n");
    Parser parser;
    parser.feed(text.substr(0, text.find("</EventNotificationAlert>") + 25));
    const auto got = parser.next();
    ASSERT_TRUE(got && *got);
    EXPECT_EQ((*got)->body, kXml);
  }
}

TEST(Multipart, every_framing_on_every_split) {
  for (const auto framing : {Framing::camera, Framing::camera_extra, Framing::recorder_blank, Framing::nvr_lf,
                             Framing::no_length}) {
    std::string text;
    text += part(framing, "application/xml", kXml + "\n");
    text += part(framing, "image/jpeg", std::string{"\xFF\xD8\n--\r\n--boundaries\0\xFF\xD9", 22});
    text += part(framing, "application/json", "{\"a\": \"}--boundary\\\"\", \"b\": [{}]}\n");
    text += part(framing, "application/xml", kXml + "\n");
    const auto parts = parse_everyhow(text + closing(framing));
    ASSERT_EQ(parts.size(), 4U) << int(framing);
    EXPECT_EQ(parts[1].body.size(), 22U);
    EXPECT_EQ(parts[2].body, "{\"a\": \"}--boundary\\\"\", \"b\": [{}]}");
    EXPECT_EQ(parts[3].body, kXml);
  }
}

TEST(Multipart, an_idle_stream_holds_no_buffer) {
  Parser parser;
  EXPECT_EQ(parser.memory(), 0U);
  for (int i = 0; i < 3; ++i) {
    parser.feed(part(Framing::camera_extra, "application/xml", kXml + "\n"));
    while (*parser.next()) {
    }
    EXPECT_EQ(parser.memory(), 0U);
  }
}

TEST(Multipart, the_first_line_with_dashes_is_the_delimiter) {
  const auto parts = parse_everyhow("some text\r\n\r\n--MIME_boundary  \r\nContent-Type: text/xml\r\n\r\n" +
                                    kXml + "\r\n--MIME_boundary\r\n\r\n" + kXml);
  EXPECT_THAT(bodies(parts), ElementsAre(kXml, kXml));
}

TEST(Multipart, a_delimiter_twice_in_a_row_and_stray_blank_lines) {
  const auto parts = parse_everyhow("--b\r\n--b\r\n\r\nContent-Type: application/xml\r\n\r\n\r\n" + kXml +
                                    "\r\n\r\n\r\n--b\n--b\nContent-Type: application/xml\n" + kXml);
  EXPECT_THAT(bodies(parts), ElementsAre(kXml, kXml));
}

TEST(Multipart, a_delimiter_that_changes) {
  const auto parts = parse_everyhow("--one\r\n\r\n" + kXml + "\r\n--two\r\n\r\n" + kXml + "\r\n--two--\r\n");
  EXPECT_THAT(bodies(parts), ElementsAre(kXml, kXml));
}

TEST(Multipart, a_wrong_length_loses_no_part) {
  for (const auto* length : {"0", "1", "10", "60", "74", "75", "76", "77", "80", "100", "130", "200",
                             "5000000", "99999999999999999999", "-1", "0x10", ""}) {
    std::string text;
    for (int i = 0; i < 3; ++i) {
      text += "--boundary\r\nContent-Type: application/xml\r\nContent-Length: " + std::string{length} +
              "\r\n\r\n" + kXml + "\r\n";
    }
    EXPECT_THAT(bodies(parse_everyhow(text)), ElementsAre(kXml, kXml, kXml)) << length;
  }
}

TEST(Multipart, a_picture_with_a_wrong_length_hurts_only_itself) {
  const std::string picture = "\xFF\xD8 0123456789 \xFF\xD9";
  for (const int length : {1, 8, 15, 16, 17, 18, 20, 24, 28, 30, 40, 60, 100, 8000000}) {
    const auto text = "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(length) +
                      "\r\n\r\n" + picture + "\r\n" + part(Framing::camera, "application/xml", kXml) +
                      part(Framing::camera, "application/xml", kXml);
    const auto parts = parse_everyhow(text);
    ASSERT_EQ(parts.size(), 3U) << length;
    const bool whole = length == 16 || length > 18;
    EXPECT_EQ(parts[0].body == picture, whole) << length << ' ' << parts[0].body;
    EXPECT_EQ(parts[1].body, kXml) << length;
    EXPECT_EQ(parts[2].body, kXml) << length;
  }
}

TEST(Multipart, the_boundary_inside_a_payload) {
  const std::string picture = "\xFF\xD8 abc\r\n--boundary\r\n binary \xFF\xD9";
  const auto parts =
      parse_everyhow(part(Framing::camera, "image/jpeg", picture) + part(Framing::camera, "text/xml", kXml));
  EXPECT_THAT(bodies(parts), ElementsAre(picture, kXml));
}

TEST(Multipart, merged_documents_become_parts) {
  const auto both = kXml + "\n<?xml version=\"1.0\"?><Second/>{\"third\":1}";
  const auto parts = parse_everyhow(part(Framing::camera, "application/xml", both) +
                                    part(Framing::camera, "text/xml", kXml));
  EXPECT_THAT(bodies(parts), ElementsAre(kXml, "<?xml version=\"1.0\"?><Second/>", "{\"third\":1}", kXml));
}

TEST(Multipart, a_truncated_document_is_told_and_the_next_is_whole) {
  const auto parts = parse_everyhow(
      "--b\r\nContent-Type: application/xml\r\n\r\n<Alert><a>1</a>\r\n--b\r\n"
      "Content-Type: application/xml\r\n\r\n" +
      kXml + "\r\n--b\r\n\r\n<Open><x>");
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].body, "<Alert><a>1</a>");
  EXPECT_TRUE(parts[0].cut);
  EXPECT_EQ(parts[1].body, kXml);
  EXPECT_FALSE(parts[1].cut);
  EXPECT_TRUE(parts[2].cut);
}

TEST(Multipart, large_parts_are_skipped_and_told) {
  const Limits limits{.text = 100, .picture = 200};
  for (const bool counted : {true, false}) {
    const auto framing = counted ? Framing::camera : Framing::no_length;
    const auto parts =
        parse_everyhow(part(framing, "image/jpeg", std::string(200, 'p')) +
                           part(framing, "image/jpeg", std::string(500, 'q')) +
                           part(framing, "application/xml", "<a>" + std::string(300, 'x') + "</a>") +
                           part(framing, "application/xml", kXml),
                       limits);
    ASSERT_EQ(parts.size(), 4U);
    EXPECT_EQ(parts[0].body.size(), 200U);
    EXPECT_TRUE(parts[1].too_large);
    EXPECT_GE(parts[1].size, 500U);
    EXPECT_THAT(parts[1].body, IsEmpty());
    EXPECT_TRUE(parts[2].too_large);
    EXPECT_EQ(parts[3].body, kXml);
  }
}

TEST(Multipart, a_twenty_megabyte_picture_costs_no_memory) {
  Parser parser;
  parser.feed("--b\r\nContent-Type: image/jpeg\r\nContent-Length: 20000000\r\n\r\n");
  const std::string block(10000, '\xAA');
  std::size_t most = 0;
  bool told = false;
  for (int i = 0; i < 2000; ++i) {
    parser.feed(block);
    const auto got = parser.next();
    ASSERT_TRUE(got);
    if (*got) told = (*got)->too_large;
    most = std::max(most, parser.memory());
  }
  EXPECT_TRUE(told);
  EXPECT_LE(most, 64U * 1024);
  parser.feed("\r\n--b\r\n\r\n" + kXml);
  EXPECT_EQ((*parser.next())->body, kXml);
}

TEST(Multipart, headers_past_their_limit_lose_their_part_alone) {
  std::string lines;
  for (int i = 0; i < 33; ++i) lines += "X-Line: 1\r\n";
  const std::string wide = "X-Wide: " + std::string(9000, 'x') + "\r\n";
  for (const auto& bad : {lines, wide}) {
    const auto text = "--b\r\n" + bad + "\r\n" + kXml + "\r\n--b\r\n\r\n" + kXml;
    EXPECT_THAT(bodies(parse(text)), ElementsAre(kXml));
    EXPECT_THAT(bodies(parse(text, 1)), ElementsAre(kXml));
  }
}

TEST(Multipart, what_is_no_multipart_at_all) {
  const auto code = [](std::string_view text) {
    Parser parser;
    parser.feed(text);
    const auto got = parser.next();
    return got ? Code::ok : got.error().code;
  };
  EXPECT_EQ(code("--" + std::string(70, 'b') + "\r\n"), Code::ok);
  EXPECT_EQ(code("--" + std::string(71, 'b') + "\r\n"), Code::multipart_invalid);
  EXPECT_EQ(code("--" + std::string(10240, 'b')), Code::multipart_invalid);
  EXPECT_EQ(code("<html>login</html>"), Code::ok);
  EXPECT_EQ(code(std::string(64 * 1024 + 1, 'x')), Code::multipart_invalid);

  Parser parser;
  parser.feed(std::string(100'000, '\n') + "--b\r\n");
  EXPECT_FALSE(parser.next());
  parser.feed("--b\r\n\r\n" + kXml);
  EXPECT_FALSE(parser.next());
}

TEST(Multipart, html_in_a_part_and_comments_before_the_root) {
  const std::string page = "<!DOCTYPE html>\n<html><body>login</body></html>";
  const std::string odd = "<?xml version='1.0'?><!-- </Root> --><Root a='>'>x</Rooted></Root >";
  EXPECT_THAT(bodies(parse_everyhow(part(Framing::nvr_lf, "text/html", page) +
                                    part(Framing::nvr_lf, "text/xml", odd))),
              ElementsAre(page, odd));
}

// However the bytes come in, a document ends at the same place; parse_everyhow() compares.
TEST(Multipart, names_and_blanks_at_their_bounds_end_alike_in_all_pieces) {
  for (const std::size_t size : {254, 255, 256, 257, 300}) {
    const std::string name(size, 'a');
    parse_everyhow(part(Framing::nvr_lf, "text/xml", "<" + name + "><E>x</E></" + name + ">") +
                   part(Framing::nvr_lf, "text/xml", kXml));
  }
  for (const std::size_t size : {63, 64, 65, 100}) {
    const std::string document = "<E>x</E" + std::string(size, ' ') + "></E>";
    parse_everyhow(part(Framing::nvr_lf, "text/xml", document) + part(Framing::nvr_lf, "text/xml", kXml));
  }
}

}  // namespace
}  // namespace camfleet::multipart
