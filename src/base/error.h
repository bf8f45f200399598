#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace camfleet {

// Every way in which something can fail, by a stable name `area.reason` that logs, the API, metrics and the
// texts for people share. The catalogue is base/error_catalogue.inc; a row is (symbol, "area.reason", HTTP
// status, English, Chinese).
enum class Code : std::uint16_t {
  ok = 0,
#define CAMFLEET_ERROR(symbol, name, status, en, zh) symbol,
#include "base/error_catalogue.inc"
#undef CAMFLEET_ERROR
};

// What the catalogue says of a code. The texts live for ever.
struct CodeInfo {
  std::string_view name;  // "net.timeout"
  int http_status;        // of an API answer whose cause is this code
  std::string_view en;    // one sentence, for an operator
  std::string_view zh;
};
const CodeInfo& info(Code code);
inline std::string_view name(Code code) { return info(code).name; }
// The code of that name, or Code::ok where there is none.
Code code_of(std::string_view name);

// A code, and the place to look at: device, connection, byte. Policy follows the code, never the text.
// Whoever decides what to do about an error logs it, once. `place` never holds a secret.
struct [[nodiscard]] Error {
  Code code = Code::ok;
  std::string place;
  // Where the other side said when to come back (Retry-After, unlockTime): seconds from now, 0 where it did
  // not.
  int retry_after_s = 0;

  explicit operator bool() const { return code != Code::ok; }
  // "net.timeout: connect to 10.0.0.7:80"
  std::string text() const;
};

}  // namespace camfleet
