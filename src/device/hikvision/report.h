#pragma once
#include <optional>

#include "model/event.h"
#include "proto/isapi/alert.h"
#include "proto/multipart/parser.h"

// What a Hikvision device reports, by whichever way, as the house knows it.
namespace camfleet::device {

inline constexpr std::size_t kMostPictures = 16;  // of one event

// A document, and no picture or sound.
bool is_text(const multipart::Part& part);
// One alert as the house knows it; nothing for a heart-beat. What a terminal replays out of its store
// (currentEvent false) before it comes to the present is marked as replayed. A `duration` goes by the event
// it prolongs.
std::optional<model::Event> to_event(isapi::Alert alert, const model::DeviceId& device, WallTime received);
// The document that the event was read from, as far as one is kept.
void keep_document(std::string_view body, model::Event& event);
model::EventPicture picture_of(const multipart::Part& part);

}  // namespace camfleet::device
