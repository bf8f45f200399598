#include "proto/yaml/reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <streambuf>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/text.h"

namespace camfleet::yaml {
namespace {

// Leaves the library through its own frames, which hold nothing but values.
struct Refused {
  Error error;
};

std::string at(Place place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": ";
}
[[noreturn]] void refuse(Place place, const std::string& why) {
  throw Refused{Error{Code::api_bad_request, at(place) + why}};
}
Place place_of(const YAML::Mark& mark) {
  return {static_cast<std::size_t>(mark.line + 1), static_cast<std::size_t>(mark.column + 1)};
}

// Hands the text to the scanner, which keeps each token of a [...] or {...} until it knows whether it was a
// key: a hundred bytes for each byte. So what it reads ahead of the last event is bounded here.
class Source final : public std::streambuf {
 public:
  Source(std::string_view text, std::size_t ahead) : text_(text), ahead_(ahead) {}
  void told(Place at) {
    last_ = at;
    since_ = 0;
  }

 private:
  int_type underflow() override {
    if (given_ == text_.size() && !std::exchange(ended_, true)) {
      text_ = kEnd;
      given_ = 0;
    }
    const auto count = std::min(kPiece, text_.size() - given_);
    if (count == 0) return traits_type::eof();
    since_ += count;
    if (since_ > ahead_)
      refuse(last_, "what follows is longer than " + std::to_string(ahead_ / 1024) + " KiB in one piece");
    char* text =
        const_cast<char*>(text_.data());  // a stream buffer's pointers are never const; nobody writes
    setg(text, text + given_, text + given_ + count);
    given_ += count;
    return traits_type::to_int_type(*gptr());
  }

  static constexpr std::size_t kPiece = 2048;
  // The scanner takes a quote that is open at the end of the last line for a closed one; not where it is open
  // in the middle of a line.
  static constexpr std::string_view kEnd = "\n# end";
  std::string_view text_;
  std::size_t ahead_;
  std::size_t given_ = 0;
  std::size_t since_ = 0;
  bool ended_ = false;
  Place last_;
};

struct Event {
  enum class Kind : unsigned char { scalar, null, list, end_list, map, end_map } kind;
  Place at;
  std::string text;
};

bool of_the_core(const std::string& tag) {
  static const std::set<std::string, std::less<>> known{"",  // none
                                                        "?",
                                                        "!",
                                                        "tag:yaml.org,2002:str",
                                                        "tag:yaml.org,2002:int",
                                                        "tag:yaml.org,2002:bool",
                                                        "tag:yaml.org,2002:float",
                                                        "tag:yaml.org,2002:null",
                                                        "tag:yaml.org,2002:seq",
                                                        "tag:yaml.org,2002:map"};
  return known.contains(tag);
}

class Events final : public YAML::EventHandler {
 public:
  Events(Handler& handler, const Limits& limits, Source& source)
      : handler_(handler), limits_(limits), source_(source) {}
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() override {
    for (auto& [anchor, recording] : recordings_)
      for (auto& event : recording.events) wipe(event.text);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(begun_, true)) refuse(place_of(mark), "a second document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    take({Event::Kind::null, place_of(mark), {}}, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    if (value.size() > limits_.scalar)
      refuse(place_of(mark), "a value longer than " + std::to_string(limits_.scalar) + " bytes");
    take({Event::Kind::scalar, place_of(mark), value}, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    take({Event::Kind::list, place_of(mark), {}}, anchor);
  }
  void OnSequenceEnd() override { take({Event::Kind::end_list, last_, {}}, YAML::NullAnchor); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    take({Event::Kind::map, place_of(mark), {}}, anchor);
  }
  void OnMapEnd() override { take({Event::Kind::end_map, last_, {}}, YAML::NullAnchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto place = place_of(mark);
    if (++aliases_ > limits_.aliases)
      refuse(place, "more than " + std::to_string(limits_.aliases) + " aliases");
    const auto found = recordings_.find(anchor);
    if (found == recordings_.end() || found->second.open) refuse(place, "an alias into what it stands in");
    replayed_ += found->second.events.size();
    if (replayed_ > limits_.replayed) refuse(place, "aliases stand for too much");
    const auto events = found->second.events;  // a recording may grow while it is being played
    for (auto event : events) {
      event.at = place;
      take(std::move(event), YAML::NullAnchor);
    }
  }

 private:
  struct Recording {
    bool open = true;
    std::size_t depth = 0;  // at which it ends
    std::vector<Event> events;
  };
  struct Level {
    bool is_map = false;
    bool value_next = false;
    std::set<std::string, std::less<>> keys;
  };

  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!of_the_core(tag)) refuse(place_of(mark), "a tag: values are plain texts here");
  }
  static void pass(Result<> done) {
    if (!done) throw Refused{std::move(done.error())};
  }

  void record(const Event& event, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      if (recordings_.size() >= limits_.aliases)
        refuse(event.at, "more than " + std::to_string(limits_.aliases) + " anchors");
      recordings_[anchor].depth = levels_.size();
      open_.push_back(anchor);
    }
    for (const auto one : open_) {
      auto& events = recordings_[one].events;
      if (events.size() == limits_.replayed) refuse(event.at, "an anchor stands for too much");
      events.push_back(event);
    }
  }

  // Everything comes through here, replayed or not.
  void take(Event event, YAML::anchor_t anchor) {
    last_ = event.at;
    source_.told(event.at);
    record(event, anchor);
    hand_on(event);
    wipe(event.text);
    std::erase_if(open_, [&](YAML::anchor_t one) {
      auto& recording = recordings_[one];
      recording.open = recording.depth < levels_.size();
      return !recording.open;
    });
  }

  void hand_on(const Event& event) {
    const bool ends = event.kind == Event::Kind::end_list || event.kind == Event::Kind::end_map;
    if (!ends && !levels_.empty() && levels_.back().is_map) {
      if (!std::exchange(levels_.back().value_next, !levels_.back().value_next)) return take_key(event);
    }
    switch (event.kind) {
      case Event::Kind::scalar:
        return pass(handler_.scalar(event.at, event.text));
      case Event::Kind::null:
        return pass(handler_.null(event.at));
      case Event::Kind::list:
        descend(event, false);
        return pass(handler_.begin_list(event.at));
      case Event::Kind::map:
        descend(event, true);
        return pass(handler_.begin_map(event.at));
      case Event::Kind::end_list:
        levels_.pop_back();
        return pass(handler_.end_list());
      case Event::Kind::end_map:
        levels_.pop_back();
        return pass(handler_.end_map());
    }
  }
  void descend(const Event& event, bool is_map) {
    if (levels_.size() == limits_.depth)
      refuse(event.at, "deeper than " + std::to_string(limits_.depth) + " levels");
    levels_.push_back({is_map, false, {}});
  }
  void take_key(const Event& event) {
    if (event.kind != Event::Kind::scalar) refuse(event.at, "a key that is no plain text");
    if (event.text == "<<") refuse(event.at, "a merge key: write the fields out");
    auto& keys = levels_.back().keys;
    if (keys.size() == limits_.keys) refuse(event.at, "more than " + std::to_string(limits_.keys) + " keys");
    if (!keys.insert(event.text).second) refuse(event.at, "the same key twice");
    pass(handler_.key(event.at, event.text));
  }

  Handler& handler_;
  const Limits& limits_;
  Source& source_;
  bool begun_ = false;
  Place last_;
  std::size_t aliases_ = 0;
  std::size_t replayed_ = 0;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Recording> recordings_;
  std::vector<YAML::anchor_t> open_;
};

// A scanner that meets 0x04 takes it for the end of the text; and none of these belongs into a list of
// devices.
std::optional<Place> control_character(std::string_view text) {
  Place place;
  for (const char c : text) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
      continue;
    }
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7F) return place;
    ++place.column;
  }
  return std::nullopt;
}

}  // namespace

Result<> read(std::string_view text, Handler& handler, const Limits& limits) {
  if (const auto place = control_character(text))
    return fail(Code::api_bad_request, at(*place) + "a control character");
  if (!is_utf8(text)) return fail(Code::api_bad_request, at({}) + "wants UTF-8");
  // The scanner looks for a byte order mark and cannot put back what it took of a text that ends there.
  const std::string padded = text.size() < 4 ? std::string{text} + "\n\n\n\n" : std::string{};
  Source source{padded.empty() ? text : std::string_view{padded}, limits.ahead};
  std::istream stream{&source};
  stream.exceptions(std::ios_base::badbit);  // what the source throws goes on through the stream
  Events events{handler, limits, source};
  try {
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(events)) {
    }
    return {};
  } catch (const Refused& refused) {
    return fail(refused.error);
  } catch (const YAML::Exception& error) {
    return fail(Code::api_bad_request, at(place_of(error.mark)) + clean_utf8(error.msg).substr(0, 160));
  } catch (const std::ios_base::failure&) {
    return fail(Code::api_bad_request, at({}) + "cannot be read as YAML");
  }
}

}  // namespace camfleet::yaml
