#include "device/discovery/service.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::device::discovery {
namespace {

using namespace std::chrono_literals;

constexpr int kReceiveBuffer = 4 * 1024 * 1024;  // a burst of some thousand answers; the system may give less
constexpr std::size_t kMaxDatagram = 65'536;
constexpr std::size_t kIdsKept = 32;  // of probes: eight rounds
constexpr auto kBetween = 250ms;      // the messages of one round
constexpr std::array kRefusals{"malformed", "too_many", "unasked", "cut"};

net::Address group() { return net::asio::ip::make_address_v4(std::string{wsd::kGroup}); }

std::optional<net::Address> ipv4_of(const net::NetworkInterface& interface) {
  for (const auto& address : interface.addresses)
    if (address.is_v4()) return address;
  return std::nullopt;
}

metrics::Counter& refused(std::size_t why) {
  static const auto counters = [] {
    std::array<metrics::Counter*, kRefusals.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = &metrics::counter("camfleet_discovery_refused_total",
                                 "Datagrams of discovery that were not used.", {{"why", kRefusals[i]}});
    return out;
  }();
  return *counters[why];
}

}  // namespace

Service::Service(net::Loop& loop, const net::AddressGuard& guard, ServiceOptions options, const Clock& clock)
    : loop_(loop),
      guard_(guard),
      options_(std::move(options)),
      clock_(clock),
      rng_([] {
        std::array<std::uint8_t, 8> seed{};
        random_bytes(seed);
        return std::uint64_t{load32(seed.data())} << 32 | load32(seed.data() + 4);
      }()),
      table_(options_.table),
      changed_(loop.executor()),
      wish_(loop.executor()) {
  status_.enabled = options_.enabled;
  if (options_.enabled) status_.problem = Error{Code::fleet_stopping, "discovery has not started"};
}

Service::~Service() { stop_and_wait(); }

void Service::start() {
  if (!options_.enabled || running_) return;
  running_ = true;
  tasks_.emplace(loop_.executor(), "discovery");
  loop_.post([this] {
    tasks_->spawn(look_after());
    tasks_->spawn(publish());
    tasks_->spawn(ask());
  });
}

void Service::stop_and_wait() {
  if (!running_) return;
  running_ = false;
  net::block_on(loop_.executor(), stop_tasks());
}

net::Task<> Service::stop_tasks() {
  co_await tasks_->stop();
  tasks_.reset();
  for (auto& socket : sockets_) socket.reset();
}

std::shared_ptr<const model::DiscoveredList> Service::list() const {
  const std::lock_guard lock{mutex_};
  return list_;
}

model::DiscoveryStatus Service::status() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

Result<> Service::probe() {
  if (!options_.enabled) return fail(Code::discovery_disabled, "discovery.enabled");
  const auto now = clock_.steady();
  {
    const std::lock_guard lock{mutex_};
    if (status_.problem) return fail(status_.problem);
    if (last_wish_ && now - *last_wish_ < options_.probe_gap) {
      const auto left = std::chrono::ceil<std::chrono::seconds>(options_.probe_gap - (now - *last_wish_));
      Error error{Code::discovery_too_soon, {}, static_cast<int>(left.count())};
      return fail(std::move(error));
    }
    last_wish_ = now;
  }
  loop_.post([this] { wish_.set(); });
  return {};
}

void Service::tell_problem(const Error& problem) {
  const std::lock_guard lock{mutex_};
  if (status_.problem.code != problem.code && problem)
    log::warn("discovery.deaf", {{"code", name(problem.code)}, {"detail", problem.place}});
  status_.problem = problem;
}

Result<> Service::open_sockets() {
  const auto any = net::Address{net::asio::ip::address_v4::any()};
  const std::array<net::Endpoint, kSockets> at{net::Endpoint{group(), wsd::kPort},
                                               net::Endpoint{group(), sadp::kPort}, net::Endpoint{any, 0}};
  for (std::size_t i = 0; i < kSockets; ++i) {
    if (sockets_[i]) continue;
    const bool shared = i != static_cast<std::size_t>(Socket::asking);
    auto socket = net::UdpSocket::open(loop_.executor(),
                                       {.at = at[i], .share = shared, .receive_buffer = kReceiveBuffer});
    if (!socket) return fail(socket.error());
    for (const auto& interface : joined_)
      if (shared) (void)socket->join(group(), interface.index);
    sockets_[i].emplace(std::move(*socket));
    tasks_->spawn(listen(static_cast<Socket>(i)));
  }
  return {};
}

void Service::follow_interfaces() {
  auto all = net::network_interfaces();
  if (!all) return tell_problem(all.error());
  std::erase_if(*all, [&](const net::NetworkInterface& each) {
    if (!each.up || !ipv4_of(each)) return true;
    if (options_.interfaces.empty()) return each.loopback || !each.multicast;
    return std::ranges::find(options_.interfaces, each.name) == options_.interfaces.end();
  });
  if (*all == joined_) return;
  const auto is_in = [](const auto& list, const net::NetworkInterface& each) {
    return std::ranges::any_of(
        list, [&](const auto& other) { return other.index == each.index && other.name == each.name; });
  };
  std::vector<std::string> names;
  for (const auto which : {Socket::wsd, Socket::sadp}) {
    auto& socket = *sockets_[static_cast<std::size_t>(which)];
    for (const auto& old : joined_)
      if (!is_in(*all, old)) socket.leave(group(), old.index);
    for (const auto& each : *all) {
      const auto joined = socket.join(group(), each.index);
      if (!joined)
        log::warn("discovery.not_joined", {{"interface", each.name}, {"detail", joined.error().place}});
    }
  }
  for (const auto& each : *all) {
    names.push_back(each.name);
    log::info("discovery.listens", {{"interface", each.name}});
  }
  joined_ = std::move(*all);
  const std::lock_guard lock{mutex_};
  status_.interfaces = std::move(names);
}

net::Task<> Service::look_after() {
  for (;;) {
    if (const auto opened = open_sockets(); !opened) {
      tell_problem(opened.error());
    } else {
      follow_interfaces();
      tell_problem(joined_.empty() ? Error{Code::discovery_no_interface, {}} : Error{});
    }
    if (table_.expire(clock_.steady())) changed_.set();
    co_await net::sleep_for(options_.look_again);
  }
}

net::Task<> Service::listen(Socket which) {
  static auto& lost =
      metrics::counter("camfleet_discovery_lost_total",
                       "Datagrams of discovery that the kernel dropped because we were late.");
  auto& socket = *sockets_[static_cast<std::size_t>(which)];
  std::vector<std::uint8_t> buffer(kMaxDatagram);
  std::uint64_t lost_before = 0;
  for (;;) {
    auto receiving = socket.receive(buffer);
    const auto datagram = co_await std::move(receiving);
    if (socket.lost() != lost_before) {
      lost.add(socket.lost() - lost_before);
      const std::lock_guard lock{mutex_};
      status_.lost += socket.lost() - lost_before;
      lost_before = socket.lost();
    }
    take(which, datagram, as_text(ByteView{buffer}.first(datagram.size)));
  }
}

void Service::refuse(Refusal why) {
  refused(static_cast<std::size_t>(why)).add();
  const std::lock_guard lock{mutex_};
  ++status_.refused;
}

bool Service::is_ours(std::string_view uuid) const {
  return std::ranges::find(asked_, wsd::normalised_epr(uuid)) != asked_.end();
}

void Service::take(Socket which, const net::UdpSocket::Datagram& datagram, std::string_view bytes) {
  static auto& received =
      metrics::counter("camfleet_discovery_received_total", "Datagrams of discovery that came in.");
  received.add();
  {
    const std::lock_guard lock{mutex_};
    ++status_.received;
  }
  if (datagram.cut) return refuse(Refusal::cut);
  if (!limiter_.take(datagram.from.address().to_v4().to_uint(), bytes.size(), clock_.steady()))
    return refuse(Refusal::too_many);

  // Both protocols may answer to where we asked from.
  if (which != Socket::sadp) {
    const auto message = wsd::parse(bytes);
    if (message) {
      if (message->kind == wsd::Kind::probe || message->kind == wsd::Kind::resolve) return;  // as others ask
      const bool answer =
          message->kind == wsd::Kind::probe_matches || message->kind == wsd::Kind::resolve_matches;
      if ((answer || which == Socket::asking) && !is_ours(message->relates_to))
        return refuse(Refusal::unasked);
      for (auto& sighting : read(*message, datagram.from.address(), guard_))
        see(std::move(sighting), datagram.interface);
      return;
    }
    if (which == Socket::wsd) return refuse(Refusal::malformed);
  }
  const auto message = sadp::parse(bytes);
  if (!message) return refuse(Refusal::malformed);
  if (message->kind == sadp::Kind::inquiry) return;
  // What is said to all may answer another's question.
  if (which == Socket::asking && !is_ours(message->uuid)) return refuse(Refusal::unasked);
  see(read(message->device, datagram.from.address(), guard_), datagram.interface);
}

void Service::see(Sighting sighting, unsigned interface) {
  const auto known = std::ranges::find(joined_, interface, &net::NetworkInterface::index);
  if (known != joined_.end()) sighting.what.interface = known->name;
  const auto before = table_.size();
  table_.see(std::move(sighting), clock_.steady(), clock_.wall());
  found_ += table_.size() > before ? 1 : 0;
  changed_.set();
}

net::Task<> Service::publish() {
  static auto& devices = metrics::gauge("camfleet_discovery_devices", "Devices that discovery lists.");
  for (;;) {
    co_await changed_.wait();
    auto list = std::make_shared<const model::DiscoveredList>(table_.list());
    devices.set(static_cast<std::int64_t>(list->size()));
    std::uint64_t lost = 0;
    {
      const std::lock_guard lock{mutex_};
      list_ = list;
      status_.evicted = table_.evicted();
      lost = status_.lost;
    }
    if (found_ > 0) log::info("discovery.found", {{"new", found_}, {"listed", list->size()}});
    if (lost > lost_told_) log::warn("discovery.lost", {{"datagrams", lost - lost_told_}});
    found_ = 0;
    lost_told_ = lost;
    if (options_.on_list) options_.on_list(std::move(list));
    co_await net::sleep_for(options_.publish);
  }
}

std::string Service::fresh_uuid() {
  std::array<std::uint8_t, 16> raw{};
  random_bytes(raw);
  raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
  auto text = to_hex(raw);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  asked_.push_back(text);
  if (asked_.size() > kIdsKept) asked_.pop_front();
  return text;
}

net::Task<> Service::ask_once() {
  std::vector<std::pair<std::uint16_t, std::string>> messages;
  // Some firmwares answer nothing where a type is asked for, others nothing where none is.
  for (const bool typed : {true, false}) {
    wsd::Message probe;
    probe.kind = wsd::Kind::probe;
    probe.message_id = "urn:uuid:" + fresh_uuid();
    probe.targets.emplace_back();
    if (typed) probe.targets.front().types = {"NetworkVideoTransmitter"};
    messages.emplace_back(wsd::kPort, wsd::write(probe));
  }
  for (const auto* types : {"inquiry", "inquiry_v32"}) {
    auto uuid = fresh_uuid();
    std::ranges::transform(uuid, uuid.begin(),
                           [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    messages.emplace_back(sadp::kPort, sadp::write_inquiry(uuid, types));
  }
  auto& socket = sockets_[static_cast<std::size_t>(Socket::asking)];
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (i > 0) co_await net::sleep_for(kBetween);
    if (!socket) co_return;
    const net::Endpoint to{group(), messages[i].first};
    const auto interfaces = joined_;
    for (const auto& each : interfaces) {
      const auto sent = socket->send(as_bytes(messages[i].second), to, each.index, *ipv4_of(each));
      if (!sent) log::debug("discovery.not_sent", {{"interface", each.name}, {"detail", sent.error().place}});
    }
  }
}

net::Task<> Service::ask() {
  for (;;) {
    auto due = kNever;
    if (options_.interval > 0s) {
      const auto base = std::chrono::duration_cast<std::chrono::milliseconds>(options_.interval).count();
      due = std::chrono::steady_clock::now() + std::chrono::milliseconds{static_cast<std::int64_t>(
                                                   static_cast<double>(base) * (0.75 + rng_.unit() / 2))};
    }
    co_await wish_.wait(due);
    auto asking = ask_once();
    co_await std::move(asking);
    const std::lock_guard lock{mutex_};
    status_.last_probe = clock_.wall();
  }
}

}  // namespace camfleet::device::discovery
