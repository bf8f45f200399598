#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "cli/table.h"

namespace camfleet::cli {

// Where a verb writes: what was asked for on the standard output, all else on the standard error. A reader
// that went away (`| head`) ends the program quietly with 0; an output that cannot be written (a full disk)
// ends it with 1 and a sentence.
class Output {
 public:
  Output();

  // As it is; the caller has sanitised it.
  void write(std::string_view text) const;
  void line(std::string_view text) const;
  void table(const Table& table) const;
  // A JSON document on one line.
  void json(std::string_view document) const;
  // "camfleet: ..." on the standard error, sanitised.
  void complain(std::string_view text) const;
  // A JSON document on the standard error, for those who asked for JSON.
  void complain_json(std::string_view document) const;
  // Like complain(), without the name before it: for what is no fault; nothing when quiet.
  void note(std::string_view text) const;

  std::string paint(const std::string& text, Tone tone) const { return toned(text, tone, colours_); }
  bool terminal() const { return terminal_; }
  std::size_t columns() const { return columns_; }
  bool quiet = false;

 private:
  bool terminal_ = false;
  bool colours_ = false;
  std::size_t columns_ = 0;
};

// "45 s", "12 m", "3 h 05 m", "6 d 02 h".
std::string duration_text(long long seconds);
// Of an RFC 3339 text in UTC; -1 where it is none.
long long age_of(std::string_view rfc3339, long long now_unix);

}  // namespace camfleet::cli
