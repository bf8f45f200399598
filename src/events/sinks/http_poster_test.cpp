#include "events/sinks/http_poster.h"

#include <gtest/gtest.h>

namespace camfleet::events::sinks {
namespace {

Outcome of(int status, const char* retry_after = nullptr) {
  net::HttpResponse response;
  response.status = status;
  if (retry_after != nullptr) response.headers.set("Retry-After", retry_after);
  return outcome_of(response);
}

TEST(HttpPoster, knows_what_a_status_means) {
  for (const int status : {301, 302, 307, 401, 403, 404, 405, 407, 410})
    EXPECT_EQ(of(status).verdict, Verdict::refused) << status;
  for (const int status : {400, 409, 411, 413, 414, 415, 422, 431})
    EXPECT_EQ(of(status).verdict, Verdict::rejected) << status;
  for (const int status : {408, 425, 500, 501, 502, 504, 599})
    EXPECT_EQ(of(status).verdict, Verdict::event_failed) << status;
  for (const int status : {429, 503}) EXPECT_EQ(of(status).verdict, Verdict::throttled) << status;
}

TEST(HttpPoster, is_as_patient_as_asked_within_an_hour) {
  EXPECT_EQ(of(503, "7").error.retry_after_s, 7);
  EXPECT_EQ(of(429, "86400").error.retry_after_s, 3600);
  EXPECT_EQ(of(429, "soon").error.retry_after_s, 0);
  EXPECT_EQ(of(429).error.retry_after_s, 0);
  EXPECT_EQ(of(503, "7").error.place, "status 503");
}

TEST(HttpPoster, an_address_that_is_not_allowed_is_for_the_operator) {
  EXPECT_EQ(outcome_of(Error{Code::net_forbidden_address}).verdict, Verdict::refused);
  EXPECT_EQ(outcome_of(Error{Code::sink_unreachable}).verdict, Verdict::sink_failed);
  EXPECT_EQ(outcome_of(Error{Code::sink_timeout}).verdict, Verdict::event_failed);
}

}  // namespace
}  // namespace camfleet::events::sinks
