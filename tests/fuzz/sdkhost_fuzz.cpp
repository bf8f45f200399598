// What a host process says to the gateway, by all three ways: datagrams, alarms, and a ring whose memory is
// whatever the input says.
#include <cstdlib>
#include <cstring>

#include "fuzz.h"
#include "proto/sdkhost/alarm.h"
#include "proto/sdkhost/message.h"
#include "proto/sdkhost/ring.h"

using namespace camfleet;
using namespace camfleet::sdkhost;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  if (const auto told = decode_told(text)) {
    if (const auto* answer = std::get_if<Answer>(&*told)) {
      require(decode_told(encode(*answer)).has_value());
      (void)decode_body<InitResult>(answer->body);
      (void)decode_body<LoginResult>(answer->body);
      (void)decode_body<Pong>(answer->body);
    } else {
      require(encode(std::get<Notice>(*told)) == text);
    }
  }
  if (auto request = decode_request(text)) {
    require(decode_request(encode(*request)).has_value());
    wipe(*request);
  }
  if (const auto alarm = decode_body<Alarm>(text)) require(encode_body(*alarm) == text);

  constexpr std::size_t kCapacity = 1024;
  static auto* memory = static_cast<std::uint8_t*>(std::aligned_alloc(4096, 2 * 4096));
  std::memset(memory, 0, ring_size(kCapacity));
  const std::span<std::uint8_t> bytes{memory, ring_size(kCapacity)};
  RingWriter::make(bytes);
  RingReader reader{bytes};
  // The head's counters, then the data.
  const auto head = std::min(size, sizeof(RingHead));
  std::memcpy(memory, data, head);
  std::memcpy(memory + kRingData, data + head, std::min(size - head, kCapacity));
  Bytes out;
  for (int i = 0; i < 200; ++i) {
    const auto got = reader.next(out);
    if (!got || !*got) break;
    require(out.size() <= kCapacity / 2);
  }
  return 0;
}
