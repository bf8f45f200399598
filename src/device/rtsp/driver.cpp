#include "device/rtsp/driver.h"

#include <algorithm>

#include "base/random.h"
#include "device/retries.h"
#include "net/slots.h"
#include "net/within.h"

namespace camfleet::device {
namespace {

constexpr std::size_t kMostPulls = 64;  // that wait for their turn to log in

SteadyTime now() { return std::chrono::steady_clock::now(); }

Result<url::Url> address_of(const model::DeviceSpec& spec) {
  if (spec.url.empty()) {
    url::Url address;
    address.scheme = "rtsp";
    address.host = spec.address;
    address.port = spec.rtsp_port;
    address.target = "/";
    return address;
  }
  auto parsed = url::parse(spec.url);
  if (!parsed) return fail(std::move(parsed.error()));
  if (parsed->url.scheme != "rtsp")
    return fail(Code::device_not_supported, parsed->url.scheme + " instead of rtsp");
  return std::move(parsed->url);
}

model::DeviceFacts facts_of(const RtspClient& client) {
  model::DeviceFacts facts;
  facts.kind = "rtsp";
  const auto& description = client.description();
  facts.model = client.server().empty() ? description.name : client.server();
  auto& channel = facts.channels.emplace_back();
  channel.name = description.name;
  channel.profiles.push_back(profile_of(description));
  return facts;
}

class RtspSession : public model::Session {
 public:
  RtspSession(net::Executor executor, RtspTarget target, const RtspDriverOptions& options)
      : options_(options),
        target_(std::move(target)),
        control_(target_, options.limits),
        turn_(executor, 1, kMostPulls) {}

  net::Task<Result<void>> open() {
    auto described = co_await control_.describe();
    if (!described) co_return fail(std::move(described.error()));
    facts_ = facts_of(control_);
    control_.forget_description();
    co_return Result<void>{};
  }

  const model::DeviceFacts& facts() const override { return facts_; }

  net::Task<Error> run(model::SessionObserver& observer) override {
    Rng jitter{std::hash<const void*>{}(this) ^ static_cast<std::uint64_t>(now().time_since_epoch().count())};
    observer.heard();
    for (;;) {
      const auto wait = options_.heartbeat * (0.8 + 0.4 * jitter.unit());
      co_await net::sleep_for(std::chrono::duration_cast<std::chrono::milliseconds>(wait));
      if (!playing()) {
        // The connection may have been closed for being idle: that alone says nothing, and is asked at once.
        auto alive = co_await control_.probe(now() + call());
        if (!alive && lost(alive.error().code)) alive = co_await control_.probe(now() + call());
        Retries retries{Rng{jitter()}};
        const auto limit = now() + options_.heartbeat;
        while (!alive) {
          const auto pause = retries.after(alive.error(), now(), limit);
          if (!pause) co_return std::move(alive.error());
          co_await net::sleep_for(*pause);
          alive = co_await control_.probe(now() + call());
        }
      }
      observer.heard();
    }
  }

  net::Task<Error> pull(std::uint16_t channel, model::Profile profile, model::Publisher& to) override {
    if (channel != 1 || profile != model::Profile::main)
      co_return Error{Code::device_no_channel, "an rtsp device has channel 1 and profile main"};
    if (refused_) co_return refused_;
    // One login at a time: a password that was changed is refused once, not once a viewer.
    auto turn = co_await turn_.acquire(now() + 2 * target_.calls.call);
    if (!turn) co_return std::move(turn.error());
    if (refused_) co_return refused_;
    RtspClient client{target_, options_.limits};
    const Listed listed{pulls_, client};
    auto described = co_await client.describe();
    *turn = net::Slot{};
    Error why;
    if (described) {
      auto playing = client.play(to);
      why = co_await std::move(playing);
    } else {
      why = std::move(described.error());
    }
    if (why.code == Code::device_bad_credentials || why.code == Code::device_locked) refused_ = why;
    co_return why;
  }

  net::Task<Result<model::Picture>> snapshot(std::uint16_t, model::Profile, Deadline) override {
    co_return fail(Code::device_not_supported, "an rtsp device has no snapshots of its own");
  }

 private:
  struct Listed {
    Listed(std::vector<const RtspClient*>& in, const RtspClient& client) : list(in), one(client) {
      list.push_back(&one);
    }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    ~Listed() { std::erase(list, &one); }
    std::vector<const RtspClient*>& list;
    const RtspClient& one;
  };

  std::chrono::milliseconds call() const {
    return options_.limits.phase.count() > 0 ? options_.limits.phase : target_.calls.call;
  }
  static bool lost(Code code) { return code == Code::net_closed || code == Code::net_reset; }

  bool playing() const {
    return std::ranges::any_of(
        pulls_, [&](const RtspClient* pull) { return pull->last_media() + options_.heartbeat / 2 > now(); });
  }

  RtspDriverOptions options_;
  RtspTarget target_;
  RtspClient control_;
  model::DeviceFacts facts_;
  std::vector<const RtspClient*> pulls_;
  net::Slots turn_;
  Error refused_;  // a login that failed: no further pull tries it
};

}  // namespace

net::Task<Result<std::shared_ptr<model::Session>>> RtspDriver::open(model::DeviceTarget target,
                                                                    Deadline deadline) {
  auto address = address_of(target.spec);
  if (!address) co_return fail(std::move(address.error()));
  RtspTarget stream;
  stream.guard = target.guard;
  stream.url = std::move(*address);
  stream.username = target.spec.username;
  stream.password = target.password;
  stream.login = options_.login;
  stream.trace_id = target.trace_id;
  stream.calls = target.calls;
  stream.carrier = carrier_of(target.spec.transport);
  const net::Executor executor = co_await net::asio::this_coro::executor;
  auto session = std::make_shared<RtspSession>(executor, std::move(stream), options_);
  auto opening = session->open();
  std::string place = "login to " + target.spec.address;
  auto opened = co_await net::within(deadline, std::move(opening), std::move(place));
  if (!opened) co_return fail(std::move(opened.error()));
  co_return std::shared_ptr<model::Session>(std::move(session));
}

}  // namespace camfleet::device
