#include "base/advice.h"

namespace camfleet {
namespace {

using enum Action;

constexpr auto kActions = std::to_array<ActionInfo>({
    {"none", "", "", ""},
#define CAMFLEET_ACTION(symbol, name, how, en, zh) {name, how, en, zh},
#define CAMFLEET_ADVICE(...)
#include "base/advice_catalogue.inc"
#undef CAMFLEET_ADVICE
#undef CAMFLEET_ACTION
});

constexpr auto kAdvice = std::to_array<Advice>({
#define CAMFLEET_ACTION(...)
#define CAMFLEET_ADVICE(symbol, en, zh, ...) {Code::symbol, en, zh, {__VA_ARGS__}},
#include "base/advice_catalogue.inc"
#undef CAMFLEET_ADVICE
#undef CAMFLEET_ACTION
});

}  // namespace

const ActionInfo& info(Action action) { return kActions.at(static_cast<std::size_t>(action)); }

const Advice* advice(Code code) {
  for (const auto& row : kAdvice)
    if (row.code == code) return &row;
  return nullptr;
}

}  // namespace camfleet
