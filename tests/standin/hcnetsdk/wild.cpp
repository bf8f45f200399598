#include "wild.h"

#include <algorithm>
#include <array>

#include "sdkhost/abi.h"

namespace camfleet::standin {
namespace {
namespace abi = sdkhost::abi;

void wild_rtp(Bytes& packet, unsigned turn) {
  if (packet.size() < 16) return;
  switch (turn % 3) {
    case 0:
      packet[0] |= 0x0F;  // fifteen sources, which take what there is of the payload, or more
      break;
    case 1:
      packet[0] |= 0x10;
      std::ranges::copy(std::array<std::uint8_t, 4>{0xBE, 0xDE, 0xFF, 0xFF}, packet.begin() + 12);
      break;
    default:
      packet[0] |= 0x20;
      packet.back() = 0xFF;
  }
}

// Behind each start code in it, by the kind of packet that it begins.
void wild_program(Bytes& piece, unsigned turn) {
  constexpr std::array<std::uint8_t, 3> kStart{0, 0, 1};
  for (auto at = piece.begin();;) {
    at = std::search(at, piece.end(), kStart.begin(), kStart.end());
    if (piece.end() - at < 10) return;
    switch (at[3]) {
      case 0xBA:
        if (piece.end() - at > 13) at[13] |= 0x07;  // stuffing that is not there
        break;
      case 0xBC:
        std::fill(at + 6, std::min(piece.end(), at + 24), static_cast<std::uint8_t>(0xF0 + turn % 16));
        break;
      case 0xE0:
      case 0xC0:
        if (turn % 4 == 0) at[4] = at[5] = 0xFF;
        if (turn % 4 == 1) at[4] = at[5] = 0;  // no length: to the next start code, which may never come
        if (turn % 4 == 2) at[8] = 0xFF;       // a head longer than the packet
        if (turn % 4 == 3) at[4] = 0, at[5] = 5;
        break;
      default:
        break;
    }
    at += 4;
  }
}

}  // namespace

void make_wild(std::uint32_t type, Bytes& piece, unsigned turn) {
  if (type == abi::data_std_video || type == abi::data_std_audio) wild_rtp(piece, turn);
  if (type == abi::data_stream) wild_program(piece, turn);
}

}  // namespace camfleet::standin
