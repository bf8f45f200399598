#include "proto/rtsp/parser.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace camfleet::rtsp {
namespace {

// Behind so many bytes of a start line the method or version has been seen; before, bytes above ASCII are no
// text of ours.
constexpr std::size_t kPlainStart = 8;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

// "RTSP/1.0", and 1.1 as some answer; not HTTP, not 2.0.
bool is_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("RTSP/1.") && text[7] >= '0' && text[7] <= '9';
}

}  // namespace

std::unexpected<Error> Parser::refuse(Code code, std::string_view rule) {
  state_ = State::failed;
  error_ = {code, "byte " + std::to_string(line_position_) + ": " + std::string(rule)};
  line_ = {};
  request_ = {};
  response_ = {};
  return fail(error_);
}

Result<std::optional<Message>> Parser::next(ByteView& in) {
  if (state_ == State::failed) return fail(error_);

  while (!in.empty()) {
    if (state_ == State::idle) {
      if (in.front() == '$') {
        if (Frame frame; take_frame(in, frame)) return Message{frame};
        return std::nullopt;
      }
      line_position_ = position_;
      if (in.front() == '\r' || in.front() == '\n') {
        in = in.subspan(1);
        ++position_;
        continue;
      }
      if (in.front() < 'A' || in.front() > 'Z')
        return refuse(Code::rtsp_out_of_sync, "neither a message nor a packet");
      state_ = State::start_line;
      head_bytes_ = header_count_ = 0;
    }

    if (state_ == State::body) {
      take_body(in);
      if (body_left_ > 0) return std::nullopt;
      return finish();
    }

    bool head_ended = false;
    if (auto taken = take_line(in, head_ended); !taken) return fail(std::move(taken.error()));
    if (head_ended && body_left_ == 0) return finish();
  }
  return std::nullopt;
}

// Checks bytes in their order and before they are kept, so that any split of the input ends in the same error
// and nothing past a limit is ever stored.
Result<void> Parser::take_line(ByteView& in, bool& head_ended) {
  const auto text = as_text(in);
  const auto end = text.find('\n');
  const bool whole = end != std::string_view::npos;
  const auto part = text.substr(0, whole ? end : text.size());
  const bool start = state_ == State::start_line;
  if (line_.empty()) line_position_ = position_;

  const auto line_limit = start ? limits_.start_line : limits_.name + limits_.value + 16;
  const auto room = std::min(line_limit, limits_.head - head_bytes_) - line_.size();
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (i == room) return refuse(Code::rtsp_too_large, start ? "start line" : "header block");
    const auto byte = static_cast<unsigned char>(part[i]);
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F;
    if (control || (start && byte >= 0x80 && line_.size() + i < kPlainStart))
      return refuse(start ? Code::rtsp_bad_start_line : Code::rtsp_bad_header, "a byte that is no text");
  }

  const auto taken = part.size() + (whole ? 1 : 0);
  position_ += taken;
  in = in.subspan(taken);
  if (!whole) {
    line_.append(part);
    return {};
  }

  std::string kept;  // `line_` is the next line's from here on
  auto complete = part;
  if (!line_.empty()) {
    kept = std::exchange(line_, {});
    kept.append(part);
    complete = kept;
  }
  head_bytes_ = std::min(limits_.head, head_bytes_ + complete.size() + 1);
  if (complete.ends_with('\r')) complete.remove_suffix(1);
  if (complete.find('\r') != std::string_view::npos)
    return refuse(start ? Code::rtsp_bad_start_line : Code::rtsp_bad_header, "CR inside a line");

  auto done = line(complete);
  head_ended = done && state_ == State::body;
  return done;
}

Result<void> Parser::line(std::string_view line) {
  if (state_ == State::start_line) return start_line(line);
  if (line.empty()) return end_of_head();
  return header_line(line);
}

Result<void> Parser::start_line(std::string_view line) {
  line = trim(line);
  state_ = State::header;
  request_ = {};
  response_ = {};

  is_response_ = line.starts_with("RTSP/");
  if (is_response_) {
    auto rest = line;
    if (!is_version(take_until(rest, ' '))) return refuse(Code::rtsp_bad_start_line, "version");
    rest = trim(rest);
    const auto digits = take_until(rest, ' ');
    const auto status = digits.size() == 3 ? parse_int<int>(digits) : std::nullopt;
    if (!status || *status < 100) return refuse(Code::rtsp_bad_start_line, "status");
    response_.status = *status;
    response_.reason = trim(rest);
    return {};
  }

  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_version(line.substr(last + 1)))
    return refuse(Code::rtsp_bad_start_line, "neither a request nor a response");
  request_.method = line.substr(0, first);
  if (!is_token(request_.method)) return refuse(Code::rtsp_bad_start_line, "method");
  request_.url = trim(line.substr(first, last - first));
  return {};
}

Result<void> Parser::header_line(std::string_view line) {
  if (++header_count_ > limits_.headers) return refuse(Code::rtsp_too_large, "number of headers");

  // RFC 2326 takes folding from HTTP: a line that begins with a blank goes on with the one before.
  if ((line.front() == ' ' || line.front() == '\t') && !headers().empty()) {
    auto& value = headers().back().value;
    const auto more = trim(line);
    if (more.empty()) return {};
    if (value.size() + 1 + more.size() > limits_.value) return refuse(Code::rtsp_too_large, "header value");
    value.append(" ").append(more);
    return {};
  }

  const auto colon = line.find(':');
  const auto name = trim(line.substr(0, colon));
  if (name.size() > limits_.name) return refuse(Code::rtsp_too_large, "header name");
  if (colon == std::string_view::npos || !is_token(name)) return {};  // cameras print banners
  const auto value = trim(line.substr(colon + 1));
  if (value.size() > limits_.value) return refuse(Code::rtsp_too_large, "header value");
  headers().add(std::string(name), std::string(value));
  return {};
}

Result<void> Parser::end_of_head() {
  std::optional<std::uint64_t> length;
  for (const auto value : headers().all("Content-Length")) {
    const auto number = parse_int<std::uint64_t>(value);
    if (!number || (length && *length != *number)) return refuse(Code::rtsp_bad_header, "Content-Length");
    length = number;
  }
  if (length.value_or(0) > limits_.body) return refuse(Code::rtsp_too_large, "body");
  body_left_ = static_cast<std::size_t>(length.value_or(0));
  state_ = State::body;
  return {};
}

void Parser::take_body(ByteView& in) {
  auto& body = is_response_ ? response_.body : request_.body;
  const auto part = in.first(std::min(body_left_, in.size()));
  body.append(as_text(part));
  in = in.subspan(part.size());
  position_ += part.size();
  body_left_ -= part.size();
}

std::optional<Message> Parser::finish() {
  state_ = State::idle;
  if (is_response_) return Message{std::exchange(response_, {})};
  return Message{std::exchange(request_, {})};
}

}  // namespace camfleet::rtsp
