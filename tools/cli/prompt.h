#pragma once
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace camfleet::cli {

// Questions to the person at the terminal; they go to the controlling terminal, so that a redirected output
// stays clean.

// Without echo; a signal meanwhile turns the echo on again. config.invalid where there is no terminal.
Result<Secret> ask_password(const std::string& question);

// "y" or "yes" is a yes. False without a terminal.
bool ask_yes(const std::string& question);

// Whether the standard input is a terminal.
bool somebody_there();

}  // namespace camfleet::cli
