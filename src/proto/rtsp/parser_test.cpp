#include "proto/rtsp/parser.h"

#include <gtest/gtest.h>

#include "proto/testing/fixture.h"

namespace camfleet::rtsp {
namespace {

using camfleet::testing::fixture;
using camfleet::testing::fixtures;

// A message as text, so that messages from different runs can be compared and read.
std::string describe(const Message& message) {
  if (const auto* frame = std::get_if<Frame>(&message))
    return "frame " + std::to_string(frame->channel) + " " + to_hex(frame->payload);
  if (const auto* request = std::get_if<Request>(&message)) return serialise(*request);
  return serialise(std::get<Response>(message));
}

struct Outcome {
  std::vector<std::string> messages;
  Code error = Code::ok;
  std::string place;
  bool operator==(const Outcome&) const = default;
};

// Feeds `stream` in chunks that end at `cuts`, as a receiver would: what was not taken comes again.
Outcome feed(std::string_view stream, const std::vector<std::size_t>& cuts, Limits limits = {}) {
  Outcome outcome;
  Parser parser(limits);
  std::size_t taken = 0;
  for (const auto cut : cuts) {
    auto in = as_bytes(stream.substr(taken, cut - taken));
    const auto given = in.size();
    for (;;) {
      auto message = parser.next(in);
      if (!message) {
        outcome.error = message.error().code;
        outcome.place = message.error().place;
        return outcome;
      }
      if (!*message) break;
      outcome.messages.push_back(describe(**message));
    }
    taken += given - in.size();
    EXPECT_EQ(parser.position(), taken);
  }
  return outcome;
}

Outcome feed_whole(std::string_view stream, Limits limits = {}) {
  return feed(stream, {stream.size()}, limits);
}

// Every cut in two, and every byte on its own, give what the whole gives.
void expect_same_on_every_split(std::string_view stream) {
  const auto whole = feed_whole(stream);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut)
    ASSERT_EQ(feed(stream, {cut, stream.size()}), whole) << "cut at " << cut;
  std::vector<std::size_t> every;
  for (std::size_t i = 1; i <= stream.size(); ++i) every.push_back(i);
  ASSERT_EQ(feed(stream, every), whole);
}

Response response(std::string_view text) {
  Parser parser;
  auto in = as_bytes(text);
  auto message = parser.next(in);
  EXPECT_TRUE(message && *message) << text;
  if (!message || !*message || !std::holds_alternative<Response>(**message)) return {};
  return std::get<Response>(**message);
}

Request request(std::string_view text) {
  Parser parser;
  auto in = as_bytes(text);
  auto message = parser.next(in);
  EXPECT_TRUE(message && *message) << text;
  if (!message || !*message || !std::holds_alternative<Request>(**message)) return {};
  return std::get<Request>(**message);
}

Code error_of(std::string_view text, Limits limits = {}) { return feed_whole(text, limits).error; }

TEST(RtspParser, every_fixture_is_one_response_on_every_split) {
  const auto names = fixtures("rtsp/testdata", ".txt");
  ASSERT_EQ(names.size(), 30U);
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    const auto text = fixture(name);
    const auto outcome = feed_whole(text);
    ASSERT_EQ(outcome.error, Code::ok) << outcome.place;
    ASSERT_EQ(outcome.messages.size(), 1U);
    const auto parsed = response(text);
    EXPECT_EQ(parsed.status, name.find("unauthorized") == std::string::npos ? 200 : 401);
    EXPECT_TRUE(cseq(parsed.headers));
    EXPECT_EQ(parsed.body.empty(), name.find("describe") == std::string::npos);
    expect_same_on_every_split(text);
  }
}

TEST(RtspParser, all_fixtures_with_packets_between_them_are_one_stream) {
  std::string stream;
  std::size_t expected = 0;
  const std::string packet("$\x01\x00\x05RTSP/", 9);
  for (const auto& name : fixtures("rtsp/testdata", ".txt")) {
    stream += fixture(name) + "\r\n" + packet + std::string("$\x00\x00\x00", 4) + packet + "\r\n";
    expected += 4;
  }
  const auto whole = feed_whole(stream);
  EXPECT_EQ(whole.error, Code::ok) << whole.place;
  EXPECT_EQ(whole.messages.size(), expected);
  std::vector<std::size_t> cuts;
  for (const std::size_t step : {1, 2, 3, 7, 61, 1460, 4096}) {
    cuts.clear();
    for (std::size_t at = step; at < stream.size(); at += step) cuts.push_back(at);
    cuts.push_back(stream.size());
    EXPECT_EQ(feed(stream, cuts), whole) << step;
  }
}

TEST(RtspParser, hikvision_pads_its_session_and_adds_a_date_that_is_none) {
  const auto setup = response(fixture("rtsp/testdata/hikvision_setup.txt"));
  EXPECT_EQ(setup.headers.get("session"), "708345999;timeout=60");
  EXPECT_EQ(setup.headers.get("Date"), "Wed, May 05 2021 21:51:17 GMT");
  EXPECT_EQ(cseq(setup.headers), 2U);
}

TEST(RtspParser, longse_puts_a_blank_behind_cseq_and_h264dvr_writes_it_small) {
  EXPECT_EQ(cseq(response(fixture("rtsp/testdata/longse_unauthorized.txt")).headers), 1U);
  EXPECT_EQ(cseq(response(fixture("rtsp/testdata/h264dvr_play.txt")).headers), 6U);
}

TEST(RtspParser, describe_comes_with_its_body) {
  const auto answer = response(fixture("rtsp/testdata/hikvision_describe.txt"));
  EXPECT_EQ(answer.body.size(), 902U);
  EXPECT_TRUE(answer.body.starts_with("v=0\r\n"));
}

TEST(RtspParser, a_packet_is_a_view_and_costs_no_copy) {
  const std::string stream(
      "$\x02\x00\x03"
      "abc$\x03\x00\x00$\x00\x00\x05zz",
      17);
  Parser parser;
  auto in = as_bytes(stream);
  Frame frame;
  ASSERT_TRUE(parser.take_frame(in, frame));
  EXPECT_EQ(frame.channel, 2);
  EXPECT_EQ(static_cast<const void*>(frame.payload.data()), stream.data() + 4);
  EXPECT_EQ(as_text(frame.payload), "abc");
  ASSERT_TRUE(parser.take_frame(in, frame));
  EXPECT_TRUE(frame.payload.empty());
  EXPECT_FALSE(parser.take_frame(in, frame));
  EXPECT_EQ(in.size(), 6U);
  EXPECT_EQ(parser.position(), 11U);
}

TEST(RtspParser, the_largest_packet_passes) {
  std::string stream("$\x00\xFF\xFF", 4);
  stream.append(65535, 'x');
  const auto outcome = feed_whole(stream);
  ASSERT_EQ(outcome.messages.size(), 1U);
}

TEST(RtspParser, reads_requests_of_players) {
  const auto setup =
      request("SETUP rtsp://h/live/cam/1/main/trackID=0 RTSP/1.0\r\nCSeq: 3\r\nTransport: x\r\n\r\n");
  EXPECT_EQ(setup.method, "SETUP");
  EXPECT_EQ(setup.url, "rtsp://h/live/cam/1/main/trackID=0");
  EXPECT_EQ(request("OPTIONS * RTSP/1.0\r\nCSeq:0\r\n\r\n").url, "*");
  EXPECT_EQ(request("OPTIONS  RTSP/1.0\r\nCSeq:0\r\n\r\n").url, "");
  EXPECT_EQ(request("DESCRIBE rtsp://h/a b RTSP/1.0\r\n\r\n").url, "rtsp://h/a b");
  EXPECT_EQ(request("SET_PARAMETER x RTSP/1.0\r\nContent-Length: 3\r\n\r\nabc").body, "abc");
}

TEST(RtspParser, tolerates_what_cameras_do) {
  EXPECT_EQ(response("RTSP/1.0 200\r\n\r\n").reason, "");
  EXPECT_EQ(response("RTSP/1.0 200 \r\n\r\n").status, 200);
  EXPECT_EQ(response("RTSP/1.0  404  Not  Found\r\n\r\n").reason, "Not  Found");
  EXPECT_EQ(response("RTSP/1.0 200 OK\nCSeq: 1\nContent-Length: 2\n\nhi").body, "hi");
  EXPECT_EQ(response("\r\n\n\r\nRTSP/1.0 200 OK\r\n\r\n").status, 200);
  EXPECT_EQ(response("RTSP/1.0 200 OK\r\nEmpty:\r\nA:b:c\r\n\r\n").headers.get("empty"), "");
  EXPECT_EQ(
      response("RTSP/1.0 200 OK\r\nPublic : OPTIONS,\r\n  PLAY\r\n\tPAUSE\r\n\r\n").headers.get("Public"),
      "OPTIONS, PLAY PAUSE");
  EXPECT_EQ(response("RTSP/1.0 200 OK\r\nno colon here\r\nCSeq: 4\r\n\r\n").headers.size(), 1U);
  EXPECT_EQ(response("RTSP/1.0 200 \xC4\xE3\r\nX: \xC4\xE3\r\n\r\n").headers.get("X"), "\xC4\xE3");
  EXPECT_EQ(response("RTSP/1.0 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nhi").body, "hi");
  EXPECT_EQ(response("RTSP/1.0 200 OK\r\nContent-Length: 002\r\n\r\nhi").body, "hi");
}

TEST(RtspParser, refuses_what_nobody_can_mean) {
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("RTSP/2.0 200 OK\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("RTSP/1.0 2000 OK\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("RTSP/1.0 -20 OK\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("RTSP/1.0 abc OK\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("PLAY\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("PLAY rtsp://a RTSP/1.0 x\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("PL(Y rtsp://a RTSP/1.0\r\n\r\n"), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("play rtsp://a RTSP/1.0\r\n\r\n"), Code::rtsp_out_of_sync);
  EXPECT_EQ(error_of(std::string("RTSP/1.0 200 OK\r\nA: b\0c\r\n\r\n", 25)), Code::rtsp_bad_header);
  EXPECT_EQ(error_of("RTSP/1.0 200 OK\r\nA: b\rc: d\r\n\r\n"), Code::rtsp_bad_header);
  EXPECT_EQ(error_of(std::string("RT\0P/1.0 200 OK\r\n", 17)), Code::rtsp_bad_start_line);
  EXPECT_EQ(error_of("\x80\x60"), Code::rtsp_out_of_sync);
}

TEST(RtspParser, a_content_length_that_lies_is_refused_before_anything_is_kept) {
  for (const auto* bad :
       {"-1", "99999999999999999999", "0x10", "1 2", "", "5,5", "+5", "5\r\nContent-Length: 6"}) {
    const auto text = std::string("RTSP/1.0 200 OK\r\nContent-Length: ") + bad + "\r\n\r\nabcdefgh";
    EXPECT_EQ(error_of(text), Code::rtsp_bad_header) << bad;
  }
  for (const auto* large : {"131073", "2147483648", "4294967296", "9223372036854775808"})
    EXPECT_EQ(error_of(std::string("RTSP/1.0 200 OK\r\nContent-Length: ") + large + "\r\n\r\n"),
              Code::rtsp_too_large);
  EXPECT_EQ(error_of("RTSP/1.0 200 OK\r\nContent-Length: 131072\r\n\r\n"), Code::ok);
}

TEST(RtspParser, limits_hold_to_the_byte) {
  const auto start = [](std::size_t length) {
    return "OPTIONS " + std::string(length - 17, 'u') + " RTSP/1.0\n\n";
  };
  EXPECT_EQ(error_of(start(4096)), Code::ok);
  EXPECT_EQ(error_of(start(4097)), Code::rtsp_too_large);

  const auto head = [](const std::string& lines) { return "RTSP/1.0 200 OK\n" + lines + "\n"; };
  const auto header = [&](std::size_t name, std::size_t value) {
    return head(std::string(name, 'n') + ":" + std::string(value, 'v') + "\n");
  };
  EXPECT_EQ(error_of(header(256, 2048)), Code::ok);
  EXPECT_EQ(error_of(header(257, 1)), Code::rtsp_too_large);
  EXPECT_EQ(error_of(header(1, 2049)), Code::rtsp_too_large);

  std::string many;
  for (int i = 0; i < 64; ++i) many += "a:b\n";
  EXPECT_EQ(error_of(head(many)), Code::ok);
  EXPECT_EQ(error_of(head(many + "a:b\n")), Code::rtsp_too_large);

  std::string large;
  for (int i = 0; i < 9; ++i) large += "a:" + std::string(2000, 'v') + "\n";
  EXPECT_EQ(error_of(head(large)), Code::rtsp_too_large);
  EXPECT_EQ(error_of(head(large.substr(0, 8 * 2003))), Code::ok);

  const auto folded = "a:" + std::string(1500, 'v') + "\n " + std::string(1500, 'v') + "\n";
  EXPECT_EQ(error_of(head(folded)), Code::rtsp_too_large);
}

TEST(RtspParser, ten_megabytes_without_a_line_end_stop_at_the_limit) {
  Parser parser;
  const std::string chunk(1024, 'A');
  std::size_t sent = 0;
  for (; sent < 10'000'000; sent += chunk.size()) {
    auto in = as_bytes(chunk);
    if (!parser.next(in)) break;
  }
  EXPECT_LE(sent, 8 * 1024U);
}

TEST(RtspParser, after_an_error_it_stays_in_it_and_names_the_byte) {
  Parser parser;
  const std::string stream = "RTSP/1.0 200 OK\r\n\r\n\r\n#junk RTSP/1.0 200 OK\r\n\r\n";
  auto in = as_bytes(stream);
  ASSERT_TRUE(parser.next(in));
  auto failed = parser.next(in);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::rtsp_out_of_sync);
  EXPECT_EQ(failed.error().place, "byte 21: neither a message nor a packet");
  auto good = as_bytes("RTSP/1.0 200 OK\r\n\r\n");
  failed = parser.next(good);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().place, "byte 21: neither a message nor a packet");
  Frame frame;
  auto packet = as_bytes(std::string_view("$\0\0\0", 4));
  EXPECT_FALSE(parser.take_frame(packet, frame));
}

TEST(RtspParser, errors_are_the_same_on_every_split) {
  const std::string streams[] = {
      "RTSP/1.0 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      "RTSP/1.0 200 OK\r\nA: b\rc\r\n\r\n",
      std::string("RTSP/1.0 200 OK\r\nA: \x01 b\r\n\r\n"),
      std::string("$\x00\x00\x01x\x99", 6),
      "R\x90TSP/1.0 200 OK\r\n\r\n",
      "RTSP/1.0 200 OK\r\n" + std::string(300, 'n') + ": x\r\n\r\n",
      "RTSP/1.0 200 OK\r\nA: " + std::string(2500, 'x') + "\x01\r\n\r\n",
  };
  for (const auto& stream : streams) {
    ASSERT_NE(error_of(stream), Code::ok);
    expect_same_on_every_split(stream);
  }
}

TEST(RtspMessage, what_is_written_is_read_back) {
  Request asked{"SETUP", "rtsp://h/x", {{"CSeq", "3"}, {"Transport", "a"}, {"Transport", "b"}}, "body"};
  auto read = request(serialise(asked));
  EXPECT_EQ(read.headers.get("Content-Length"), "4");
  read.headers.remove("Content-Length");
  EXPECT_EQ(read, asked);

  const Response answer{404, "", {{"CSeq", "3"}}, ""};
  EXPECT_EQ(serialise(answer), "RTSP/1.0 404 Not Found\r\nCSeq: 3\r\n\r\n");
}

TEST(RtspMessage, a_value_cannot_add_a_header) {
  const Response answer{200, "OK\r\nX: 1", {{"A", "b\r\nEvil: 1"}, {"Content-Length", "77"}}, ""};
  EXPECT_EQ(serialise(answer), "RTSP/1.0 200 OK  X: 1\r\nA: b  Evil: 1\r\n\r\n");
}

TEST(RtspMessage, headers_keep_order_and_repetitions_and_forget_case) {
  Headers headers{{"WWW-Authenticate", "Digest"}, {"CSeq", "1"}, {"www-authenticate", "Basic"}};
  EXPECT_EQ(headers.all("Www-Authenticate"), (std::vector<std::string_view>{"Digest", "Basic"}));
  headers.set("cseq", "2");
  EXPECT_EQ(cseq(headers), 2U);
  EXPECT_EQ(headers.size(), 3U);
  EXPECT_FALSE(cseq(Headers{{"CSeq", "x"}}));
  EXPECT_FALSE(cseq(Headers{{"CSeq", "4294967296"}}));
  EXPECT_FALSE(cseq(Headers{}));
}

}  // namespace
}  // namespace camfleet::rtsp
