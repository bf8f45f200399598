#pragma once
#include <expected>

#include "base/error.h"

namespace camfleet {

// What a camera, a network or a disk may refuse. Exceptions are for bugs and for the unwinding of
// cancellation.
template <class T = void>
using Result = std::expected<T, Error>;

// `return fail(Code::net_timeout, "connect to 10.0.0.7:80");`
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string place = {}) {
  return std::unexpected<Error>(Error{code, std::move(place)});
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace camfleet
