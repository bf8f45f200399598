#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::multipart {

struct Limits {
  std::size_t boundary = 70;       // characters behind the two dashes
  std::size_t headers = 8 * 1024;  // of a part
  std::size_t header_lines = 32;
  std::size_t text = 1024 * 1024;         // XML, JSON and other text
  std::size_t picture = 8 * 1024 * 1024;  // all else
  std::size_t preamble = 64 * 1024;       // before the first delimiter
};

// One part; the views live until the next call to the parser. A part of text holds one whole XML or JSON
// document: two that were merged arrive as two parts, and white space around them is left out.
struct Part {
  std::string_view content_type;  // as sent; empty where absent
  std::string_view name;          // of Content-Disposition
  std::string_view filename;
  std::string_view content_id;
  std::string_view body;
  std::uint64_t size = 0;  // of the body as it was sent
  bool too_large = false;  // past its limit: skipped, the body is empty
  bool cut = false;        // ended by a delimiter or the end of the stream before it was whole
};

// Endless multipart streams (alertStream, subscribeEvent) and the forms that devices push: bytes in, parts
// out. The first line that begins with two dashes is the delimiter, whatever the header said. A text part is
// delivered as soon as its document is closed, for the next delimiter may come ten seconds later;
// Content-Length may be right, wrong or missing. What cannot be understood is skipped up to the next
// delimiter. Between parts it holds no buffer.
class Parser {
 public:
  struct Counters {
    std::uint64_t parts = 0;
    std::uint64_t too_large = 0;
    std::uint64_t cut = 0;
    std::uint64_t resyncs = 0;  // garbage was skipped to find a delimiter
  };

  Parser() = default;
  explicit Parser(const Limits& limits) : limits_(limits) {}

  // Adds bytes. Ask next() until it has nothing more before adding again, or the buffer grows.
  void feed(std::string_view bytes);
  // The stream ended: what is left may still make a part.
  void finish() { finished_ = true; }
  // The next part; nullopt: feed more. multipart_invalid where no delimiter begins the stream (an HTML page,
  // say); it stays so.
  Result<std::optional<Part>> next();

  const Counters& counters() const { return counters_; }
  // Bytes held, of which an idle stream has none.
  std::size_t memory() const { return buffer_.capacity(); }

 private:
  enum class State : std::uint8_t { preamble, between, headers, body, skipping, failed };
  // How the end of a body is found.
  enum class Kind : std::uint8_t { xml, json, other };

  struct Step {
    bool progress = false;
    bool part = false;
  };
  struct Line {
    std::string_view text;  // without its end, and without blanks at its end
    std::size_t size = 0;   // with its end
  };

  std::string_view rest() const { return std::string_view{buffer_}.substr(begin_); }
  std::optional<Line> line() const;
  void consume(std::size_t bytes);
  void release();

  Result<Step> preamble();
  Step between();
  Step headers();
  Step body();
  Step skipping();
  void header(std::string_view line);
  void begin_part();
  void begin_body();
  bool resync();
  void skip(std::uint64_t size);
  Step deliver(std::size_t size, std::size_t consumed, bool cut);
  Step body_counted();
  Step body_document();
  bool find_close();      // of the XML root or of the JSON value
  bool find_delimiter();  // within the body
  bool is_delimiter(std::string_view line) const;

  Limits limits_;
  State state_ = State::preamble;
  std::string buffer_;
  std::size_t begin_ = 0;
  bool finished_ = false;
  std::string delimiter_;  // with its dashes
  std::size_t skipped_ = 0;
  bool junk_ = false;

  // Of the part at hand.
  std::string content_type_, name_, filename_, content_id_;
  std::optional<std::uint64_t> length_;
  std::size_t header_bytes_ = 0;
  std::size_t header_lines_ = 0;
  Kind kind_ = Kind::other;
  bool kind_known_ = false;
  std::size_t scan_ = 0;                     // looked at for the close so far
  std::size_t delimiter_scan_ = 0;           // looked at for a delimiter so far
  std::optional<std::size_t> delimiter_at_;  // where one stands in the body
  std::optional<std::size_t> close_at_;      // where the document ends
  std::string root_;                         // name of the XML root
  int depth_ = 0;                            // of JSON
  bool in_string_ = false;
  bool escaped_ = false;
  std::uint64_t skip_size_ = 0;

  Counters counters_;
};

}  // namespace camfleet::multipart
