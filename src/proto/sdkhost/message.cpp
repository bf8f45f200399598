#include "proto/sdkhost/message.h"

#include "base/secret.h"
#include "proto/sdkhost/alarm.h"
#include "proto/sdkhost/archive.h"

namespace camfleet::sdkhost {
namespace {

constexpr std::uint8_t kAnswer = 0x80;
constexpr std::uint8_t kNotice = 0x81;

template <std::size_t I = 0>
bool read_what(std::size_t index, Reader& reader, What& out) {
  if constexpr (I < std::variant_size_v<What>) {
    if (index != I) return read_what<I + 1>(index, reader, out);
    out.emplace<I>().fields(reader);
    return true;
  } else {
    return false;
  }
}

}  // namespace

std::string encode(const Request& request) {
  std::string out;
  // A password must not stay behind in a buffer that was outgrown.
  out.reserve(1024);
  Writer writer{out};
  writer(static_cast<std::uint8_t>(request.what.index()), request.number, request.within_ms);
  std::visit([&writer](const auto& what) { writer(what); }, request.what);
  return out;
}

std::string encode(const Answer& answer) {
  std::string out;
  Writer{out}(kAnswer, answer);
  return out;
}

std::string encode(const Notice& notice) {
  std::string out;
  Writer{out}(kNotice, notice);
  return out;
}

Result<Request> decode_request(std::string_view datagram) {
  Reader reader{datagram};
  std::uint8_t kind = 0;
  Request request;
  reader(kind, request.number, request.within_ms);
  if (!read_what(kind, reader, request.what) || !reader.whole()) {
    wipe(request);
    return fail(Code::sdk_bad_data, "request " + std::to_string(kind));
  }
  return request;
}

Result<Told> decode_told(std::string_view datagram) {
  Reader reader{datagram};
  std::uint8_t kind = 0;
  reader(kind);
  Told told;
  if (kind == kAnswer)
    reader(told.emplace<Answer>());
  else if (kind == kNotice)
    reader(told.emplace<Notice>());
  if ((kind != kAnswer && kind != kNotice) || !reader.whole())
    return fail(Code::sdk_bad_data, "message " + std::to_string(kind));
  return told;
}

template <class T>
std::string encode_body(const T& value) {
  std::string out;
  Writer{out}(value);
  return out;
}

template <class T>
std::optional<T> decode_body(std::string_view body) {
  Reader reader{body};
  T value;
  reader(value);
  if (!reader.whole()) return std::nullopt;
  return value;
}

template std::string encode_body(const InitResult&);
template std::string encode_body(const LoginResult&);
template std::string encode_body(const Pong&);
template std::string encode_body(const Alarm&);
template std::string encode_body(const ClockResult&);
template std::string encode_body(const IpChannelsResult&);
template std::optional<InitResult> decode_body(std::string_view);
template std::optional<LoginResult> decode_body(std::string_view);
template std::optional<Pong> decode_body(std::string_view);
template std::optional<Alarm> decode_body(std::string_view);
template std::optional<ClockResult> decode_body(std::string_view);
template std::optional<IpChannelsResult> decode_body(std::string_view);

void wipe(Request& request) {
  if (auto* login = std::get_if<Login>(&request.what)) camfleet::wipe(login->password);
}

}  // namespace camfleet::sdkhost
