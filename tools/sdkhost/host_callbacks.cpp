// What the library calls on threads of its own: copied, and handed on.
#include "sdkhost/host.h"
#include "sdkhost/stream.h"

namespace camfleet::sdkhost {
namespace {

std::uint32_t as_number(void* pointer) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

}  // namespace

void Host::on_exception(std::uint32_t type, abi::Handle user, abi::Handle handle, void*) {
  auto* self = the_host.load();
  if (self == nullptr) return;
  std::optional<NoticeKind> kind;
  switch (type) {
    case abi::exception_login:
    case abi::exception_relogin:
    case abi::exception_relogin_failed:
      kind = NoticeKind::device_lost;
      break;
    case abi::exception_login_back:
    case abi::exception_relogin_done:
      kind = NoticeKind::device_back;
      break;
    case abi::exception_alarm:
    case abi::exception_alarm_retry:
      kind = NoticeKind::alarm_lost;
      break;
    case abi::exception_alarm_back:
      kind = NoticeKind::alarm_back;
      break;
    case abi::exception_alarm_gone:
      kind = NoticeKind::alarm_closed;
      break;
    case abi::exception_alarm_lost:
      kind = NoticeKind::alarms_dropped;
      break;
    case abi::exception_live:
    case abi::exception_live_retry:
      kind = NoticeKind::stream_lost;
      break;
    case abi::exception_live_back:
      kind = NoticeKind::stream_back;
      break;
    case abi::exception_live_gone:
      kind = NoticeKind::stream_closed;
      break;
    default:
      return;
  }
  const bool of_stream = *kind == NoticeKind::stream_lost || *kind == NoticeKind::stream_back ||
                         *kind == NoticeKind::stream_closed;
  Notice notice{*kind, 0, type};
  {
    const std::shared_lock lock{self->tables_};
    const auto& table = of_stream ? self->views_ : self->users_;
    const auto found = table.find(of_stream ? handle : user);
    if (found == table.end()) return;
    notice.id = found->second;
  }
  if (*kind == NoticeKind::alarms_dropped) notice.error = 1;
  self->outlet_.tell(notice);
}

void Host::on_media(abi::Handle, std::uint32_t type, std::uint8_t* data, std::uint32_t size, void* stream) {
  if (auto* self = the_host.load(); self != nullptr && data != nullptr)
    self->media(as_number(stream), false, type, {data, size});
}

void Host::on_standard_media(abi::Handle, std::uint32_t type, std::uint8_t* data, std::uint32_t size,
                             void* stream) {
  if (auto* self = the_host.load(); self != nullptr && data != nullptr)
    self->media(as_number(stream), true, type, {data, size});
}

void Host::media(std::uint32_t number, bool standard, std::uint32_t type, ByteView bytes) {
  const auto stream = stream_of(number);
  if (!stream || bytes.size() > Stream::kMost) return;
  if (!stream->wanted(standard, type, bytes)) return;
  const auto send = [this, number](std::uint32_t kind, ByteView piece) {
    return outlet_.send_media(number, static_cast<std::uint8_t>(kind), piece);
  };
  while (!stream->owed.empty() && send(stream->owed.front().type, stream->owed.front().bytes))
    stream->owed.pop_front();
  if (stream->owed.empty() && send(type, bytes)) return;
  stream->lost(type, bytes);
  ++frames_dropped_;
}

}  // namespace camfleet::sdkhost
