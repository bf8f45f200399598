#include "proto/xml/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace camfleet::xml {
namespace {

constexpr std::size_t kDeclaration = 200;  // bytes in which the encoding is looked for

std::optional<std::string> convert(std::string_view bytes, const char* from) {
  const auto converter = iconv_open("UTF-8", from);
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string out(bytes.size() * 2 + 16, '\0');
  std::string copy{bytes};
  char* input = copy.data();
  std::size_t input_left = copy.size();
  std::size_t written = 0;
  bool good = true;
  while (input_left > 0) {
    char* output = out.data() + written;
    std::size_t output_left = out.size() - written;
    const auto done = iconv(converter, &input, &input_left, &output, &output_left);
    written = out.size() - output_left;
    if (done != static_cast<std::size_t>(-1)) break;
    if (errno != E2BIG) {
      good = false;
      break;
    }
    out.resize(out.size() * 2);
  }
  iconv_close(converter);
  if (!good) return std::nullopt;
  out.resize(written);
  return out;
}

// What the XML declaration calls its encoding, in lower case.
std::string declared(std::string_view text) {
  const auto head = text.substr(0, kDeclaration);
  const auto begin = head.find("<?xml");
  if (begin == std::string_view::npos) return {};
  auto rest = head.substr(begin, head.find("?>", begin) - begin);
  const auto at = rest.find("encoding");
  if (at == std::string_view::npos) return {};
  rest = rest.substr(at + 8);
  const auto open = rest.find_first_of("\"'");
  if (open == std::string_view::npos) return {};
  return to_lower(rest.substr(open + 1, rest.find(rest[open], open + 1) - open - 1));
}

const char* converter_for(const std::string& name) {
  // GB18030 holds all of GBK, which holds all of GB2312.
  for (const auto* chinese : {"gb2312", "gbk", "gb18030", "cp936", "gb_2312-80"}) {
    if (name == chinese) return "GB18030";
  }
  if (name == "big5") return "BIG5";
  if (name == "euc-kr") return "EUC-KR";
  if (name == "shift_jis") return "SHIFT_JIS";
  if (name == "iso-8859-1" || name == "latin1") return "ISO-8859-1";
  if (name == "windows-1252") return "CP1252";
  return nullptr;
}

// Chinese in UTF-8 takes three bytes each; two bytes may be GBK that looks like UTF-8 by chance.
bool surely_utf8(std::string_view text) {
  if (!is_utf8(text)) return false;
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xC0 && byte < 0xE0;
  });
}

bool ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; });
}

}  // namespace

std::string to_utf8(std::string_view bytes, bool& changed) {
  changed = false;
  const auto from = [&](std::string_view text, const char* name) {
    changed = true;
    return clean_utf8(convert(text, name).value_or(std::string{text}));
  };
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE"))
    return from(bytes.substr(2, (bytes.size() - 2) & ~std::size_t{1}), "UTF-16LE");
  if (bytes.starts_with("\xFE\xFF"))
    return from(bytes.substr(2, (bytes.size() - 2) & ~std::size_t{1}), "UTF-16BE");
  if (bytes.size() >= 4 && bytes.substr(0, 2) == std::string_view{"<\0", 2}) {
    return from(bytes.substr(0, bytes.size() & ~std::size_t{1}), "UTF-16LE");
  }
  if (bytes.size() >= 4 && bytes.substr(0, 2) == std::string_view{"\0<", 2}) {
    return from(bytes.substr(0, bytes.size() & ~std::size_t{1}), "UTF-16BE");
  }
  if (ascii(bytes) && is_utf8(bytes)) return std::string{bytes};

  const auto* converter = converter_for(declared(bytes));
  if (converter != nullptr && !surely_utf8(bytes)) {
    if (auto text = convert(bytes, converter)) {
      changed = true;
      return clean_utf8(*text);
    }
  }
  if (is_utf8(bytes)) return std::string{bytes};
  // Chinese firmware writes GBK and declares UTF-8. Not where there is a NUL: that is no text of any kind.
  if (bytes.find('\0') == std::string_view::npos) {
    if (auto text = convert(bytes, "GB18030")) {
      changed = true;
      return clean_utf8(*text);
    }
  }
  changed = true;
  return clean_utf8(bytes);
}

}  // namespace camfleet::xml
