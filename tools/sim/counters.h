#pragma once
#include <atomic>
#include <cstdint>

namespace camfleet::sim {

// What a device saw. Written by the device's loop, read by the control API from another.
struct Counters {
  using Count = std::atomic<std::uint64_t>;
  Count logins{0};           // right answers to a new challenge, HTTP and RTSP
  Count wrong_passwords{0};  // wrong answers, also those during a lock
  Count locks{0};            // times that the account was locked
  Count refused_locked{0};   // answers during a lock, right ones too
  Count stale{0};            // answers to a nonce that had expired
  Count connections{0};      // accepted, HTTP and RTSP
  Count http_requests{0};
  Count ptz_commands{0};  // continuous, momentary and absolute ones
  Count key_frames_asked{0};
  Count alarm_streams{0};   // open now
  Count alarms_raised{0};   // alarms that began, whoever listened
  Count alarm_posts{0};     // parts that an open stream took: repetitions and ends too, no heartbeats
  Count alarms_unheard{0};  // alarms that began while no stream was open
  Count rtsp_requests{0};
  Count rtsp_sessions{0};     // open now, from SETUP on
  Count playing{0};           // now
  Count plays{0};             // PLAY requests that started a stream
  Count sessions_refused{0};  // 453
  Count teardowns{0};
  Count timeouts{0};          // sessions ended because nothing was heard or taken
  Count frames{0};            // sent
  Count sound_packets{0};     // sent
  Count frames_skipped{0};    // for a slow reader
  Count bytes{0};             // of RTP and RTCP, framing included
  Count udp_plays{0};         // those of `plays` that went over UDP
  Count receiver_reports{0};  // of sessions over UDP
};

// Calls visit(name, counter, is_gauge) for each.
template <class Visit>
void for_each_counter(const Counters& c, Visit visit) {
  visit("logins", c.logins);
  visit("wrong_passwords", c.wrong_passwords);
  visit("locks", c.locks);
  visit("refused_locked", c.refused_locked);
  visit("stale", c.stale);
  visit("connections", c.connections);
  visit("http_requests", c.http_requests);
  visit("ptz_commands", c.ptz_commands);
  visit("key_frames_asked", c.key_frames_asked);
  visit("alarm_streams", c.alarm_streams);
  visit("alarms_raised", c.alarms_raised);
  visit("alarm_posts", c.alarm_posts);
  visit("alarms_unheard", c.alarms_unheard);
  visit("rtsp_requests", c.rtsp_requests);
  visit("rtsp_sessions", c.rtsp_sessions);
  visit("playing", c.playing);
  visit("plays", c.plays);
  visit("sessions_refused", c.sessions_refused);
  visit("teardowns", c.teardowns);
  visit("timeouts", c.timeouts);
  visit("frames", c.frames);
  visit("sound_packets", c.sound_packets);
  visit("frames_skipped", c.frames_skipped);
  visit("bytes", c.bytes);
  visit("udp_plays", c.udp_plays);
  visit("receiver_reports", c.receiver_reports);
}

// One thread writes a counter, so no locked instruction is needed.
inline void add(Counters::Count& count, std::uint64_t n = 1) {
  count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}
inline void drop(Counters::Count& count) { add(count, ~std::uint64_t{0}); }

}  // namespace camfleet::sim
