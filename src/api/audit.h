#pragma once
#include "api/router.h"

namespace camfleet::api {

// One line "audit" in the log for each change that a known caller asked for, done or refused: who (the
// token's id and name, the role), what (the operation), on what, the result (a code), the trace id. Nothing
// of the body, so never a secret. Reads leave none. For live tokens too: they say who let whom watch what.
void audit(const Route& route, const Call& call, const Result<>& done);

}  // namespace camfleet::api
