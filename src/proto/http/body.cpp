#include "proto/http/body.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace camfleet::http {
namespace {

constexpr std::uint8_t kMaxDigits = 15;   // of a chunk size: below 2^60
constexpr std::uint16_t kMaxLine = 1024;  // of a chunk extension or a trailer field
constexpr std::uint16_t kMaxTrailers = 8 * 1024;

int hex_value(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t limit) : limit_(limit) {
  switch (framing.kind) {
    case Framing::Kind::none:
      break;
    case Framing::Kind::length:
      left_ = framing.length;
      state_ = left_ > 0 ? State::data : State::done;
      break;
    case Framing::Kind::chunked:
      chunked_ = true;
      state_ = State::size;
      break;
    case Framing::Kind::until_close:
      state_ = State::until_close;
      break;
  }
}

Result<BodyDecoder::Step> BodyDecoder::decode(std::span<std::uint8_t> in) {
  Step step;
  // A length is known before its bytes come: refused before they are read.
  if (limit_ != 0 && state_ == State::data && left_ > limit_ - seen_)
    return fail(Code::http_too_large, "body");
  while (step.used < in.size() && state_ != State::done) {
    if (state_ == State::data || state_ == State::until_close) {
      auto take = in.size() - step.used;
      if (state_ == State::data) take = static_cast<std::size_t>(std::min<std::uint64_t>(take, left_));
      if (limit_ != 0 && take > limit_ - seen_) return fail(Code::http_too_large, "body");
      if (step.used != step.body) std::memmove(in.data() + step.body, in.data() + step.used, take);
      step.used += take;
      step.body += take;
      seen_ += take;
      if (state_ == State::data && (left_ -= take) == 0) state_ = chunked_ ? State::data_cr : State::done;
    } else {
      const auto taken = framing_byte(in[step.used++]);
      if (!taken) return fail(taken.error());
    }
  }
  return step;
}

// RFC 9112 section 7.1, a byte at a time, with CRLF only: where a line ends must not be a matter of taste.
Result<> BodyDecoder::framing_byte(std::uint8_t byte) {
  const auto bad = [](const char* what) { return fail(Code::http_bad_message, what); };
  switch (state_) {
    case State::size:
      if (const int digit = hex_value(byte); digit >= 0) {
        if (++digits_ > kMaxDigits) return bad("chunk size");
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
      } else if (digits_ == 0) {
        return bad("chunk size");
      } else if (byte == '\r') {
        state_ = State::size_lf;
      } else if (byte == ';' || byte == ' ' || byte == '\t') {  // some devices pad the size with blanks
        state_ = State::extension;
      } else {
        return bad("chunk size");
      }
      break;
    case State::extension:
      if (byte == '\r') {
        state_ = State::size_lf;
      } else if (byte < 0x20 && byte != '\t') {
        return bad("chunk extension");
      } else if (++line_ > kMaxLine) {
        return fail(Code::http_too_large, "chunk extension");
      }
      break;
    case State::size_lf:
      if (byte != '\n') return bad("chunk size line");
      if (limit_ != 0 && left_ > limit_ - seen_) return fail(Code::http_too_large, "body");
      state_ = left_ > 0 ? State::data : State::trailer;
      digits_ = 0;
      line_ = 0;
      break;
    case State::data_cr:
      if (byte != '\r') return bad("chunk end");
      state_ = State::data_lf;
      break;
    case State::data_lf:
      if (byte != '\n') return bad("chunk end");
      state_ = State::size;
      break;
    case State::trailer:  // read and dropped
      if (++overhead_ > kMaxTrailers) return fail(Code::http_too_large, "trailer");
      if (byte == '\r') {
        state_ = State::trailer_lf;
      } else if (byte == '\n' || byte == 0) {
        return bad("trailer");
      } else {
        ++line_;
      }
      break;
    case State::trailer_lf:
      if (byte != '\n') return bad("trailer");
      state_ = line_ == 0 ? State::done : State::trailer;
      line_ = 0;
      break;
    case State::done:
    case State::data:
    case State::until_close:
      break;
  }
  return {};
}

Result<> BodyDecoder::end_of_stream() {
  if (state_ == State::until_close) state_ = State::done;
  if (state_ != State::done) return fail(Code::net_closed, "in the middle of a body");
  return {};
}

std::string chunk_head(std::size_t size) { return fmt::format("{:x}\r\n", size); }

}  // namespace camfleet::http
