#include "proto/multipart/writer.h"

#include <fmt/format.h>

#include "base/text.h"

namespace camfleet::multipart {
namespace {

std::string_view newline(Framing framing) { return framing == Framing::nvr_lf ? "\n" : "\r\n"; }

std::string with_line_ends(std::string_view text, std::string_view end) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.append(line).append(end);
  }
  return out;
}

}  // namespace

std::string content_type(std::string_view boundary) {
  return fmt::format("multipart/mixed; boundary={}", boundary);
}

std::string part(Framing framing, std::string_view type, std::string_view body, std::string_view boundary,
                 std::string_view disposition) {
  const auto end = newline(framing);
  const bool text = type.find("xml") != type.npos || type.find("json") != type.npos;
  auto content = text ? with_line_ends(body, end) : std::string{body};
  if (text && framing == Framing::recorder_blank) content += end;

  auto out = fmt::format("--{}{}", boundary, end);
  if (!disposition.empty()) out += fmt::format("Content-Disposition: {}{}", disposition, end);
  out += fmt::format("Content-Type: {}{}", type, end);
  if (framing != Framing::no_length) out += fmt::format("Content-Length: {}{}", content.size(), end);
  out += end;
  out += content;
  // A text ends with its own line end; a picture needs one before the next delimiter.
  if (framing == Framing::camera_extra || !text) out += end;
  return out;
}

std::string closing(Framing framing, std::string_view boundary) {
  return fmt::format("--{}--{}", boundary, newline(framing));
}

}  // namespace camfleet::multipart
