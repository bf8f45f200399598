#pragma once
#include <deque>

#include "base/bytes.h"
#include "proto/h26x/nal.h"

namespace camfleet::sim {

// An RTP payload as a stream encryption leaves it: the headers of NAL units and fragments are in plain, what
// is behind them looks like noise. Parameter sets stay as they are, or (`all`) do not. The copy is kept in
// `keep`. Not a cipher: nobody can have the key.
ByteView encrypt(h26x::Codec codec, ByteView payload, bool all, std::deque<Bytes>& keep);

}  // namespace camfleet::sim
