#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "proto/h26x/access_unit.h"

namespace camfleet::h26x {

// One RTP packet of a video stream, in order of sequence.
struct Payload {
  ByteView bytes;
  bool marker = false;
  std::uint32_t timestamp = 0;
  bool loss_before = false;  // packets in front of it are missing, or the source restarted
};

struct DepacketizerCounters {
  std::uint64_t units = 0;            // handed out
  std::uint64_t dropped_units = 0;    // damaged, or waiting for a key picture
  std::uint64_t ignored_packets = 0;  // empty, reserved or private kinds
  std::uint64_t damaged_packets = 0;  // broke the rules of RFC 6184 or RFC 7798
};

// RTP payloads in, access units out. What H.264 and H.265 have in common: where a picture ends, limits, and
// what happens after a loss.
//
// A picture ends with its marker or with another timestamp, for some cameras set the marker never, and some
// on SEI and parameter sets, which therefore do not end one. A picture that lost a packet is dropped whole,
// and so is all after it until the next key picture: a decoder would smear. Start codes inside a NAL unit
// split it (V380). Bounds: NAL unit 4 MiB, picture 8 MiB, 512 NAL units; past them the picture is dropped.
// One strand; no clock, no log.
class Depacketizer {
 public:
  explicit Depacketizer(Codec codec) : codec_(codec) {}
  virtual ~Depacketizer() = default;

  // Afterwards pull() until nothing comes: one packet ends at most two pictures, and no more than 4 are kept.
  void push(const Payload& payload);
  std::optional<AccessUnit> pull();
  // The stream ended: what is whole comes out.
  void flush();

  // Of SDP, before the first packet, and of the stream since.
  const ParameterSets& parameter_sets() const { return sets_; }
  void announce(ByteView parameter_set) { sets_.update(codec_, parameter_set); }
  bool waiting_for_key() const { return wait_for_key_; }
  const DepacketizerCounters& counters() const { return counters_; }
  Codec codec() const { return codec_; }

 protected:
  // Takes one payload apart with the functions below.
  virtual void take(ByteView payload) = 0;

  void nal(ByteView nal);                               // a whole one
  void fragment_begin(ByteView header, ByteView body);  // header: the NAL header that the fragments left out
  void fragment_more(ByteView body, bool last);
  bool in_fragment() const { return in_fragment_; }
  void ignore() { ++counters_.ignored_packets; }
  void damage();  // the packet breaks the rules: the picture is lost

 private:
  void add(ByteView nal);
  void end_unit();
  void lose();

  Codec codec_;
  AccessUnit unit_;
  bool started_ = false;      // unit_ has a timestamp
  bool has_picture_ = false;  // unit_ holds a slice
  bool damaged_ = false;      // unit_ must not be handed out
  bool wait_for_key_ = true;
  bool markers_lie_ = false;    // a slice came behind the marker of its own picture
  bool head_in_doubt_ = false;  // after a loss: the next picture has to begin with its first slice
  bool ended_by_marker_ = false;
  std::uint32_t ended_timestamp_ = 0;
  bool in_fragment_ = false;
  Bytes fragment_;
  ParameterSets sets_;
  std::deque<AccessUnit> ready_;
  DepacketizerCounters counters_;
};

}  // namespace camfleet::h26x
