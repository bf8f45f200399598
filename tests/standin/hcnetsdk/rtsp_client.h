#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isapi_client.h"
#include "proto/rtsp/message.h"
#include "proto/rtsp/parser.h"
#include "proto/sdp/sdp.h"
#include "socket.h"

namespace camfleet::standin {

// Plays one stream over RTSP with interleaved TCP, and words its requests as the real library was seen to.
class RtspClient {
 public:
  struct Track {
    sdp::Format format;
    bool video = false;
  };
  struct Packet {
    std::size_t track = 0;
    ByteView bytes;
  };

  // DESCRIBE to PLAY; the number of the error.
  std::uint32_t play(const Where& where, std::uint16_t port, const std::string& path, Limits limits);
  // Reads once and hands over what came. False: the stream is over.
  bool receive(const std::function<void(const Packet&)>& take, std::chrono::milliseconds limit);
  void close();
  // From another thread.
  void shut() { socket_.shut(); }

  const std::string& description() const { return description_; }
  const std::vector<Track>& tracks() const { return tracks_; }

 private:
  std::uint32_t ask(std::string_view method, const std::string& url, rtsp::Headers headers,
                    rtsp::Response& answer, const Where& where, Limits limits);
  Socket::Got read(std::chrono::milliseconds limit);

  Socket socket_;
  rtsp::Parser parser_;
  Bytes rest_;
  digest::Client digest_;
  std::uint32_t cseq_ = 0;
  std::string session_;
  std::string description_;
  std::vector<Track> tracks_;
};

}  // namespace camfleet::standin
