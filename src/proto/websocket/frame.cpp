#include "proto/websocket/frame.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/text.h"

namespace camfleet::websocket {
namespace {

constexpr std::size_t kMaxControl = 125;
constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3

bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

// Section 7.4: what may come over the wire.
bool valid_close_code(unsigned code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

std::size_t head_size(std::uint8_t second) {
  const auto length = second & 0x7f;
  return std::size_t{2} + (length == 126 ? 2 : length == 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

}  // namespace

std::unexpected<Error> Decoder::refuse(CloseCode code, const char* why) {
  code_ = code;
  return fail(Code::http_bad_message, std::string{"websocket: "} + why);
}

Result<> Decoder::header() {
  const auto first = head_[0];
  const auto length = head_[1] & 0x7f;
  if (first & 0x70) return refuse(CloseCode::protocol_error, "a reserved bit");
  const auto number = first & 0x0f;
  if ((number > 2 && number < 8) || number > 10)
    return refuse(CloseCode::protocol_error, "an unknown opcode");
  if (!(head_[1] & 0x80)) return refuse(CloseCode::protocol_error, "a frame without a mask");
  final_ = first & 0x80;
  opcode_ = static_cast<Opcode>(number);

  std::uint64_t size = static_cast<std::uint64_t>(length);
  std::size_t at = 2;
  if (length == 126) {
    size = load16(&head_[2]);
    at = 4;
    if (size < 126) return refuse(CloseCode::protocol_error, "a length that is not the shortest");
  } else if (length == 127) {
    size = std::uint64_t{load32(&head_[2])} << 32 | load32(&head_[6]);
    at = 10;
    if (size >> 63) return refuse(CloseCode::protocol_error, "a length with its top bit set");
    if (size < 65536) return refuse(CloseCode::protocol_error, "a length that is not the shortest");
  }
  std::copy_n(&head_[at], 4, mask_.begin());

  if (is_control(opcode_)) {
    if (!final_ || size > kMaxControl)
      return refuse(CloseCode::protocol_error, "a control frame that is cut or long");
    control_.clear();
  } else {
    if (size > limits_.frame) return refuse(CloseCode::too_big, "a frame that is too large");
    if ((opcode_ == Opcode::continuation) != message_opcode_.has_value())
      return refuse(CloseCode::protocol_error, "fragments out of order");
    if (size > limits_.message - std::min(limits_.message, message_.size()))
      return refuse(CloseCode::too_big, "a message that is too large");
    if (!message_opcode_) message_opcode_ = opcode_;
    if (++fragments_ > limits_.fragments) return refuse(CloseCode::policy, "too many fragments");
  }
  left_ = size;
  at_ = 0;
  in_payload_ = true;
  return {};
}

Result<std::optional<Message>> Decoder::next(ByteView& in) {
  for (;;) {
    if (!in_payload_) {
      while (have_ < 2 || have_ < head_size(head_[1])) {
        if (in.empty()) return std::nullopt;
        head_[have_++] = in.front();
        in = in.subspan(1);
      }
      have_ = 0;
      if (auto ok = header(); !ok) return fail(ok.error());
    }
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
    auto& out = is_control(opcode_) ? control_ : message_;
    out.reserve(out.size() + take);
    for (std::size_t i = 0; i < take; ++i) out += static_cast<char>(in[i] ^ mask_[at_++ % 4]);
    in = in.subspan(take);
    left_ -= take;
    if (left_ > 0) return std::nullopt;
    in_payload_ = false;
    auto message = frame_ended();
    if (!message || *message) return message;
  }
}

Result<std::optional<Message>> Decoder::frame_ended() {
  if (is_control(opcode_)) {
    Message message{opcode_, std::move(control_), CloseCode::no_status};
    control_.clear();
    if (opcode_ != Opcode::close || message.data.empty()) return message;
    if (message.data.size() < 2) return refuse(CloseCode::protocol_error, "a close frame of one byte");
    const auto code = load16(as_bytes(message.data).data());
    message.data.erase(0, 2);
    if (!valid_close_code(code))
      return refuse(CloseCode::protocol_error, "a close code that may not be sent");
    if (!is_utf8(message.data)) return refuse(CloseCode::bad_data, "a close reason that is not UTF-8");
    message.code = static_cast<CloseCode>(code);
    return message;
  }
  if (!final_) return std::nullopt;
  Message message{*message_opcode_, std::move(message_), CloseCode::no_status};
  message_ = {};
  message_opcode_.reset();
  fragments_ = 0;
  if (message.opcode == Opcode::text && !is_utf8(message.data))
    return refuse(CloseCode::bad_data, "a text that is not UTF-8");
  return message;
}

FrameHead frame_head(Opcode opcode, std::size_t payload) {
  FrameHead head;
  head.bytes[0] = static_cast<std::uint8_t>(0x80 | static_cast<std::uint8_t>(opcode));
  if (payload < 126) {
    head.bytes[1] = static_cast<std::uint8_t>(payload);
    head.size = 2;
  } else if (payload < 65536) {
    head.bytes[1] = 126;
    store16(&head.bytes[2], static_cast<std::uint16_t>(payload));
    head.size = 4;
  } else {
    head.bytes[1] = 127;
    store32(&head.bytes[2], static_cast<std::uint32_t>(std::uint64_t{payload} >> 32));
    store32(&head.bytes[6], static_cast<std::uint32_t>(payload));
    head.size = 10;
  }
  return head;
}

std::string close_frame(CloseCode code, std::string_view reason) {
  reason = reason.substr(0, kMaxControl - 2);
  const auto head = frame_head(Opcode::close, code == CloseCode::no_status ? 0 : reason.size() + 2);
  std::string frame{as_text(head.view())};
  if (code == CloseCode::no_status) return frame;
  frame += static_cast<char>(static_cast<unsigned>(code) >> 8);
  frame += static_cast<char>(static_cast<unsigned>(code) & 0xff);
  frame += reason;
  return frame;
}

Result<http::Response> accept_upgrade(const http::Request& request, std::string_view protocol) {
  const auto& headers = request.headers;
  const auto wrong = [](const char* what) {
    return fail(Code::http_bad_message, std::string{"websocket: "} + what);
  };
  if (request.method != "GET" || request.minor_version != 1) return wrong("not a GET of HTTP/1.1");
  if (!headers.has_token("Upgrade", "websocket") || !headers.has_token("Connection", "Upgrade"))
    return wrong("no upgrade");
  if (headers.get("Sec-WebSocket-Version") != "13") return wrong("version");
  const auto key = headers.get("Sec-WebSocket-Key");
  Bytes raw;
  if (headers.get_all("Sec-WebSocket-Key").size() != 1 || !from_base64(key, raw) || raw.size() != 16)
    return wrong("key");

  const std::string joined = std::string{key} + std::string{kMagic};
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(joined.data(), joined.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    return wrong("digest");

  http::Response response;
  response.status = 101;
  response.headers.add("Upgrade", "websocket");
  response.headers.add("Connection", "Upgrade");
  response.headers.add("Sec-WebSocket-Accept", to_base64(ByteView{digest}.first(size)));
  if (!protocol.empty() && headers.has_token("Sec-WebSocket-Protocol", protocol))
    response.headers.add("Sec-WebSocket-Protocol", protocol);
  return response;
}

}  // namespace camfleet::websocket
