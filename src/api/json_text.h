#pragma once
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace camfleet::api {

// Writes JSON straight to the end of a text: for the answers that are asked for thousands of times a second,
// where a document in memory costs more than all the rest. Whoever writes sees to it that what begins ends.
//
// Texts may hold any bytes: what is no UTF-8 comes out as U+FFFD, and NUL too (as clean_utf8() has it).
class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { out_ += '}'; }
  void begin_array() { open('['); }
  void end_array() { out_ += ']'; }
  // Of a member; its value follows. One of ours, without anything that would have to be escaped.
  JsonText& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return *this;
  }

  void text(std::string_view raw);
  // One of ours, as for key().
  void word(std::string_view ours) {
    separate();
    out_ += '"';
    out_ += ours;
    out_ += '"';
  }
  void number(std::integral auto value) {
    char digits[24];
    separate();
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  // Hundredths: 2500 is 25, 1250 is 12.5.
  void hundredths(unsigned value);
  void boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
  }
  void null() {
    separate();
    out_ += "null";
  }
  void time(WallTime value);
  void time_or_null(const std::optional<WallTime>& value) { value ? time(*value) : null(); }
  void texts(const std::vector<std::string>& list);
  // JSON that was made elsewhere.
  void raw(std::string_view json) {
    separate();
    out_ += json;
  }

 private:
  void open(char bracket) {
    separate();
    out_ += bracket;
  }
  // No value ends in one of these, for a text ends in its quotation mark.
  void separate() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_ += ',';
  }

  std::string& out_;
};

}  // namespace camfleet::api
