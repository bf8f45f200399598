#include "proto/h26x/depacketizer.h"

#include <utility>

#include "proto/h26x/annexb.h"

namespace camfleet::h26x {
namespace {

constexpr std::size_t kMaxReady = 4;
// A buffer that one large picture has grown is given back rather than kept for ever.
constexpr std::size_t kKeptCapacity = 256 * 1024;

// Kinds that stand in front of a picture's first slice (H.264 section 7.4.1.2.3, H.265 section 7.4.2.4.4).
bool precedes_picture(Codec codec, int type) {
  if (is_parameter_set(codec, type)) return true;
  if (codec == Codec::h264) return type == h264::kDelimiter || type == h264::kSei;
  return type == h265::kDelimiter || type == h265::kPrefixSei;
}

}  // namespace

void Depacketizer::push(const Payload& payload) {
  if (payload.loss_before) lose();

  // A slice behind the marker of its own picture: this camera sets markers at will, only timestamps count.
  if (!started_ && ended_by_marker_ && payload.timestamp == ended_timestamp_) {
    const auto seen = classify(codec_, payload.bytes);
    if (seen.vcl && !seen.picture_start) markers_lie_ = damaged_ = true;
  }

  if (started_ && payload.timestamp != unit_.timestamp) {
    if (in_fragment_) damage();
    // Parameter sets with a timestamp of their own belong to the picture that follows.
    if (has_picture_ || damaged_) end_unit();
  }
  started_ = true;
  unit_.timestamp = payload.timestamp;
  ended_by_marker_ = false;

  take(payload.bytes);

  if (payload.marker && has_picture_ && !in_fragment_ && !markers_lie_) {
    end_unit();
    ended_by_marker_ = true;
    ended_timestamp_ = payload.timestamp;
  }
}

std::optional<AccessUnit> Depacketizer::pull() {
  if (ready_.empty()) return std::nullopt;
  auto unit = std::move(ready_.front());
  ready_.pop_front();
  return unit;
}

void Depacketizer::flush() {
  if (in_fragment_) damage();
  if (has_picture_) end_unit();
  unit_.clear();
  started_ = damaged_ = false;
}

void Depacketizer::lose() {
  fragment_.clear();
  in_fragment_ = false;
  wait_for_key_ = true;
  head_in_doubt_ = true;
  // What is missing may be the end of this picture or the beginning of the next: neither can be trusted.
  if (started_) damaged_ = true;
}

void Depacketizer::damage() {
  ++counters_.damaged_packets;
  fragment_.clear();
  in_fragment_ = false;
  damaged_ = true;
}

void Depacketizer::nal(ByteView nal) {
  if (in_fragment_) damage();  // its end never came
  const auto code = find_start_code(nal);
  if (code == nal.size()) return add(nal);
  for (const auto part : split_annexb(nal, kMaxNals + 1)) add(part);
}

void Depacketizer::add(ByteView nal) {
  while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
  const auto type = nal_type(codec_, nal);
  if (type < 0) return;
  if (type == 0 && codec_ == Codec::h264) return;
  if (type >= (codec_ == Codec::h264 ? h264::kStapA : h265::kAggregate) || (nal[0] & 0x80) != 0) return;

  const bool vcl = is_vcl(codec_, type);
  const bool first = vcl && is_first_slice(codec_, nal);
  // Where neither marker nor timestamp says so, what only a next picture can begin with does.
  if (has_picture_ && (first || precedes_picture(codec_, type))) {
    end_unit();
    started_ = true;
  }
  if (vcl && !has_picture_ && std::exchange(head_in_doubt_, false) && !first) damage();
  if (is_parameter_set(codec_, type)) {
    sets_.update(codec_, nal);
    unit_.parameter_sets = true;
  }
  has_picture_ = has_picture_ || vcl;
  unit_.key = unit_.key || is_key(codec_, type);
  if (!damaged_ && !unit_.append(nal)) damage();
}

void Depacketizer::fragment_begin(ByteView header, ByteView body) {
  if (in_fragment_) damage();
  in_fragment_ = true;
  fragment_.assign(header.begin(), header.end());
  fragment_more(body, false);
}

void Depacketizer::fragment_more(ByteView body, bool last) {
  if (fragment_.size() + body.size() > kMaxNal) return damage();
  fragment_.insert(fragment_.end(), body.begin(), body.end());
  if (!last) return;
  in_fragment_ = false;
  auto whole = std::exchange(fragment_, {});
  nal(whole);
  whole.clear();
  if (whole.capacity() <= kKeptCapacity) fragment_ = std::move(whole);
}

void Depacketizer::end_unit() {
  const auto timestamp = unit_.timestamp;
  if (damaged_) wait_for_key_ = true;
  bool usable = !damaged_ && has_picture_ && (!wait_for_key_ || unit_.key);
  // Nobody pulls, or one packet held many pictures: on from the next key picture.
  if (usable && ready_.size() >= kMaxReady) {
    counters_.dropped_units += ready_.size();
    ready_.clear();
    wait_for_key_ = true;
    usable = unit_.key;
  }
  if (usable) {
    wait_for_key_ = false;
    ++counters_.units;
    const auto size = unit_.data.size();
    ready_.push_back(std::exchange(unit_, {}));
    unit_.data.reserve(std::min(size, kKeptCapacity));
  } else {
    ++counters_.dropped_units;
    unit_.clear();
  }
  unit_.timestamp = timestamp;
  started_ = has_picture_ = damaged_ = false;
}

}  // namespace camfleet::h26x
