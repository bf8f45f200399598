#include "proto/sdp/sdp.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "proto/sdp/codec_names.h"

namespace camfleet::sdp {
namespace {

constexpr std::size_t kMaxText = 128 * 1024;
constexpr std::size_t kMaxMedias = 16;
constexpr std::size_t kMaxFormats = 32;
constexpr std::size_t kMaxAttributes = 512;
constexpr std::size_t kMaxParameters = 64;
constexpr std::size_t kMaxEncoding = 64;
constexpr std::size_t kMaxControl = 2048;
constexpr std::size_t kMaxWord = 256;

std::string_view first_word(std::string_view& rest) {
  rest = trim(rest);
  const auto end = std::min(rest.find_first_of(" \t"), rest.size());
  const auto word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

double parse_rate(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool fine = error == std::errc{} && end == text.data() + text.size() && value > 0 && value <= 1000;
  return fine ? value : 0;  // "0S" of Xiongmai, nan, inf
}

// "1280, 720" or "640-480"
std::optional<Dimensions> parse_dimensions(std::string_view text, char separator) {
  const auto width = parse_int<int>(trim(take_until(text, separator)));
  const auto height = parse_int<int>(trim(text));
  if (!width || !height || *width <= 0 || *height <= 0 || *width > 16384 || *height > 16384)
    return std::nullopt;
  return Dimensions{*width, *height};
}

// Cut to `limit` bytes, without blanks at either end.
std::string_view cut(std::string_view text, std::size_t limit) { return trim(trim(text).substr(0, limit)); }

// Keeps what others print into JSON and logs harmless: valid UTF-8, cut between two characters.
std::string words(std::string_view text) {
  auto out = clean_utf8(trim(text).substr(0, kMaxWord));
  if (out.size() > kMaxWord) {
    auto end = kMaxWord;
    while ((static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    out.resize(end);
  }
  return std::string(trim(out));
}

// A section while its lines are read: rtpmap and fmtp may come in any order, before or after what they belong
// to.
struct Draft {
  Media media;
  std::vector<std::pair<std::uint8_t, std::string>> rtpmaps;
  std::vector<std::pair<int, std::vector<Parameter>>> fmtps;
  std::vector<std::pair<std::uint8_t, Dimensions>> sizes;
  bool too_many_formats = false;
};

void parse_media_line(std::string_view text, Draft& draft) {
  auto& media = draft.media;
  media.kind = words(first_word(text));
  auto port = first_word(text);
  media.port = parse_int<std::uint16_t>(take_until(port, '/')).value_or(0);
  media.protocol = words(first_word(text));
  while (!text.empty()) {
    const auto type = parse_int<std::uint8_t>(first_word(text));
    if (!type || *type > 127) continue;
    if (media.formats.size() >= kMaxFormats) draft.too_many_formats = true;
    const auto known = [&](const Format& format) { return format.payload_type == *type; };
    if (draft.too_many_formats || std::ranges::any_of(media.formats, known)) continue;
    Format format;
    format.payload_type = *type;
    media.formats.push_back(std::move(format));
  }
}

// ";a=1; b = 2 ;": blanks, empty ones and missing values are all seen in the field.
std::vector<Parameter> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  while (!text.empty() && parameters.size() < kMaxParameters) {
    auto value = trim(take_until(text, ';'));
    const auto name = trim(take_until(value, '='));
    if (!name.empty()) parameters.push_back({to_lower(cut(name, kMaxWord)), std::string(trim(value))});
  }
  return parameters;
}

void parse_media_attribute(std::string_view name, std::string_view value, Draft& draft) {
  auto& media = draft.media;
  if (iequals(name, "rtpmap")) {
    const auto type = parse_int<std::uint8_t>(first_word(value));
    if (type && !value.empty()) draft.rtpmaps.emplace_back(*type, value);
  } else if (iequals(name, "fmtp")) {
    const auto type = parse_int<std::uint8_t>(first_word(value));
    draft.fmtps.emplace_back(type ? *type : -1, parse_parameters(value));
  } else if (iequals(name, "control")) {
    media.control = cut(value, kMaxControl);
  } else if (iequals(name, "framerate") || iequals(name, "x-framerate")) {
    if (const auto rate = parse_rate(value); rate > 0) media.framerate = rate;
  } else if (iequals(name, "x-dimensions")) {
    media.dimensions = parse_dimensions(value, ',');
  } else if (iequals(name, "framesize")) {
    const auto type = parse_int<std::uint8_t>(first_word(value));
    const auto size = parse_dimensions(value, '-');
    if (type && size) draft.sizes.emplace_back(*type, *size);
  } else if (iequals(name, "recvonly")) {
    media.direction = Direction::recvonly;
  } else if (iequals(name, "sendonly")) {
    media.direction = Direction::sendonly;
  } else if (iequals(name, "sendrecv")) {
    media.direction = Direction::sendrecv;
  } else if (iequals(name, "inactive")) {
    media.direction = Direction::inactive;
  }
}

// "H264/90000", "mpeg4-generic/16000/1", "H264/90000 ", "vnd.onvif.metadata/90000/500". False: the payload
// type cannot be used.
bool read_rtpmap(std::string_view text, Format& format) {
  text = trim(text);
  const auto encoding = trim(take_until(text, '/'));
  const auto clock = trim(take_until(text, '/'));
  const auto channels = trim(text);
  if (encoding.empty() || encoding.size() > kMaxEncoding) return false;
  format.encoding = clean_utf8(encoding);
  if (format.encoding.size() > kMaxEncoding) return false;
  format.codec = codec_of_encoding(encoding);
  if (!clock.empty()) {
    const auto rate = parse_int<std::uint32_t>(clock);
    if (!rate || *rate == 0) return false;
    format.clock_rate = *rate;
  }
  format.channels = 1;
  if (const auto count = parse_int<int>(channels); count && *count >= 1 && *count <= 16)
    format.channels = *count;
  return true;
}

// Where the device's rtpmap says one thing of the types 0 and 8 and RFC 3551 another, players go by the
// number, and so do we.
bool resolve(const Draft& draft, Format& format) {
  const auto assigned = static_type(format.payload_type);
  format.codec = assigned.codec;
  format.encoding = assigned.encoding;
  format.clock_rate = assigned.clock_rate;
  format.channels = assigned.channels;
  const bool fixed = format.payload_type == 0 || format.payload_type == 8;
  for (const auto& [type, text] : draft.rtpmaps) {
    if (type != format.payload_type) continue;
    auto read = format;
    if (!read_rtpmap(text, read)) return fixed;
    if (fixed && read.codec != assigned.codec) continue;
    format = std::move(read);
    if (format.clock_rate == 0) format.clock_rate = assigned.clock_rate;
    break;
  }
  return true;
}

void attach_parameters(Draft& draft) {
  auto& formats = draft.media.formats;
  for (auto& [type, parameters] : draft.fmtps) {
    auto target = std::ranges::find_if(formats, [&](const Format& f) { return int{f.payload_type} == type; });
    // Some Hikvision firmwares name another payload type here than in m= and rtpmap.
    if (target == formats.end() && formats.size() == 1) target = formats.begin();
    if (target == formats.end() || target->parameters.size() + parameters.size() > kMaxParameters) continue;
    std::ranges::move(parameters, std::back_inserter(target->parameters));
  }
}

void finish(Draft&& draft, Session& session) {
  auto& media = draft.media;
  std::erase_if(media.formats, [&](Format& format) { return !resolve(draft, format); });
  if (media.formats.empty()) {
    ++session.left_out;
    return;
  }
  attach_parameters(draft);
  for (const auto& [type, size] : draft.sizes)
    if (!media.dimensions && type == media.formats.front().payload_type) media.dimensions = size;
  session.medias.push_back(std::move(media));
}

void parse_session_attribute(std::string_view name, std::string_view value, Session& session) {
  if (iequals(name, "control"))
    session.control = cut(value, kMaxControl);
  else if (iequals(name, "range"))
    session.range = words(value);
  else if (iequals(name, "tool"))
    session.tool = words(value);
}

// "MEDIAINFO=494D4B48...;", at whatever level it stands.
void parse_media_header(std::string_view value, Session& session) {
  value = trim(value);
  if (!istarts_with(value, "MEDIAINFO=")) return;
  value.remove_prefix(10);
  const auto end = std::min(value.find_first_not_of("0123456789abcdefABCDEF"), value.size());
  session.media_header = value.substr(0, std::min(end, kMaxWord));
}

int parse_bandwidth(std::string_view value) {
  if (!iequals(trim(take_until(value, ':')), "AS")) return 0;
  return static_cast<int>(std::min(parse_int<std::uint32_t>(trim(value)).value_or(0), 10'000'000U));
}

std::unexpected<Error> invalid(const char* rule) { return fail(Code::sdp_invalid, rule); }

}  // namespace

std::optional<std::string_view> Format::parameter(std::string_view name) const {
  for (auto it = parameters.rbegin(); it != parameters.rend(); ++it)
    if (iequals(it->name, name)) return it->value;
  return std::nullopt;
}

const Media* Session::first(std::string_view kind) const {
  for (const auto& media : medias)
    if (iequals(media.kind, kind) && !media.is_back_channel()) return &media;
  return nullptr;
}

Result<Session> parse(std::string_view text) {
  if (text.size() > kMaxText) return invalid("longer than 128 KiB");
  if (text.find('\0') != std::string_view::npos) return invalid("NUL");

  Session session;
  std::optional<Draft> draft;
  std::size_t medias = 0;
  std::size_t attributes = 0;
  bool any = false;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());  // CR alone ends a line too
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() < 2 || line[1] != '=') continue;
    any = true;
    auto value = line.substr(2);
    switch (line[0]) {
      case 's':
        if (!draft) session.name = words(value);
        break;
      case 'b':
        if (const auto kbps = parse_bandwidth(value); kbps > 0)
          (draft ? draft->media.bandwidth_kbps : session.bandwidth_kbps) = kbps;
        break;
      case 'm':
        if (++medias > kMaxMedias) return invalid("more than 16 medias");
        if (draft) finish(std::move(*draft), session);
        draft.emplace();
        parse_media_line(value, *draft);
        if (draft->too_many_formats) return invalid("more than 32 payload types");
        break;
      case 'a': {
        if (++attributes > kMaxAttributes) return invalid("more than 512 attributes");
        const auto name = trim(take_until(value, ':'));
        if (iequals(name, "Media_header"))
          parse_media_header(value, session);
        else if (draft)
          parse_media_attribute(name, value, *draft);
        else
          parse_session_attribute(name, value, session);
        break;
      }
      default:
        break;
    }
  }
  if (draft) finish(std::move(*draft), session);
  if (!any) return invalid("no line of SDP");
  return session;
}

}  // namespace camfleet::sdp
