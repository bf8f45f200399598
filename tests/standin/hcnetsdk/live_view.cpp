#include "live_view.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "faults.h"
#include "proto/isapi/paths.h"
#include "wild.h"

namespace camfleet::standin {
namespace {
using std::chrono::milliseconds;

constexpr milliseconds kSilence{10'000};  // then the connection is taken for dead

ps::Video video_of(const std::vector<RtspClient::Track>& tracks) {
  for (const auto& track : tracks)
    if (track.video) return track.format.codec == sdp::Codec::h265 ? ps::Video::h265 : ps::Video::h264;
  return ps::Video::none;
}
ps::Audio audio_of(const std::vector<RtspClient::Track>& tracks) {
  for (const auto& track : tracks)
    if (!track.video)
      return track.format.codec == sdp::Codec::aac    ? ps::Audio::aac
             : track.format.codec == sdp::Codec::pcmu ? ps::Audio::pcmu
                                                      : ps::Audio::pcma;
  return ps::Audio::none;
}
}  // namespace

LiveView::LiveView(Callbacks& callbacks, std::shared_ptr<Device> device, abi::Handle user_id, int channel,
                   int stream)
    : callbacks_(callbacks),
      device_(std::move(device)),
      user_id_(user_id),
      channel_(channel),
      stream_(stream) {
  ++device_->in_use;
}

void LiveView::set_raw(abi::DataCallback callback, void* user) {
  const std::lock_guard guard{mutex_};
  raw_ = {callback, user, true};
}

void LiveView::set_standard(abi::DataCallback callback, void* user) {
  const std::lock_guard guard{mutex_};
  standard_ = {callback, user, true};
}

std::uint32_t LiveView::connect() {
  const auto path = "/ISAPI/Streaming/channels/" + std::to_string(isapi::stream_id(channel_, stream_));
  const auto error = rtsp_.play(device_->where(), device_->rtsp_port(), path, device_->limits());
  if (error != 0) {
    rtsp_.close();
    return error;
  }
  program_.emplace(rtsp_.tracks());
  return abi::error_none;
}

bool LiveView::start(abi::Handle handle, Reconnect reconnect) {
  handle_ = handle;
  reconnect_ = reconnect;
  return thread_.start([this] { run(); });
}

void LiveView::stop() {
  if (thread_.is_this()) {
    std::fputs("stand-in: a live view is stopped by its own callback, which would wait for ever\n", stderr);
    std::abort();
  }
  if (stopped_.exchange(true)) return;
  bell_.notify_all();
  rtsp_.shut();
  thread_.join();
  rtsp_.close();
  --device_->in_use;
}

void LiveView::call_after_stop() {
  // The stream that was: a pack of garbage for whoever still listens.
  const Bytes late(64, 0x55);
  const std::lock_guard guard{mutex_};
  if (raw_.callback != nullptr)
    raw_.callback(handle_, abi::data_stream, const_cast<std::uint8_t*>(late.data()), 64, raw_.user);
  if (standard_.callback != nullptr)
    standard_.callback(handle_, abi::data_std_video, const_cast<std::uint8_t*>(late.data()), 64,
                       standard_.user);
}

void LiveView::run() {
  bool again = false;
  if (!program_ && connect() != 0) {
    callbacks_.exception(abi::exception_live, user_id_, handle_);
    again = true;
  }
  while (!stopped_) {
    if (again) {
      if (!reconnect_.on || !wait(reconnect_.interval)) return;
      callbacks_.exception(abi::exception_live_retry, user_id_, handle_);
      if (connect() != 0) continue;
      callbacks_.exception(abi::exception_live_back, user_id_, handle_);
      const std::lock_guard guard{mutex_};
      raw_.head_due = standard_.head_due = true;
    }
    play();
    if (stopped_) return;
    callbacks_.exception(abi::exception_live, user_id_, handle_);
    again = true;
  }
}

bool LiveView::wait(milliseconds time) {
  std::unique_lock lock{mutex_};
  bell_.wait_for(lock, time, [this] { return stopped_.load(); });
  return !stopped_;
}

void LiveView::play() {
  while (!stopped_ && rtsp_.receive([this](const RtspClient::Packet& one) { packet(one); }, kSilence)) {
  }
}

void LiveView::packet(const RtspClient::Packet& packet) {
  if (stopped_) return;
  To raw, standard;
  {
    const std::lock_guard guard{mutex_};
    raw = raw_;
    standard = standard_;
    raw_.head_due = standard_.head_due = false;
  }
  if (raw.callback == nullptr && standard.callback == nullptr) return;
  const auto wished = recent_faults();
  if (wished->late_ms > 0 || !wished->crash.empty() || !wished->hang.empty())
    before_callback("live", device_->where().address);
  if (standard.callback != nullptr) {
    if (standard.head_due) heads(standard, true);
    give(standard, rtsp_.tracks()[packet.track].video ? abi::data_std_video : abi::data_std_audio,
         packet.bytes);
  }
  if (raw.callback != nullptr) {
    if (raw.head_due) heads(raw, false);
    program_->take(packet, [&](ByteView piece) { give(raw, abi::data_stream, piece); });
  }
}

void LiveView::heads(To& to, bool standard) {
  if (!standard) {
    give(to, abi::data_system_head, program_->head());
    return;
  }
  const auto& tracks = rtsp_.tracks();
  give(to, abi::data_system_head, ps::testing::media_head(4, video_of(tracks), audio_of(tracks)));
  give(to, abi::data_sdp, as_bytes(rtsp_.description()));
}

void LiveView::give(To& to, std::uint32_t type, ByteView bytes) {
  // A copy of its own, so that a sanitizer sees who reads further, or later.
  Bytes copy(bytes.begin(), bytes.end());
  const auto wished = recent_faults();
  const auto wrong = wished->concerns(device_->where().address) ? wished->stream : std::string{};
  auto length = static_cast<std::uint32_t>(copy.size());
  if (wrong == "truncated") {
    copy.resize(copy.size() / 2);
    length = static_cast<std::uint32_t>(copy.size());
  } else if (wrong == "oversized") {
    copy.resize(4U << 20, 0x00);
    length = static_cast<std::uint32_t>(copy.size());
  } else if (wrong == "empty") {
    length = 0;
  } else if (wrong == "garbage") {
    for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = static_cast<std::uint8_t>(copy[i] * 31 + i);
  } else if (wrong == "wild") {
    make_wild(type, copy, turn_++);
  }
  copy.shrink_to_fit();
  to.callback(handle_, type, wrong == "null" ? nullptr : copy.data(), length, to.user);
}

}  // namespace camfleet::standin
