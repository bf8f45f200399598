// Any WWW-Authenticate value, several to a line: challenges keep their limits, an answer to one is read back
// as it was meant, and a login ends after a few sendings whatever the device says.
#include "base/text.h"
#include "fuzz.h"
#include "proto/digest/authorization.h"
#include "proto/digest/client.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = as_text({data, size});
  const auto whole = digest::parse_challenges(text);
  require(whole.size() <= digest::kMaxChallenges);
  for (const auto& challenge : whole) {
    require(challenge.realm.size() <= digest::kMaxParameter &&
            challenge.nonce.size() <= digest::kMaxParameter);
    const auto header = digest::answer(challenge, {"GET", "/a?b=\"c\"", "us\\er", "p:w"}, 7, "cn");
    require(header.find_first_of("\r\n") == std::string::npos);
    const auto read = digest::parse_authorization(header);
    require(read && read->user == "us\\er" && read->scheme == challenge.scheme);
    if (read->scheme == digest::Scheme::basic)
      require(read->password.equals("p:w"));
    else
      require(read->uri == "/a?b=\"c\"" && read->response.size() >= 32);
  }
  (void)digest::parse_authorization(text);

  digest::Client client;
  for (int request = 0; request < 3; ++request) {
    digest::Attempt attempt{client, request == 1};
    int responses = 0;
    for (int sendings = 0;; ++sendings) {
      require(sendings < 5);
      if (!attempt.authorization("GET", "/", "admin", Secret{"x"}).empty()) ++responses;
      require(responses <= 2);
      const std::string_view value = take_until(text, '\n');
      const auto verdict = value.starts_with('+') ? attempt.answered(200, {})
                           : value.empty()        ? attempt.answered(401, {})
                                                  : attempt.answered(401, std::span{&value, 1});
      if (verdict.next != digest::Attempt::Verdict::Next::again) break;
    }
  }
  return 0;
}
