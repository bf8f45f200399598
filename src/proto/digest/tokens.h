#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace camfleet::digest {

struct Parameter {
  std::string_view name;
  std::string value;  // unquoted
};

// Walks over the value of WWW-Authenticate or Authorization: schemes ("Digest" before a blank) and name=value
// pairs between commas. A view: the text outlives it. Linear.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { separators(); }
  bool done() const { return rest_.empty(); }
  // A word that is followed by a blank, or ends the text, and not by '='.
  std::optional<std::string_view> scheme();
  // name=value or name="value"; a backslash in quotes protects what follows. An open quote ends with the
  // text.
  std::optional<Parameter> parameter();
  // One byte that fits nowhere.
  void skip();

 private:
  void separators();  // commas and blanks
  std::string_view word() const;
  std::string_view rest_;
};

// "text", with a backslash before quotes and backslashes, and without control characters.
std::string quote(std::string_view text);

}  // namespace camfleet::digest
