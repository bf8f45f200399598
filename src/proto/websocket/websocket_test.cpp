#include <gmock/gmock.h>

#include "proto/websocket/frame.h"

namespace camfleet::websocket {
namespace {

using namespace std::string_literals;

// A client's frame: masked.
std::string frame(unsigned first, std::string_view payload, int length_form = 0) {
  std::string out;
  out += static_cast<char>(first);
  const auto size = payload.size();
  if (length_form == 2 || (length_form == 0 && size >= 65536)) {
    out += static_cast<char>(0x80 | 127);
    for (int i = 7; i >= 0; --i) out += static_cast<char>(std::uint64_t{size} >> (8 * i));
  } else if (length_form == 1 || (length_form == 0 && size >= 126)) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(size);
  } else {
    out += static_cast<char>(0x80 | size);
  }
  const std::string mask = "\x12\x34\x56\x78";
  out += mask;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

struct Read {
  std::vector<Message> messages;
  CloseCode code = CloseCode::normal;
  bool failed = false;
};
Read read(std::string_view wire, std::size_t piece, Limits limits = {}) {
  Decoder decoder{limits};
  Read out;
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    ByteView in = as_bytes(wire.substr(at, piece));
    for (;;) {
      auto message = decoder.next(in);
      if (!message) {
        out.failed = true;
        out.code = decoder.code();
        return out;
      }
      if (!*message) break;
      out.messages.push_back(std::move(**message));
    }
    EXPECT_TRUE(in.empty());
  }
  return out;
}

TEST(WebSocketDecoder, every_split_gives_the_same_messages) {
  const std::string wire = frame(0x81, "hello") + frame(0x01, "fr") + frame(0x89, "ping") +
                           frame(0x00, "agm") + frame(0x80, "ent") + frame(0x82, std::string(300, 'b')) +
                           frame(0x82, std::string(65536, 'c')) + frame(0x81, "") +
                           frame(0x88,
                                 "\x03\xe8"
                                 "bye");
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{1000}, wire.size()}) {
    const auto out = read(wire, piece);
    ASSERT_FALSE(out.failed);
    ASSERT_EQ(out.messages.size(), 7u);
    EXPECT_EQ(out.messages[0].data, "hello");
    EXPECT_EQ(out.messages[1].opcode, Opcode::ping);
    EXPECT_EQ(out.messages[1].data, "ping");
    EXPECT_EQ(out.messages[2].data, "fragment");
    EXPECT_EQ(out.messages[2].opcode, Opcode::text);
    EXPECT_EQ(out.messages[3].data, std::string(300, 'b'));
    EXPECT_EQ(out.messages[4].data.size(), 65536u);
    EXPECT_EQ(out.messages[5].data, "");
    EXPECT_EQ(out.messages[6].code, CloseCode::normal);
    EXPECT_EQ(out.messages[6].data, "bye");
  }
}

TEST(WebSocketDecoder, refuses_bad_frames_with_the_right_code) {
  struct Row {
    std::string what;
    std::string wire;
    CloseCode code;
  };
  const Row table[] = {
      {"no mask", "\x81\x05hello", CloseCode::protocol_error},
      {"rsv1, as permessage-deflate sets it", frame(0xc1, "x"), CloseCode::protocol_error},
      {"rsv2", frame(0xa1, "x"), CloseCode::protocol_error},
      {"rsv3", frame(0x91, "x"), CloseCode::protocol_error},
      {"opcode 3", frame(0x83, "x"), CloseCode::protocol_error},
      {"opcode 11", frame(0x8b, "x"), CloseCode::protocol_error},
      {"fragmented ping", frame(0x09, "x"), CloseCode::protocol_error},
      {"ping of 126 bytes", frame(0x89, std::string(126, 'p')), CloseCode::protocol_error},
      {"continuation without a start", frame(0x80, "x"), CloseCode::protocol_error},
      {"a new message inside another", frame(0x01, "a") + frame(0x81, "b"), CloseCode::protocol_error},
      {"length with its top bit", "\x82\xff\x80\0\0\0\0\0\0\0mask"s, CloseCode::protocol_error},
      {"length 2^63-1", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", CloseCode::too_big},
      {"length 125 in two bytes", frame(0x82, std::string(125, 'x'), 1), CloseCode::protocol_error},
      {"length 65535 in eight bytes", frame(0x82, std::string(65535, 'x'), 2), CloseCode::protocol_error},
      {"frame past the limit", frame(0x82, std::string(65537, 'x')), CloseCode::too_big},
      {"close of one byte", frame(0x88, "x"), CloseCode::protocol_error},
      {"close 1005", frame(0x88, "\x03\xed"), CloseCode::protocol_error},
      {"close 1006", frame(0x88, "\x03\xee"), CloseCode::protocol_error},
      {"close 999", frame(0x88, "\x03\xe7"), CloseCode::protocol_error},
      {"close 1004", frame(0x88, "\x03\xec"), CloseCode::protocol_error},
      {"close 5000", frame(0x88, "\x13\x88"), CloseCode::protocol_error},
      {"close reason not UTF-8", frame(0x88, "\x03\xe8\xff"), CloseCode::bad_data},
      {"text not UTF-8", frame(0x81, "\xc0\xaf"), CloseCode::bad_data},
      {"text cut inside a character", frame(0x01, "\xe2\x82") + frame(0x80, ""), CloseCode::bad_data}};
  for (const auto& row : table)
    for (const std::size_t piece : {std::size_t{1}, row.wire.size()}) {
      const auto out = read(row.wire, piece);
      EXPECT_TRUE(out.failed) << row.what;
      EXPECT_EQ(out.code, row.code) << row.what;
    }
}

TEST(WebSocketDecoder, a_character_may_be_split_between_fragments) {
  const auto out = read(frame(0x01, "\xe2\x82") + frame(0x80, "\xac"), 1);
  ASSERT_EQ(out.messages.size(), 1u);
  EXPECT_EQ(out.messages[0].data, "\xe2\x82\xac");
}

TEST(WebSocketDecoder, bounds_a_message_and_its_fragments) {
  const Limits limits{.frame = 100, .message = 150, .fragments = 4};
  EXPECT_FALSE(
      read(frame(0x02, std::string(100, 'x')) + frame(0x80, std::string(50, 'x')), 64, limits).failed);
  const auto big = read(frame(0x02, std::string(100, 'x')) + frame(0x80, std::string(51, 'x')), 64, limits);
  EXPECT_TRUE(big.failed);
  EXPECT_EQ(big.code, CloseCode::too_big);
  std::string tiny = frame(0x02, "");
  for (int i = 0; i < 3; ++i) tiny += frame(0x00, "");
  EXPECT_FALSE(read(tiny, 64, limits).failed);
  const auto many = read(tiny + frame(0x00, ""), 64, limits);
  EXPECT_TRUE(many.failed);
  EXPECT_EQ(many.code, CloseCode::policy);
}

TEST(WebSocketFrame, heads_have_the_shortest_length) {
  EXPECT_EQ(as_text(frame_head(Opcode::binary, 125).view()), "\x82\x7d");
  EXPECT_EQ(as_text(frame_head(Opcode::text, 126).view()), "\x81\x7e\x00\x7e"s);
  EXPECT_EQ(as_text(frame_head(Opcode::binary, 65535).view()), "\x82\x7e\xff\xff");
  EXPECT_EQ(as_text(frame_head(Opcode::binary, 65536).view()), "\x82\x7f\0\0\0\0\0\x01\0\0"s);
  EXPECT_EQ(close_frame(CloseCode::policy, "no"), "\x88\x04\x03\xf0no");
  EXPECT_EQ(close_frame(CloseCode::policy, std::string(500, 'x')).size(), 127u);
  EXPECT_EQ(close_frame(CloseCode::no_status, ""), "\x88\0"s);
}

http::Request upgrade() {
  http::Request request;
  request.headers = {{"Host", "h"},
                     {"Upgrade", "WebSocket"},
                     {"Connection", "keep-alive, Upgrade"},
                     {"Sec-WebSocket-Version", "13"},
                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                     {"Sec-WebSocket-Extensions", "permessage-deflate"},
                     {"Sec-WebSocket-Protocol", "chat, fmp4"}};
  return request;
}

TEST(WebSocketUpgrade, answers_the_example_of_the_rfc_and_takes_no_extension) {
  const auto response = accept_upgrade(upgrade(), "fmp4");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 101);
  EXPECT_EQ(response->headers.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(response->headers.get("Sec-WebSocket-Protocol"), "fmp4");
  EXPECT_FALSE(response->headers.has("Sec-WebSocket-Extensions"));
  EXPECT_FALSE(accept_upgrade(upgrade(), "other")->headers.has("Sec-WebSocket-Protocol"));
}

TEST(WebSocketUpgrade, refuses_what_is_none) {
  const auto without = [](std::string_view name, std::string_view value = {}) {
    auto request = upgrade();
    request.headers.remove(name);
    if (!value.empty()) request.headers.set(name, value);
    return accept_upgrade(request);
  };
  EXPECT_FALSE(without("Upgrade"));
  EXPECT_FALSE(without("Connection"));
  EXPECT_FALSE(without("Sec-WebSocket-Key"));
  EXPECT_FALSE(without("Sec-WebSocket-Key", "c2hvcnQ="));
  EXPECT_FALSE(without("Sec-WebSocket-Version", "8"));
  auto post = upgrade();
  post.method = "POST";
  EXPECT_FALSE(accept_upgrade(post));
}

}  // namespace
}  // namespace camfleet::websocket
