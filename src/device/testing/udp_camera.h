#pragma once
// A scripted camera that sends over UDP, for the tests of those who receive.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "device/testing/rtsp_rig.h"
#include "net/datagram_pairs.h"
#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"
#include "proto/rtsp/transport.h"

namespace camfleet::device::testing {

// Answers every SETUP as it is told to, and on PLAY lets `media` send. One track.
struct UdpCamera {
  explicit UdpCamera(net::Executor executor) : sockets(*pairs.open(executor, {.at = {loopback(), 0}})) {}
  static net::Address loopback() { return net::asio::ip::address_v4::loopback(); }

  net::Task<> serve(Talk& talk, int) {
    for (bool over_udp = false;;) {
      auto request = co_await talk.request();
      if (!request) co_return;
      log.push_back(*request);
      const std::string cseq = "CSeq: " + std::string(request->headers.get("CSeq").value_or("0")) + "\r\n";
      std::string answer = "RTSP/1.0 200 OK\r\n" + cseq + "Session: 77;timeout=60\r\n\r\n";
      if (request->method == "DESCRIBE") {
        answer = rtsp_rig::description();
        answer.insert(answer.find("\r\n") + 2, cseq);
      } else if (request->method == "SETUP") {
        const auto asked = rtsp::parse_transport(request->headers.get("Transport").value_or(""));
        over_udp = asked && asked->lower == rtsp::Transport::Lower::udp;
        answer = over_udp ? set_up_udp(*asked, cseq) : set_up_tcp(cseq);
      }
      co_await talk.send(answer);
      if (request->method == "PLAY" && over_udp && media) media(*this);
      if (request->method == "PLAY" && !over_udp) co_await talk.send(interleaved);
    }
  }
  std::string set_up_udp(const rtsp::Transport& asked, const std::string& cseq) {
    if (refuse_udp != 0) return "RTSP/1.0 " + std::to_string(refuse_udp) + " No\r\n" + cseq + "\r\n";
    client = asked.client_port;
    const auto text = [](const net::Datagrams& socket) { return std::to_string(socket.local().port()); };
    return "RTSP/1.0 200 OK\r\n" + cseq +
           "Session: 77;timeout=60\r\nTransport: RTP/AVP;unicast;client_port=" + std::to_string(client->rtp) +
           "-" + std::to_string(client->rtcp) + ";server_port=" + text(sockets.rtp) + "-" +
           text(sockets.rtcp) + ";ssrc= d6d6627\r\n\r\n";
  }
  std::string set_up_tcp(const std::string& cseq) const {
    if (refuse_tcp) return "RTSP/1.0 461 Unsupported Transport\r\n" + cseq + "\r\n";
    return "RTSP/1.0 200 OK\r\n" + cseq +
           "Session: 78;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";
  }

  void send(const Bytes& packet) { send_from(sockets.rtp, packet); }
  void send_from(net::Datagrams& socket, const Bytes& packet) const {
    const ByteView view{packet};
    (void)socket.send(std::span{&view, 1}, {loopback(), client->rtp});
  }
  void send_report(const Bytes& report) {
    const ByteView view{report};
    (void)sockets.rtcp.send(std::span{&view, 1}, {loopback(), client->rtcp});
  }
  // What the client has reported until now.
  std::vector<rtp::ReceiverReport> reports() {
    for (auto batch = sockets.rtcp.receive(); !batch.empty(); batch = sockets.rtcp.receive())
      for (const auto& [bytes, from] : batch) {
        const auto compound = rtp::parse_rtcp(bytes);
        if (!compound) continue;
        for (const auto& report : compound->reports)
          if (const auto* receiver = std::get_if<rtp::ReceiverReport>(&report)) reported.push_back(*receiver);
      }
    return reported;
  }
  // SETUPs for UDP, or for TCP.
  int setups(bool over_udp) const {
    int n = 0;
    for (const auto& request : log) {
      if (request.method != "SETUP") continue;
      const auto asked = rtsp::parse_transport(request.headers.get("Transport").value_or(""));
      n += asked && (asked->lower == rtsp::Transport::Lower::udp) == over_udp ? 1 : 0;
    }
    return n;
  }
  int count(std::string_view method) const {
    int n = 0;
    for (const auto& request : log) n += request.method == method ? 1 : 0;
    return n;
  }

  net::DatagramPairs pairs;
  net::DatagramPair sockets;
  int refuse_udp = 0;  // with this status
  bool refuse_tcp = false;
  std::function<void(UdpCamera&)> media;
  std::string interleaved;  // sent where it plays over TCP
  std::optional<rtsp::Pair> client;
  std::vector<rtsp::Request> log;
  std::vector<rtp::ReceiverReport> reported;
};

inline Bytes rtp_bytes(std::uint16_t sequence, std::uint32_t timestamp, bool marker, std::string_view payload,
                       std::uint8_t payload_type = 96) {
  const auto framed = rtp_frame(0, payload_type, marker, sequence, timestamp, payload);
  const auto bytes = as_bytes(framed).subspan(4);
  return {bytes.begin(), bytes.end()};
}

}  // namespace camfleet::device::testing
