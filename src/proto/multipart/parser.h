#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/multipart/document_end.h"

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
  std::size_t memory() const;

 private:
  enum class State : std::uint8_t { preamble, between, headers, body, skipping };
  enum class Kind : std::uint8_t { unknown, document, text, picture };
  enum class Step : std::uint8_t { wait, again, part };

  struct Line {
    std::string_view text;  // without its end, and without blanks there
    std::size_t size = 0;   // with its end
  };
  // Where a delimiter stands within a body.
  struct Cut {
    std::size_t body = 0;       // size of the body before it
    std::size_t delimiter = 0;  // offset of its dashes
  };

  std::string_view rest() const { return std::string_view{buffer_}.substr(begin_); }
  std::optional<Line> line(std::size_t from = 0) const;
  bool is_delimiter(std::string_view line) const;
  // With its end, blanks and closing dashes.
  std::size_t longest_delimiter_line() const { return limits_.boundary + 8; }
  std::optional<bool> delimiter_at(std::size_t offset) const;
  std::optional<Cut> find_delimiter(std::size_t end);
  std::size_t limit() const { return kind_ == Kind::picture ? limits_.picture : limits_.text; }

  Result<Step> preamble();
  Step between();
  Step headers();
  Step body();
  Step document();
  Step counted();
  Step uncounted();
  Step skipping();

  void header(std::string_view line);
  void begin_part();
  void begin_body();
  bool sniff();
  void skip_part(std::optional<std::uint64_t> size);
  void skip_junk();
  Step deliver(std::size_t offset, std::size_t size, std::size_t consumed, bool cut);
  void settle();

  Limits limits_;
  State state_ = State::preamble;
  std::optional<Error> failed_;
  bool finished_ = false;
  std::string buffer_;
  std::size_t begin_ = 0;    // of what is not consumed
  std::size_t pending_ = 0;  // of the part given out, consumed at the next call
  std::string delimiter_;    // with its dashes
  std::size_t preamble_ = 0;

  // The part at hand.
  std::string content_type_, name_, filename_, content_id_;
  std::optional<std::uint64_t> length_;
  std::size_t header_bytes_ = 0;
  std::size_t header_lines_ = 0;
  Kind kind_ = Kind::unknown;
  DocumentEnd end_;
  std::size_t scan_ = 0;  // looked at for a delimiter so far

  // What is skipped.
  bool skips_part_ = false;  // else junk
  std::optional<std::uint64_t> skip_left_;
  std::uint64_t skipped_ = 0;
  bool line_start_ = true;

  Part part_;
  Counters counters_;
};

}  // namespace camfleet::multipart
