#pragma once
#include <CLI/App.hpp>
#include <string>

namespace camfleet::cli {

// The script that makes a shell complete verbs and options, made of the tree itself, so that it never lags
// behind. For bash also the ids of devices, asked of the gateway (2 s at most, silently nothing without one).
std::string bash_completion(const CLI::App& root);
std::string zsh_completion(const CLI::App& root);
std::string fish_completion(const CLI::App& root);

}  // namespace camfleet::cli
