#include "device/hikvision/facts.h"

#include <gtest/gtest.h>

#include <utility>

namespace camfleet::device {
namespace {

TEST(HikvisionFacts, a_profile_says_what_sound_it_has) {
  const std::pair<const char*, model::Codec> said[]{
      {"G.711ulaw", model::Codec::pcmu}, {"G.711alaw", model::Codec::pcma},
      {"G.726", model::Codec::g726},     {"AAC", model::Codec::aac},
      {"MP2L2", model::Codec::mp2},      {"G.722.1", model::Codec::unknown},
      {"", model::Codec::unknown}};
  for (const auto& [name, codec] : said)
    for (const bool enabled : {true, false}) {
      isapi::StreamingChannel stream;
      stream.id = 101;
      stream.audio_enabled = enabled;
      stream.audio_codec = name;
      IsapiAnswers answers;
      answers.kind = isapi::DeviceKind::camera;
      answers.streams = {stream};
      const auto facts = facts_of(std::move(answers));
      ASSERT_EQ(facts.channels.size(), 1U);
      ASSERT_EQ(facts.channels[0].profiles.size(), 1U);
      EXPECT_EQ(facts.channels[0].profiles[0].audio, enabled ? codec : model::Codec::unknown) << name;
    }
}

}  // namespace
}  // namespace camfleet::device
