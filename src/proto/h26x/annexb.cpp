#include "proto/h26x/annexb.h"

#include <algorithm>

namespace camfleet::h26x {
namespace {

void append_all(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

std::size_t total(std::span<const ByteView> nals) {
  std::size_t size = 0;
  for (const auto nal : nals) size += 4 + nal.size();
  return size;
}

}  // namespace

std::size_t find_start_code(ByteView bytes, std::size_t from) {
  // Looks at each third byte: one above 1 can be no part of a start code, and nor can what ends before it.
  const auto* at = bytes.data();
  for (std::size_t i = from + 2; i < bytes.size();) {
    if (at[i] > 1) {
      i += 3;
    } else if (at[i] == 1) {
      if (at[i - 1] == 0 && at[i - 2] == 0) return i - 2;
      i += 3;
    } else {
      ++i;
    }
  }
  return bytes.size();
}

ByteView behind_start_code(ByteView bytes) {
  const std::size_t zeros = bytes.size() >= 4 && bytes[2] == 0 ? 3 : 2;
  if (bytes.size() <= zeros || bytes[0] != 0 || bytes[1] != 0 || bytes[zeros] != 1) return bytes;
  return bytes.subspan(zeros + 1);
}

std::vector<ByteView> split_annexb(ByteView bytes, std::size_t limit) {
  std::vector<ByteView> nals;
  std::size_t begin = 0;
  while (begin < bytes.size() && nals.size() < limit) {
    const auto code = find_start_code(bytes, begin);
    auto nal = bytes.subspan(begin, code - begin);
    while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
    if (!nal.empty()) nals.push_back(nal);
    begin = code + 3;
  }
  return nals;
}

Bytes join_avcc(std::span<const ByteView> nals) {
  Bytes out;
  out.reserve(total(nals));
  for (const auto nal : nals) {
    out.resize(out.size() + 4);
    store32(&out[out.size() - 4], static_cast<std::uint32_t>(nal.size()));
    append_all(out, nal);
  }
  return out;
}

std::vector<ByteView> split_avcc(ByteView bytes) {
  std::vector<ByteView> nals;
  while (bytes.size() >= 4) {
    const std::size_t size = load32(bytes.data());
    if (size > bytes.size() - 4) break;
    nals.push_back(bytes.subspan(4, size));
    bytes = bytes.subspan(4 + size);
  }
  return nals;
}

Bytes join_annexb(std::span<const ByteView> nals) {
  static constexpr std::uint8_t kCode[] = {0, 0, 0, 1};
  Bytes out;
  out.reserve(total(nals));
  for (const auto nal : nals) {
    append_all(out, kCode);
    append_all(out, nal);
  }
  return out;
}

}  // namespace camfleet::h26x
