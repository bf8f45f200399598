#include "proto/multipart/parser.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace camfleet::multipart {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kBlanks = " \t\r\n";

// The boundary line that ends the last part.
bool is_closing(std::string_view line, std::string_view delimiter) {
  return line.size() == delimiter.size() + 2 && line.starts_with(delimiter) && line.ends_with("--");
}

bool looks_like_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == kNone || colon == 0) return false;
  return std::ranges::all_of(line.substr(0, colon), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string_view without_end_blanks(std::string_view text) {
  const auto last = text.find_last_not_of(kBlanks);
  return text.substr(0, last == kNone ? 0 : last + 1);
}

}  // namespace

std::size_t Parser::memory() const {
  return buffer_.capacity() == std::string{}.capacity() ? 0 : buffer_.capacity();
}

void Parser::feed(std::string_view bytes) {
  settle();
  buffer_.append(bytes);
}

// Gives back what is consumed; all of it where nothing is left.
void Parser::settle() {
  begin_ += std::exchange(pending_, 0);
  if (begin_ == buffer_.size()) {
    std::string{}.swap(buffer_);
  } else if (begin_ > 0) {
    buffer_.erase(0, begin_);
    if (buffer_.capacity() / 4 > buffer_.size()) buffer_.shrink_to_fit();
  }
  begin_ = 0;
}

Result<std::optional<Part>> Parser::next() {
  begin_ += std::exchange(pending_, 0);
  for (;;) {
    if (failed_) return camfleet::fail(*failed_);
    Step step = Step::wait;
    switch (state_) {
      case State::preamble: {
        auto moved = preamble();
        if (!moved) {
          failed_ = std::move(moved.error());
          std::string{}.swap(buffer_);
          begin_ = 0;
          continue;
        }
        step = *moved;
        break;
      }
      case State::between:
        step = between();
        break;
      case State::headers:
        step = headers();
        break;
      case State::body:
        step = body();
        break;
      case State::skipping:
        step = skipping();
        break;
    }
    if (step == Step::part) return part_;
    if (step == Step::wait) {
      settle();
      return std::nullopt;
    }
  }
}

// The line at `from`, once its end is there.
std::optional<Parser::Line> Parser::line(std::size_t from) const {
  const auto text = rest().substr(from);
  const auto end = text.find('\n');
  if (end == kNone && (!finished_ || text.empty())) return std::nullopt;
  const auto whole = text.substr(0, end == kNone ? end : end + 1);
  return Line{without_end_blanks(whole), whole.size()};
}

bool Parser::is_delimiter(std::string_view line) const {
  return line == delimiter_ || is_closing(line, delimiter_);
}

Result<Parser::Step> Parser::preamble() {
  const auto text = rest();
  const auto found = line();
  if (text.starts_with("--")) {
    const auto longest = longest_delimiter_line();
    if (!found && text.size() < longest) return Step::wait;
    auto name = found ? found->text : text;
    if (name.size() > 4 && name.ends_with("--")) name.remove_suffix(2);
    if (!found || found->size > longest || name.size() > limits_.boundary + 2) {
      return camfleet::fail(Code::multipart_invalid, "boundary too long");
    }
    delimiter_ = name;
    state_ = State::between;
    return Step::again;
  }
  const auto size = found ? found->size : text.size();
  if (text != "-" && preamble_ + size > limits_.preamble) {
    return camfleet::fail(Code::multipart_invalid, "no delimiter");
  }
  if (!found) return Step::wait;
  preamble_ += size;
  begin_ += size;
  return Step::again;
}

// Behind a part: blank lines, then a delimiter; or another document of the same part.
Parser::Step Parser::between() {
  begin_ += std::min(rest().find_first_not_of(kBlanks), rest().size());
  const auto text = rest();
  if (text.empty()) return Step::wait;
  if (text.front() == '-') {
    const auto longest = longest_delimiter_line();
    const auto found = line();
    if (!found && text.size() < longest) return Step::wait;
    if (found && found->size <= longest && found->text.starts_with("--")) {
      // A boundary may change from part to part, as long as nothing is out of order.
      if (!is_delimiter(found->text)) {
        const bool closing = found->text.size() > 4 && found->text.ends_with("--");
        delimiter_ = found->text.substr(0, found->text.size() - (closing ? 2 : 0));
      }
      const bool last = is_closing(found->text, delimiter_);
      begin_ += found->size;
      kind_ = Kind::unknown;
      if (!last) begin_part();
      return Step::again;
    }
  } else if (kind_ == Kind::document && (text.front() == '<' || text.front() == '{')) {
    if (text.size() < 2 && !finished_) return Step::wait;
    length_.reset();
    begin_body();
    return Step::again;
  }
  skip_junk();
  return Step::again;
}

void Parser::begin_part() {
  content_type_.clear();
  name_.clear();
  filename_.clear();
  content_id_.clear();
  length_.reset();
  header_bytes_ = header_lines_ = 0;
  kind_ = Kind::unknown;
  state_ = State::headers;
}

void Parser::begin_body() {
  kind_ = Kind::unknown;
  scan_ = 0;
  state_ = State::body;
}

Parser::Step Parser::headers() {
  const auto text = rest();
  if (text.starts_with('<') || text.starts_with('{')) {  // the blank line was forgotten
    begin_body();
    return Step::again;
  }
  const auto found = line();
  if (!found || header_bytes_ + found->size > limits_.headers) {
    if (header_bytes_ + text.size() <= limits_.headers) return Step::wait;
    skip_junk();
    return Step::again;
  }
  const auto consume = [&] {
    header_bytes_ += found->size;
    begin_ += found->size;
  };
  if (found->text.empty()) {
    consume();
    // A blank line straight behind the delimiter may be a stray one: what follows decides.
    if (header_lines_ > 0) begin_body();
    return Step::again;
  }
  if (is_delimiter(found->text)) {
    state_ = State::between;
    return Step::again;
  }
  if (header_lines_ == 0 && header_bytes_ > 0 && !looks_like_header(found->text)) {
    begin_body();
    return Step::again;
  }
  if (++header_lines_ > limits_.header_lines) {
    skip_junk();
    return Step::again;
  }
  header(found->text);
  consume();
  return Step::again;
}

void Parser::header(std::string_view line) {
  if (!looks_like_header(line)) return;
  const auto name = take_until(line, ':');
  const auto value = trim(line);
  if (iequals(name, "Content-Type")) {
    content_type_ = value;
  } else if (iequals(name, "Content-Length")) {
    length_ = parse_int<std::uint64_t>(value);
  } else if (iequals(name, "Content-ID")) {
    content_id_ = value;
  } else if (iequals(name, "Content-Disposition")) {
    auto rest = value;
    while (!rest.empty()) {
      auto parameter = trim(take_until(rest, ';'));
      const auto key = trim(take_until(parameter, '='));
      parameter = trim(parameter);
      if (parameter.size() >= 2 && parameter.starts_with('"') && parameter.ends_with('"')) {
        parameter = parameter.substr(1, parameter.size() - 2);
      }
      if (iequals(key, "name")) name_ = parameter;
      if (iequals(key, "filename")) filename_ = parameter;
    }
  }
}

// What kind of body this is, by its type and its first byte; false: not yet known.
bool Parser::sniff() {
  const auto type = to_lower(std::string_view{content_type_}.substr(0, content_type_.find(';')));
  const bool xml = type.find("xml") != kNone;
  const bool json = type.find("json") != kNone;
  const bool text = type.starts_with("text/");
  if (!xml && !json && !text && !type.empty()) {
    kind_ = Kind::picture;
    return true;
  }
  const auto first = rest().find_first_not_of(kBlanks);
  if (first == kNone) return false;
  const char c = rest()[first];
  const bool braces = c == '{' || c == '[';
  if (c == '<' || braces || xml || json) {
    kind_ = Kind::document;
    end_ = DocumentEnd{braces || (json && c != '<') ? DocumentEnd::Kind::json : DocumentEnd::Kind::xml};
  } else {
    kind_ = text ? Kind::text : Kind::picture;
  }
  return true;
}

Parser::Step Parser::body() {
  if (kind_ == Kind::unknown && !sniff()) {
    if (rest().size() > limits_.text) {
      skip_junk();
      return Step::again;
    }
    if (finished_) begin_ = buffer_.size();
    return Step::wait;
  }
  if (kind_ == Kind::document) return document();
  return length_ ? counted() : uncounted();
}

// XML or JSON: ends where its document does, whatever Content-Length says, or at a delimiter. It is too large
// only where no delimiter can begin within the limit and a line end.
Parser::Step Parser::document() {
  const auto text = rest();
  const auto start = text.find_first_not_of(kBlanks);
  const auto close = end_.find(text);
  const auto cut = find_delimiter(close.value_or(text.size()));
  if (cut && cut->body <= limit()) {
    const auto size = without_end_blanks(text.substr(0, cut->body)).size();
    return deliver(start, std::max(start, size) - start, cut->delimiter, true);
  }
  // What may be a delimiter stands before the end, and the line behind it is on its way.
  if (!cut && close && scan_ < *close && !finished_) return Step::wait;
  if (!cut && close && *close <= limit()) return deliver(start, *close - start, *close, false);
  if (cut || close || scan_ > limit() + 2 || (finished_ && text.size() > limit())) {
    skip_part({});
    return Step::again;
  }
  if (!finished_) return Step::wait;
  return deliver(start, without_end_blanks(text).size() - start, text.size(), true);
}

Parser::Step Parser::counted() {
  const auto text = rest();
  if (*length_ > limit()) {
    skip_part(length_);
    return Step::again;
  }
  const auto length = static_cast<std::size_t>(*length_);
  if (const auto cut = find_delimiter(std::min(length, text.size()))) {
    return deliver(0, cut->body, cut->delimiter, true);
  }
  if (text.size() < length) {
    return finished_ ? deliver(0, text.size(), text.size(), true) : Step::wait;
  }
  // What looks like a delimiter is cut in two by the last counted byte: what follows tells.
  if (scan_ < length) return Step::wait;
  return deliver(0, length, length, false);
}

Parser::Step Parser::uncounted() {
  const auto text = rest();
  const auto cut = find_delimiter(text.size());
  if (cut && cut->body <= limit()) return deliver(0, cut->body, cut->delimiter, false);
  if (cut || scan_ > limit() + 2 || (finished_ && text.size() > limit())) {
    skip_part({});
    return Step::again;
  }
  if (!finished_) return Step::wait;
  return deliver(0, text.size(), text.size(), true);
}

// Whether a delimiter stands at `offset`, a line's start: it, and behind it a header, a blank line or another
// delimiter. Nothing where the answer is not yet there.
std::optional<bool> Parser::delimiter_at(std::size_t offset) const {
  const auto text = rest().substr(offset);
  const auto compared = std::min(text.size(), delimiter_.size());
  if (text.substr(0, compared) != std::string_view{delimiter_}.substr(0, compared)) return false;
  const auto found = line(offset);
  const auto longest = delimiter_.size() + 8;
  if (!found && text.size() < longest) return std::nullopt;
  if (!found || found->size > longest || !is_delimiter(found->text)) return false;
  if (is_closing(found->text, delimiter_)) return true;
  const auto behind = line(offset + found->size);
  if (!behind && finished_) return true;
  if (!behind && text.size() < found->size + limits_.headers) return std::nullopt;
  if (!behind || behind->size > limits_.headers) return false;
  return behind->text.empty() || looks_like_header(behind->text) || is_delimiter(behind->text);
}

// The first delimiter within the first `end` bytes of the body. `scan_` stays where one may be on its way,
// else it is at `end`.
std::optional<Parser::Cut> Parser::find_delimiter(std::size_t end) {
  const auto text = rest().substr(0, end);
  while (scan_ < text.size()) {
    const bool start = scan_ == 0 || text[scan_ - 1] == '\n';
    if (!start) {
      const auto newline = text.find('\n', scan_);
      scan_ = newline == kNone ? text.size() : newline + 1;
      continue;
    }
    const auto found = delimiter_at(scan_);
    if (!found) return std::nullopt;
    if (*found) {
      auto size = scan_;
      if (size > 0) --size;
      if (size > 0 && text[size - 1] == '\r') --size;
      return Cut{size, scan_};
    }
    ++scan_;
  }
  return std::nullopt;
}

void Parser::skip_part(std::optional<std::uint64_t> size) {
  state_ = State::skipping;
  skips_part_ = true;
  skip_left_ = size;
  skipped_ = 0;
  line_start_ = true;
}

void Parser::skip_junk() {
  ++counters_.resyncs;
  state_ = State::skipping;
  skips_part_ = false;
  skip_left_.reset();
  skipped_ = 0;
  line_start_ = false;  // what is here was looked at
  kind_ = Kind::unknown;
}

// Drops bytes up to a delimiter, or as many as were counted, without keeping them.
Parser::Step Parser::skipping() {
  bool found = false;
  while (!found && skip_left_ != std::uint64_t{0}) {
    const auto text = rest();
    if (line_start_) {
      const auto at = delimiter_at(0);
      if (!at && !finished_) return Step::wait;
      found = at.value_or(false);
      if (found) break;
    }
    if (text.empty()) break;
    const auto newline = text.find('\n');
    auto size = newline == kNone ? text.size() : newline + 1;
    if (skip_left_) {
      size = static_cast<std::size_t>(std::min<std::uint64_t>(size, *skip_left_));
      *skip_left_ -= size;
    }
    line_start_ = text[size - 1] == '\n';
    begin_ += size;
    skipped_ += size;
  }
  const bool counted = skip_left_ == std::uint64_t{0};
  if (!found && !counted && !finished_) return Step::wait;
  if (!skips_part_) {
    state_ = State::between;
    return found ? Step::again : Step::wait;
  }
  const auto step = deliver(0, 0, 0, !found && !counted);
  part_.size = skipped_;
  part_.too_large = true;
  ++counters_.too_large;
  return step;
}

Parser::Step Parser::deliver(std::size_t offset, std::size_t size, std::size_t consumed, bool cut) {
  if (size == 0 && state_ == State::body) {  // nothing to tell
    begin_ += consumed;
    state_ = State::between;
    return Step::again;
  }
  part_ = {content_type_, name_, filename_, content_id_, rest().substr(offset, size), size, false, cut};
  pending_ = consumed;
  state_ = State::between;
  ++counters_.parts;
  if (cut) ++counters_.cut;
  return Step::part;
}

}  // namespace camfleet::multipart
