#include "library.h"

#include <cstring>
#include <utility>

#include "faults.h"

namespace camfleet::standin {
namespace {
thread_local std::uint32_t t_error = 0;

// Where a leak of the library is wished for.
void leak(std::size_t bytes) {
  if (bytes == 0) return;
  auto* lost = static_cast<char*>(std::malloc(bytes));
  if (lost != nullptr) std::memset(lost, 0x11, bytes);  // touched, or it would cost nothing
  static std::atomic<char*> last;
  last = lost;
}
}  // namespace

std::uint32_t last_error() { return t_error; }
void set_error(std::uint32_t number) { t_error = number; }

Library::Library(const Options& options) : options_(options) {
  reader_ = std::make_unique<AlarmReader>(callbacks_,
                                          [this](const std::shared_ptr<AlarmLink>& link) { broken(link); });
}

Library::~Library() {
  for (auto& live : lives_.clear())
    if (live) live->stop();
  for (auto& link : alarms_.clear())
    if (link) reader_->remove(*link);
  for (auto& device : devices_.clear())
    if (device) device->gone = true;
  workers_.stop();
  reader_.reset();
  callbacks_.stop();
}

std::uint32_t Library::log_in(const std::shared_ptr<Device>& device, abi::DeviceInfoV40& info,
                              abi::Handle& user_id) {
  const auto now = faults();
  const auto most = now.logins > 0 ? now.logins : std::min(options_.logins, kMostLogins);
  if (devices_.count() >= most) return abi::error_maximum;
  at("login", device->where().address);
  leak(now.leak);
  if (const auto error = device->log_in(info); error != 0) return error;
  user_id = devices_.add(device, most);
  if (user_id < 0) return abi::error_maximum;
  workers_.later(heartbeat(), [this, weak = std::weak_ptr{device}, id = user_id] { beat(weak, id); });
  return abi::error_none;
}

std::uint32_t Library::log_out(abi::Handle user_id) {
  const auto device = devices_.find(user_id);
  if (!device) return abi::error_invalid_user;
  at("logout", device->where().address);
  if (device->in_use > 0) return abi::error_user_in_use;
  if (!devices_.remove(user_id)) return abi::error_invalid_user;
  device->gone = true;
  device->log_out();
  if (faults().after_stop)
    workers_.later(std::chrono::milliseconds{20},
                   [this, user_id] { callbacks_.exception(abi::exception_login, user_id, -1); });
  return abi::error_none;
}

std::chrono::milliseconds Library::heartbeat() const {
  const auto wished = faults().heartbeat_ms;
  return wished > 0 ? std::chrono::milliseconds{wished} : options_.heartbeat;
}

void Library::beat(const std::weak_ptr<Device>& weak, abi::Handle user_id) {
  const auto device = weak.lock();
  if (!device || device->gone) return;
  const auto answer = faults().heartbeat_fails
                          ? IsapiAnswer{.error = abi::error_receive_timeout, .body = {}, .attempts_left = {}}
                          : device->beat();
  if (device->gone) return;
  if (answer.error == abi::error_password || answer.error == abi::error_locked) {
    callbacks_.exception(abi::exception_relogin_failed, user_id, -1);
    return;  // a further attempt would lock the account
  }
  const bool heard = answer.error == 0;
  if (!heard) callbacks_.exception(abi::exception_login, user_id, -1);
  if (heard && !device->heard) callbacks_.exception(abi::exception_login_back, user_id, -1);
  device->heard = heard;
  workers_.later(heartbeat(), [this, weak, user_id] { beat(weak, user_id); });
}

std::uint32_t Library::arm(abi::Handle user_id, bool want_v40, abi::Handle& alarm) {
  const auto device = devices_.find(user_id);
  if (!device) return abi::error_invalid_user;
  if (alarms_.count() >= options_.alarm_channels) return abi::error_maximum;
  auto link = std::make_shared<AlarmLink>();
  link->device = device;
  link->user_id = user_id;
  link->want_v40 = want_v40;
  if (const auto error = AlarmReader::open(*link); error != 0) return error;
  alarm = alarms_.add(link, options_.alarm_channels);
  if (alarm < 0) return abi::error_maximum;
  link->handle = alarm;
  ++device->in_use;
  reader_->add(link);
  return abi::error_none;
}

std::uint32_t Library::disarm(abi::Handle alarm) {
  const auto link = alarms_.remove(alarm);
  if (!link) return abi::error_parameter;
  reader_->remove(*link);
  --link->device->in_use;
  if (faults().after_stop)
    workers_.later(std::chrono::milliseconds{20}, [this, link] {
      abi::Alarmer alarmer{};
      alarmer.user_id_valid = 1;
      alarmer.user_id = link->user_id;
      abi::AlarmInfoV30 info{};
      info.type = 3;
      info.channels[0] = 1;
      callbacks_.message(abi::command_alarm_v30, alarmer, &info, sizeof info);
    });
  return abi::error_none;
}

void Library::broken(const std::shared_ptr<AlarmLink>& link) {
  callbacks_.exception(abi::exception_alarm, link->user_id, link->handle);
  if (options_.reconnect.on)
    workers_.soon([this, weak = std::weak_ptr{link}] { arm_again(weak); });  // at once, as the real one does
}

void Library::arm_again(const std::weak_ptr<AlarmLink>& weak) {
  const auto link = weak.lock();
  if (!link || link->closed) return;
  callbacks_.exception(abi::exception_alarm_retry, link->user_id, link->handle);
  std::uint32_t error = 0;
  {
    const std::lock_guard reading{link->reading};
    if (link->closed) return;
    error = AlarmReader::open(*link);
    if (error == 0) reader_->add(link);
  }
  if (error == 0)
    callbacks_.exception(abi::exception_alarm_back, link->user_id, link->handle);
  else if (error == abi::error_password || error == abi::error_locked)
    callbacks_.exception(abi::exception_alarm_gone, link->user_id, link->handle);
  else
    workers_.later(options_.reconnect.interval, [this, weak] { arm_again(weak); });
}

std::uint32_t Library::play(abi::Handle user_id, const abi::PreviewInfo& preview, abi::DataCallback callback,
                            void* user, abi::Handle& live) {
  const auto device = devices_.find(user_id);
  if (!device) return abi::error_invalid_user;
  const int channel = device->own_channel(preview.channel);
  if (channel == 0 || preview.stream_type > 2) return abi::error_channel;
  if (lives_.count() >= kLiveViews) return abi::error_maximum;
  at("play", device->where().address);
  auto view = std::make_shared<LiveView>(callbacks_, device, user_id, channel,
                                         static_cast<int>(preview.stream_type) + 1);
  if (callback != nullptr) view->set_raw(callback, user);
  if (preview.blocked != 0) {
    if (const auto error = view->connect(); error != 0) {
      view->stop();
      return error;
    }
  }
  live = lives_.add(view, kLiveViews);
  if (live < 0 || !view->start(live, options_.reconnect)) {
    lives_.remove(live);
    view->stop();
    return live < 0 ? abi::error_maximum : abi::error_allocate;
  }
  return abi::error_none;
}

std::uint32_t Library::stop(abi::Handle handle) {
  const auto view = lives_.remove(handle);
  if (!view) return abi::error_parameter;
  view->stop();
  if (faults().after_stop) workers_.later(std::chrono::milliseconds{20}, [view] { view->call_after_stop(); });
  return abi::error_none;
}

}  // namespace camfleet::standin
