#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "proto/digest/authorization.h"
#include "sim/simulator.h"
#include "sim/testing/small_clip.h"
#include "sim/testing/sockets.h"

namespace camfleet::sim::testing {

struct Answer {
  int status = 0;
  std::string head, body;
  // The first header of that name, or empty.
  std::string header(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
      auto line = trim(take_until(rest, '\n'));
      const auto field = take_until(line, ':');
      if (iequals(field, name)) return std::string{line.starts_with(' ') ? line.substr(1) : line};
    }
    return {};
  }
};

// One HTTP or RTSP client of one device, which logs in as it is asked to.
class Session {
 public:
  Session(std::string address, std::uint16_t port, bool rtsp, std::string password)
      : client(address, port),
        address_(std::move(address)),
        port_(port),
        rtsp_(rtsp),
        password_(std::move(password)) {}

  std::string url(std::string_view path) const {
    return rtsp_ ? fmt::format("rtsp://{}:{}{}", address_, port_, path) : std::string{path};
  }
  Answer plain(std::string_view method, std::string_view path, std::string_view headers = {},
               std::string_view body = {}) {
    const auto length = body.empty() ? std::string{} : fmt::format("Content-Length: {}\r\n", body.size());
    client.send(fmt::format("{} {} {}\r\n{}{}{}\r\n{}", method, url(path), rtsp_ ? "RTSP/1.0" : "HTTP/1.1",
                            rtsp_ ? fmt::format("CSeq: {}\r\n", ++cseq_) : "Host: device\r\n", headers,
                            length, body));
    return read();
  }
  // With the answer to the last challenge; the first 401 is answered.
  Answer ask(std::string_view method, std::string_view path, std::string_view headers = {},
             std::string_view body = {}) {
    auto answer = plain(method, path, login(method, path) + std::string{headers}, body);
    if (answer.status != 401 || challenge_) return answer;
    const auto challenges = digest::parse_challenges(answer.header("WWW-Authenticate"));
    if (challenges.empty()) return answer;
    challenge_ = challenges.front();
    return plain(method, path, login(method, path) + std::string{headers}, body);
  }
  Answer read() {
    Answer out;
    auto text = client.until("\r\n\r\n");
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return out;
    out.head = text.substr(0, end + 2);
    client.put_back(text.substr(end + 4));
    out.status = parse_int<int>(out.head.substr(9, 3)).value_or(0);
    out.body = client.exactly(parse_int<std::size_t>(trim(out.header("Content-Length"))).value_or(0));
    return out;
  }
  void forget_challenge() { challenge_.reset(); }

  Client client;

 private:
  std::string login(std::string_view method, std::string_view path) {
    if (!challenge_) return {};
    const auto target = url(path);
    return "Authorization: " +
           digest::answer(*challenge_, {method, target, kUser, password_}, ++count_, "cafe") + "\r\n";
  }
  std::string address_;
  std::uint16_t port_;
  bool rtsp_;
  std::string password_;
  std::optional<digest::Challenge> challenge_;
  std::uint32_t count_ = 0;
  int cseq_ = 0;
};

// A simulator of eight devices on free ports, that raises no alarms by itself.
struct SimulatorTest : ::testing::Test {
  SimulatorTest() {
    settings.population = {.devices = 8, .seed = 7};
    settings.http_port = 0;
    settings.rtsp_port = 0;
    settings.control = "127.0.0.1:0";
    settings.loops = 2;
    settings.alarms_per_minute = 0;
  }
  void start() {
    simulator = std::make_unique<Simulator>(settings, small_clips());
    const auto got = simulator->start();
    ASSERT_TRUE(got) << got.error().text();
    ports = *got;
  }
  Session session(std::uint32_t index, bool rtsp, std::string password = {}) {
    const auto& device = *simulator->device(index);
    if (password.empty()) password = device.identity().password;
    return Session{device.address(), rtsp ? ports.rtsp : ports.http, rtsp, password};
  }
  boost::json::object stats(std::uint32_t index) {
    Session control{"127.0.0.1", ports.control, false, ""};
    return boost::json::parse(control.plain("GET", fmt::format("/stats/{}", index)).body).as_object();
  }
  std::uint64_t stat(std::uint32_t index, std::string_view name) {
    return stats(index).at(name).to_number<std::uint64_t>();
  }
  // A request of the control API.
  Answer control(std::string_view method, std::string_view path, std::string_view body = {}) {
    Session session{"127.0.0.1", ports.control, false, ""};
    return session.plain(method, path, {}, body);
  }
  Answer command(std::uint32_t index, std::string_view deed, std::string_view body) {
    Session control{"127.0.0.1", ports.control, false, ""};
    control.client.send(fmt::format("POST /devices/{}/{} HTTP/1.1\r\nHost: c\r\nContent-Length: {}\r\n\r\n{}",
                                    index, deed, body.size(), body));
    return control.read();
  }

  Settings settings;
  std::unique_ptr<Simulator> simulator;
  Ports ports;
};

inline constexpr std::string_view kMain = "/Streaming/Channels/101";
inline constexpr std::string_view kTcp = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";

}  // namespace camfleet::sim::testing
