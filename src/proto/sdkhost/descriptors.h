#pragma once

// The descriptors that a host finds open when it begins; the first three are the usual ones.
namespace camfleet::sdkhost {

inline constexpr int kSocketFd = 3;
inline constexpr int kAlarmRingFd = 4;
inline constexpr int kAlarmBellFd = 5;
inline constexpr int kMediaRingFd = 6;
inline constexpr int kMediaBellFd = 7;

// Between the two: what the media ring's records begin with.
//   4 bytes  the stream's number, little-endian
//   1 byte   the vendor's type of the data (kHead ...)
//   3 bytes  zero
inline constexpr int kMediaHead = 8;
// kLoss is the gateway's own, between its threads: something of the stream is missing here.
enum MediaType : unsigned char {
  kLoss = 0,
  kHead = 1,
  kProgramStream = 2,
  kVideo = 4,
  kAudio = 5,
  kDescription = 6
};

}  // namespace camfleet::sdkhost
