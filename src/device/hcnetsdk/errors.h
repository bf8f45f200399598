#pragma once
#include <cstdint>

#include "base/error.h"
#include "proto/sdkhost/message.h"

namespace camfleet::device::hcnetsdk {

// What an error number of the vendor's library means to the house. Unknown ones are sdk.failed.
Code code_of(std::uint32_t number);

// What the other way of logging in cannot mend: a password is tried once.
bool decides_login(Code code);
// Whether a question that failed so tells that the session cannot go on.
bool ends_session(Code code);

// The error of an answer that is none of ok: "login: error 7".
Error error_of(const sdkhost::Answer& answer, const char* what);
// The same of a login, with what the library told of attempts left and of the lock.
Error login_error(const sdkhost::Answer& answer);

}  // namespace camfleet::device::hcnetsdk
