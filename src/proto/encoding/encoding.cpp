#include "proto/encoding/encoding.h"

#include <iconv.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/secret.h"
#include "base/text.h"

namespace camfleet::encoding {
namespace {

struct CloseConverter {
  void operator()(iconv_t converter) const { iconv_close(converter); }
};

// Nothing where a byte does not fit. Two bytes become at most three, four at most four: the first size
// suffices for what we read, so no copy is left behind by growing.
std::optional<std::string> convert(std::string_view bytes, const char* from) {
  const auto opened = iconv_open("UTF-8", from);
  if (opened == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  const std::unique_ptr<std::remove_pointer_t<iconv_t>, CloseConverter> converter{opened};
  std::string out(bytes.size() / 2 * 3 + 16, '\0');
  char* input = const_cast<char*>(bytes.data());  // iconv does not write there
  std::size_t input_left = bytes.size();
  char* output = out.data();
  std::size_t output_left = out.size();
  if (iconv(opened, &input, &input_left, &output, &output_left) != 0 || input_left != 0) {
    wipe(out);
    return std::nullopt;
  }
  out.resize(out.size() - output_left);
  return out;
}

Result<Decoded> converted(std::string bytes, std::size_t skip, const char* from, Encoding encoding) {
  auto text = convert(std::string_view{bytes}.substr(skip), from);
  wipe(bytes);
  if (!text)
    return fail(Code::api_bad_request, "not valid " + std::string{to_text(encoding)} + " throughout");
  if (text->find('\0') != std::string::npos) {
    wipe(*text);
    return fail(Code::api_bad_request, "a NUL character: this is no text");
  }
  return Decoded{std::move(*text), encoding};
}

}  // namespace

std::string_view to_text(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8:
      return "utf-8";
    case Encoding::utf16le:
      return "utf-16le";
    case Encoding::utf16be:
      return "utf-16be";
    case Encoding::gb18030:
      return "gb18030";
  }
  return "utf-8";
}

Result<Decoded> decode(std::string bytes) {
  if (bytes.starts_with("\xFF\xFE")) return converted(std::move(bytes), 2, "UTF-16LE", Encoding::utf16le);
  if (bytes.starts_with("\xFE\xFF")) return converted(std::move(bytes), 2, "UTF-16BE", Encoding::utf16be);
  if (const auto nul = bytes.find('\0'); nul != std::string::npos) {
    wipe(bytes);
    return fail(Code::api_bad_request, "byte " + std::to_string(nul) +
                                           ": a NUL; UTF-16 is taken with a byte order mark, a spreadsheet's "
                                           "own format is not taken at all");
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.erase(0, 3);
    if (is_utf8(bytes)) return Decoded{std::move(bytes), Encoding::utf8};
    wipe(bytes);
    return fail(Code::api_bad_request, "not valid utf-8 throughout, as its byte order mark says");
  }
  if (is_utf8(bytes)) return Decoded{std::move(bytes), Encoding::utf8};
  auto chinese = converted(std::move(bytes), 0, "GB18030", Encoding::gb18030);
  if (!chinese) return fail(Code::api_bad_request, "neither utf-8 nor gb18030 throughout");
  return chinese;
}

}  // namespace camfleet::encoding
