#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace camfleet::standin {

// A piece of a stream whose own lengths lie, in another way each `turn`: RTP with sources, an extension or
// padding past its end; of a program stream packets that are longer than they are, or shorter, or have no
// end, and a system map of rubbish. Its size stays, so that nothing is wrong with the buffer itself.
void make_wild(std::uint32_t type, Bytes& piece, unsigned turn);

}  // namespace camfleet::standin
