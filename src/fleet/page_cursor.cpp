#include "fleet/page_cursor.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kMaxCursor = 2048;
constexpr std::size_t kSumDigits = 16;
constexpr char kSeparator = '\x1F';  // no field of a device has one

std::uint64_t sum_of(std::string_view text) {
  std::uint64_t sum = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return sum;
}

}  // namespace

std::string to_cursor(const PageMark& mark, std::string_view list) {
  auto text = fmt::format("{1}{0}{2}{0}{3}{0}{4}{0}{5}", kSeparator, list, mark.number, mark.part, mark.id,
                          mark.text);
  text += fmt::format("{:016x}", sum_of(text));
  return to_base64url(as_bytes(text));
}

Result<PageMark> parse_cursor(std::string_view cursor, std::string_view list) {
  const auto bad = fail(Code::api_bad_request, "cursor: not one of this list");
  Bytes bytes;
  if (cursor.size() > kMaxCursor || !from_base64url(cursor, bytes) || bytes.size() < kSumDigits) return bad;
  auto rest = as_text(bytes);
  const auto sum = rest.substr(rest.size() - kSumDigits);
  rest.remove_suffix(kSumDigits);
  if (sum != fmt::format("{:016x}", sum_of(rest)) || to_base64url(bytes) != cursor) return bad;
  if (take_until(rest, kSeparator) != list) return bad;
  const auto number = parse_int<std::int64_t>(take_until(rest, kSeparator));
  const auto part = parse_int<std::uint32_t>(take_until(rest, kSeparator));
  if (!number || !part) return bad;
  PageMark mark{*number, {}, {}, *part};
  mark.id = take_until(rest, kSeparator);
  mark.text = rest;
  return mark;
}

}  // namespace camfleet::fleet
