#include "sdkhost/alarm_words.h"

#include <algorithm>
#include <array>
#include <bit>

namespace camfleet::sdkhost {
namespace {

constexpr AlarmWord kNoWord{"hcnetsdk", false};

constexpr std::array kAlarms = std::to_array<AlarmWord>({
    {"io", true},                    // 0
    {"diskfull", true},              // 1
    {"videoloss", true},             // 2
    {"vmd", true},                   // 3
    {"diskunformat", true},          // 4
    {"diskerror", true},             // 5
    {"tamperdetection", true},       // 6
    {"videomismatch", true},         // 7
    {"illaccess", false},            // 8
    {"videoexception", true},        // 9
    {"recordexception", true},       // 10
    {"scenechangedetection", true},  // 11
    {"raidexception", true},         // 12
    {"resolutionmismatch", true},    // 13
    {"decoderexception", true},      // 14
    {"vcaalarm", false},             // 15
    {"poeexception", true},          // 16
    {"recordinghost", true},         // 17
    {"voicetalkevent", false},       // 18
    {"audioloss", true},             // 19
    {"recordstarted", false},        // 20
    {"recordstopped", false},        // 21
    {"vehicleexception", true},      // 22
    {"io", false},                   // 23: a pulse of an input
});

// By the number of the bit.
constexpr std::array kRules = std::to_array<AlarmWord>({
    {"linedetection", false},     // 0x1
    {"regionentrance", false},    // 0x2
    {"regionexiting", false},     // 0x4
    {"fielddetection", true},     // 0x8
    {"loitering", true},          // 0x10
    {"unattendedbaggage", true},  // 0x20: left or taken
    {"parking", true},            // 0x40
    {"rapidmove", true},          // 0x80
    {"group", true},              // 0x100
    {"violentmotion", true},      // 0x200
    {"reachheight", true},        // 0x400
    {"getup", true},              // 0x800
    {"unattendedbaggage", true},  // 0x1000
    {"attendedbaggage", true},    // 0x2000
    {"leaveposition", true},      // 0x4000
    {"trailing", true},           // 0x8000
    kNoWord,                      // 0x10000
    {"standup", true},            // 0x20000
    kNoWord,                      // 0x40000
    {"falldown", true},           // 0x80000
    {"audioexception", true},     // 0x100000
    kNoWord,                      // 0x200000
    kNoWord,                      // 0x400000
    kNoWord,                      // 0x800000
    {"linedetection", false},     // 0x1000000: a broken line
});

struct Command {
  std::int32_t number;
  std::string_view type;
};
constexpr std::array kCommands = std::to_array<Command>({
    {0x1103, "peoplecounting"},
    {0x1106, "facedetection"},
    {0x1110, "aid"},
    {0x1111, "tps"},
    {0x1113, "tfs"},
    {0x1114, "tps"},
    {0x1115, "aid"},
    {0x1116, "vqd"},
    {0x1130, "scenechangedetection"},
    {0x1131, "linedetection"},
    {0x1150, "audioexception"},
    {0x1151, "defocus"},
    {0x2902, "facecontrast"},
    {0x3056, "parking"},
    {0x4010, "facedetection"},
    {0x4015, "storagedetection"},
    {0x4991, "firedetection"},
    {0x5211, "thermometry"},
    {0x5212, "thermometry"},
    {0x6000, "vqd"},
});

}  // namespace

AlarmWord word_of_alarm(std::uint32_t type) { return type < kAlarms.size() ? kAlarms[type] : kNoWord; }

AlarmWord word_of_command(std::int32_t command) {
  const auto* found = std::ranges::find(kCommands, command, &Command::number);
  return found == kCommands.end() ? kNoWord : AlarmWord{found->type, false};
}

AlarmWord word_of_rule(std::uint32_t bits) {
  const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
  return bit < kRules.size() ? kRules[bit] : kNoWord;
}

}  // namespace camfleet::sdkhost
