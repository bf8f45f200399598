// Any datagram through WS-Discovery: within its limits, valid UTF-8, and the same once it was written again.
#include "base/text.h"
#include "fuzz.h"
#include "proto/wsd/message.h"
#include "proto/wsd/scopes.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = wsd::parse(as_text({data, size}));
  if (!message) return 0;
  require(message->targets.size() <= wsd::kMaxTargets);
  for (const auto& target : message->targets) {
    require(target.epr.size() <= wsd::kMaxWord && is_utf8(target.epr));
    for (const auto* list : {&target.types, &target.scopes, &target.xaddrs}) {
      require(list->size() <= wsd::kMaxWords);
      for (const auto& word : *list) require(word.size() <= wsd::kMaxWord && is_utf8(word));
    }
    const auto facts = wsd::read_scopes(target.scopes);
    require(is_utf8(facts.name) && is_utf8(facts.hardware) && is_utf8(facts.location) && is_utf8(facts.mac));
  }
  const auto again = wsd::parse(wsd::write(*message));
  require(again && again->kind == message->kind);
  require(*wsd::parse(wsd::write(*again)) == *again);
  return 0;
}
