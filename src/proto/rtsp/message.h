#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace camfleet::rtsp {

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

// The header block of a message: in order, with repetitions, names compared without case (RFC 2326
// section 4.2).
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> list) : list_(list) {}

  // The value of the first of that name.
  std::optional<std::string_view> get(std::string_view name) const;
  // All values of that name: WWW-Authenticate comes more than once.
  std::vector<std::string_view> all(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }

  void add(std::string name, std::string value) { list_.push_back({std::move(name), std::move(value)}); }
  void set(std::string_view name, std::string value);  // replaces every one of that name
  void remove(std::string_view name);

  std::size_t size() const { return list_.size(); }
  bool empty() const { return list_.empty(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  Header& back() { return list_.back(); }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Header> list_;
};

struct Request {
  std::string method;  // as sent: "DESCRIBE"
  std::string url;     // as sent; empty, "*", or text that url::parse judges
  Headers headers;
  std::string body;
  bool operator==(const Request&) const = default;
};

struct Response {
  int status = 200;
  std::string reason;  // may be empty
  Headers headers;
  std::string body;
  bool operator==(const Response&) const = default;
};

// One interleaved packet (RFC 2326 section 10.12): a view into the buffer that was parsed.
struct Frame {
  std::uint8_t channel = 0;
  ByteView payload;
};

// The number in CSeq, blanks around it allowed; nothing where it is missing or no number.
std::optional<std::uint32_t> cseq(const Headers& headers);

// Bytes for the wire. Content-Length is written for a body and never taken from the headers; CR, LF and NUL
// inside a value become blanks, so no value can add a header. An empty reason is filled from status.h.
std::string serialise(const Request& request);
std::string serialise(const Response& response);

// The four bytes in front of an interleaved packet of `length` bytes.
inline void write_frame_header(std::uint8_t* at, std::uint8_t channel, std::uint16_t length) {
  at[0] = '$';
  at[1] = channel;
  store16(at + 2, length);
}

}  // namespace camfleet::rtsp
