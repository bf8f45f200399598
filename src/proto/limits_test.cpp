// The limits of docs/bad-inputs.md that no other test takes to the edge: one below, at, one past; and lengths
// of 2^31, 2^32 and 2^63 where a number is sent.
#include <gtest/gtest.h>

#include "proto/h26x/h264_depacketizer.h"
#include "proto/http/body.h"
#include "proto/http/head.h"
#include "proto/isapi/response_status.h"
#include "proto/multipart/parser.h"
#include "proto/sdp/codec_config.h"
#include "proto/websocket/frame.h"

namespace camfleet {
namespace {

// A key picture of units of these sizes, in fragments; the size of what came out.
std::size_t picture_of(std::initializer_list<std::size_t> units) {
  h26x::H264Depacketizer depacketizer;
  std::size_t left_units = units.size();
  for (const std::size_t size : units) {
    --left_units;
    bool first = true;
    for (std::size_t left = size - 1; left > 0;) {
      const auto part = std::min<std::size_t>(left, 65'000);
      left -= part;
      Bytes fragment(2 + part, 0x55);
      fragment[0] = 0x7C;
      fragment[1] = static_cast<std::uint8_t>((first ? 0x80 : 0) | (left == 0 ? 0x40 : 0) | 5);
      if (first) fragment[2] = 0x88;  // first_mb_in_slice is 0
      if (first && left_units + 1 < units.size()) fragment[2] = 0x11;
      first = false;
      depacketizer.push({fragment, left == 0 && left_units == 0, 1, false});
    }
  }
  const auto unit = depacketizer.pull();
  return unit ? unit->data.size() : 0;
}

TEST(Limits, a_unit_and_a_picture_at_their_limit_and_past_it) {
  constexpr std::size_t nal = 4 * 1024 * 1024;
  EXPECT_EQ(picture_of({nal - 1}), nal - 1 + 4);
  EXPECT_EQ(picture_of({nal}), nal + 4);
  EXPECT_EQ(picture_of({nal + 1}), 0U);
  constexpr std::size_t whole = 8 * 1024 * 1024;
  EXPECT_EQ(picture_of({nal - 100, nal + 100 - 8 - 100}), whole - 100);
  EXPECT_EQ(picture_of({nal - 4, nal - 4}), whole);
  EXPECT_EQ(picture_of({nal - 4, nal - 3}), 0U);
}

TEST(Limits, parts_at_their_limit_and_past_it) {
  const auto large = [](const std::string& type, std::size_t size, bool counted) {
    multipart::Parser parser;
    const bool picture = type == "image/jpeg";
    const std::string body =
        picture ? std::string(size, '\xAA') : "<a>" + std::string(size - 7, 'x') + "</a>";
    parser.feed("--b\r\nContent-Type: " + type + "\r\n" +
                (counted ? "Content-Length: " + std::to_string(size) + "\r\n" : "") + "\r\n");
    bool too_large = false;
    bool seen = false;
    for (std::size_t at = 0; at < body.size(); at += 64 * 1024) {
      parser.feed(std::string_view{body}.substr(at, 64 * 1024));
      while (auto part = *parser.next()) {
        seen = true;
        too_large = too_large || part->too_large;
      }
    }
    parser.feed("\r\n--b\r\n");
    parser.finish();
    while (auto part = *parser.next()) {
      seen = true;
      too_large = too_large || part->too_large;
    }
    EXPECT_TRUE(seen);
    return too_large;
  };
  constexpr std::size_t text = 1024 * 1024;
  constexpr std::size_t picture = 8 * 1024 * 1024;
  for (const bool counted : {true, false}) {
    EXPECT_FALSE(large("application/xml", text - 1, counted));
    EXPECT_FALSE(large("application/xml", text, counted));
    EXPECT_TRUE(large("application/xml", text + 1, counted));
  }
  EXPECT_FALSE(large("image/jpeg", picture - 1, true));
  EXPECT_FALSE(large("image/jpeg", picture, true));
  EXPECT_TRUE(large("image/jpeg", picture + 1, true));
}

TEST(Limits, lengths_of_two_to_the_31_32_and_63) {
  using Kind = http::Framing::Kind;
  for (const std::uint64_t length : {1ULL << 31, 1ULL << 32, (1ULL << 63) - 1}) {
    const auto head = http::parse_response_head(
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n");
    ASSERT_TRUE(head);
    const auto framing = http::response_framing(*head, "GET");
    if (framing) {
      http::BodyDecoder decoder{*framing, 1024 * 1024};
      EXPECT_EQ(decoder.decode({}).error().code, Code::http_too_large) << length;
    }
    http::BodyDecoder chunks{{Kind::chunked, 0}, 1024 * 1024};
    char hex[32];
    std::string line(hex, static_cast<std::size_t>(std::snprintf(hex, sizeof hex, "%llx\r\nx",
                                                                 static_cast<unsigned long long>(length))));
    const auto code = chunks.decode({reinterpret_cast<std::uint8_t*>(line.data()), line.size()}).error().code;
    EXPECT_TRUE(code == Code::http_too_large || code == Code::http_bad_message) << length;

    multipart::Parser parser;  // a length that is never met costs no memory and not the next part
    parser.feed("--b\r\nContent-Type: application/xml\r\nContent-Length: " + std::to_string(length) +
                "\r\n\r\n<a></a>\r\n--b\r\nContent-Type: application/xml\r\n\r\n<b></b>\r\n--b\r\n");
    std::vector<std::string> bodies;
    while (auto part = *parser.next()) bodies.emplace_back(part->body);
    EXPECT_EQ(bodies, (std::vector<std::string>{"<a></a>", "<b></b>"}));
    EXPECT_LE(parser.memory(), 64U * 1024);
  }
  EXPECT_FALSE(http::response_framing(
      http::parse_response_head("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n").value(),
      "GET"));

  for (const std::uint64_t length :
       {(64ULL << 10) + 1, 1ULL << 31, 1ULL << 32, (1ULL << 63) - 1, 1ULL << 63}) {
    Bytes frame{0x82, 0xFF};
    for (int shift = 56; shift >= 0; shift -= 8) frame.push_back(static_cast<std::uint8_t>(length >> shift));
    frame.insert(frame.end(), {1, 2, 3, 4});
    websocket::Decoder decoder;
    ByteView in{frame};
    EXPECT_FALSE(decoder.next(in)) << length;
    EXPECT_TRUE(decoder.code() == websocket::CloseCode::too_big ||
                decoder.code() == websocket::CloseCode::protocol_error);
  }
}

TEST(Limits, sprop_and_json_levels_at_their_limit_and_past_it) {
  const auto sets = [](std::size_t size) {
    sdp::Format format;
    format.codec = sdp::Codec::h264;
    Bytes set(size, 0x55);
    set[0] = 0x67;
    format.parameters.push_back({"sprop-parameter-sets", to_base64(set)});
    return sdp::parameter_sets(format).size();
  };
  EXPECT_EQ(sets(3069), 1U);
  EXPECT_EQ(sets(3072), 1U) << "4 KiB of Base64";
  EXPECT_EQ(sets(3073), 0U);
  const auto levels = [](int depth) {
    return isapi::parse_response_status(
               "{\"statusCode\":1,\"x\":" + std::string(static_cast<std::size_t>(depth - 1), '[') +
               std::string(static_cast<std::size_t>(depth - 1), ']') + "}")
        .has_value();
  };
  EXPECT_TRUE(levels(31));
  EXPECT_TRUE(levels(32));
  EXPECT_FALSE(levels(33));
}

}  // namespace
}  // namespace camfleet
