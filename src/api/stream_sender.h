#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/stream_feed.h"
#include "api/stream_outlet.h"
#include "api/stream_request.h"
#include "auth/gate.h"

namespace camfleet::api {

// One subscriber of /api/v1/stream, from its first event to its last. On the loop of its connection; what it
// is given outlives it.
class StreamSender {
 public:
  StreamSender(StreamFeed& feed, StreamFeed::Subscriber& subscriber, const auth::Gate& gate, const Call& call,
               Outlet& outlet, StreamRequest request)
      : feed_(feed),
        subscriber_(subscriber),
        gate_(gate),
        call_(call),
        outlet_(outlet),
        interest_(std::move(request.interest)),
        place_(request.place) {}

  // Why it ended: net.closed (the client left), net.timeout (it does not read, or no longer answers),
  // fleet.stopping, auth.*: of the last two the client was told.
  net::Task<Error> run();

 private:
  SteadyTime write_limit();
  net::Task<Result<>> write(std::vector<EventText> events);
  net::Task<Result<bool>> pass_on();
  net::Task<Result<bool>> pass_on_moves();
  net::Task<Result<bool>> pass_on_alarms();
  // Puts it behind what is to be sent, with our place; sends where that has become much.
  net::Task<Result<>> add(std::string_view event, const std::string& data);
  void add_reset(std::string_view cause);
  net::Task<Result<>> flush();
  net::Task<Result<>> wait();

  StreamFeed& feed_;
  StreamFeed::Subscriber& subscriber_;
  const auth::Gate& gate_;
  const Call& call_;
  Outlet& outlet_;
  StreamInterest interest_;
  StreamCursor place_;
  std::vector<EventText> out_;
  std::size_t out_bytes_ = 0;
  std::optional<StreamCursor> ended_with_id_;  // what the client was last told
  std::optional<SteadyTime> asked_;            // when the last sign of life was sent
  SteadyTime last_write_{};
  SteadyTime next_recheck_{};
};

}  // namespace camfleet::api
