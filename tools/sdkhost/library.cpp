#include "sdkhost/library.h"

#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace camfleet::sdkhost {
namespace {

constexpr const char* kFile = "libhcnetsdk.so";

std::unexpected<Library::Failure> fails(Outcome outcome, std::string text, std::uint32_t error = 0) {
  return std::unexpected(Library::Failure{outcome, error, std::move(text)});
}

// dlopen() says of a library for another machine no more than that it cannot be opened.
std::expected<void, Library::Failure> look_at(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::array<unsigned char, sizeof(Elf64_Ehdr)> head{};
  if (!in) return fails(Outcome::unreadable, file.string() + ": not there, or not readable");
  in.read(reinterpret_cast<char*>(head.data()), head.size());
  if (static_cast<std::size_t>(in.gcount()) < head.size() || std::memcmp(head.data(), ELFMAG, SELFMAG) != 0)
    return fails(Outcome::unreadable, file.string() + ": not a shared library");
  Elf64_Ehdr elf{};
  std::memcpy(&elf, head.data(), sizeof elf);
  if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != EM_X86_64)
    return fails(Outcome::incompatible, file.string() + ": for another machine than x86-64 (ELF class " +
                                            std::to_string(elf.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32) +
                                            ", machine " + std::to_string(elf.e_machine) + ')');
  return {};
}

// "libcrypto.so", "libcrypto.so.1.1": whatever the directory has.
std::string part(const std::filesystem::path& directory, std::string_view stem) {
  std::error_code ec;
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator{directory, ec}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(stem) && (found.empty() || name.size() > found.size()))
      found = entry.path().string();
  }
  return found;
}

template <std::size_t N>
void put(char (&to)[N], const std::string& text) {
  std::snprintf(to, N, "%s", text.c_str());
}

// The numbers that it takes.
std::uint32_t step_of(std::uint32_t wanted) {
  for (const std::uint32_t step : {2'048U, 5'120U, 10'240U, 15'360U})
    if (wanted <= step) return step;
  return 20'480;
}

}  // namespace

std::expected<Library, Library::Failure> Library::load(const std::filesystem::path& directory) {
  std::error_code ec;
  if (!std::filesystem::is_directory(directory, ec))
    return fails(Outcome::unreadable, directory.string() + ": no such directory");
  if (auto looked = look_at(directory / kFile); !looked) return std::unexpected(looked.error());
  if (::chdir(directory.c_str()) != 0)
    return fails(Outcome::unreadable, directory.string() + ": " + std::strerror(errno));
  // Found by their names when the library asks for them.
  for (const char* needed : {"libhpr.so", "libHCCore.so"})
    if (const auto path = directory / needed; std::filesystem::exists(path, ec))
      ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* handle = ::dlopen((directory / kFile).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    return fails(Outcome::unreadable, why != nullptr ? why : "dlopen fails");
  }
  Library out;
  std::string lacking;
#define CAMFLEET_SDK_FIND(name, result, parameters)                                  \
  out.call.name = reinterpret_cast<decltype(out.call.name)>(::dlsym(handle, #name)); \
  if (out.call.name == nullptr) lacking += (lacking.empty() ? "" : " ") + std::string{#name};
  CAMFLEET_SDK_FUNCTIONS(CAMFLEET_SDK_FIND)
  if (!lacking.empty()) return fails(Outcome::incompatible, "lacks " + lacking);
  CAMFLEET_SDK_FUNCTIONS_6_1(CAMFLEET_SDK_FIND)
#undef CAMFLEET_SDK_FIND
  out.missing = std::move(lacking);
  return out;
}

std::string Library::text_of(std::uint32_t number) const {
  auto asked = static_cast<std::int32_t>(number);
  const char* text = call.NET_DVR_GetErrorMsg(&asked);
  return text == nullptr ? std::string{} : std::string(text, ::strnlen(text, 200));
}

std::expected<InitResult, Library::Failure> Library::start(const Init& init) {
  const std::filesystem::path directory{init.directory};
  if (call.NET_DVR_SetSDKInitCfg != nullptr) {
    abi::LibraryPath path{};
    put(path.path, init.directory);
    call.NET_DVR_SetSDKInitCfg(abi::init_library_path, &path);
    for (const auto& [type, stem] : {std::pair{abi::init_libcrypto_path, "libcrypto.so"},
                                     std::pair{abi::init_libssl_path, "libssl.so"}}) {
      auto file = part(directory, stem);
      if (!file.empty()) call.NET_DVR_SetSDKInitCfg(type, file.data());
    }
    abi::InitAbility ability{};
    ability.logins = ability.alarm_channels = step_of(init.logins);
    call.NET_DVR_SetSDKInitCfg(abi::init_ability, &ability);
  }
  if (call.NET_DVR_Init() == 0) {
    const auto number = error();
    return fails(Outcome::not_started, "NET_DVR_Init", number);
  }
  call.NET_DVR_SetConnectTime(init.connect_ms, 1);
  call.NET_DVR_SetRecvTimeOut(init.receive_ms);
  call.NET_DVR_SetReconnect(5'000, 1);
  abi::GeneralConfig general{};
  general.alarm_json_picture_separate = 1;
  general.alarm_reconnect_pool = 1;
  general.large_pass_through = 1;
  call.NET_DVR_SetSDKLocalCfg(abi::local_general, &general);
  abi::CheckDeviceConfig check{};
  check.interval_ms = 30'000;
  call.NET_DVR_SetSDKLocalCfg(abi::local_check_device, &check);

  InitResult out;
  out.version = call.NET_DVR_GetSDKVersion();
  out.build = call.NET_DVR_GetSDKBuildVersion();
  abi::Ability able{};
  if (call.NET_DVR_GetSDKAbility(&able) != 0) {
    out.logins = able.max_logins;
    out.streams = able.max_live_views;
    out.alarms = able.max_alarm_channels;
  }
  out.missing = missing;
  return out;
}

}  // namespace camfleet::sdkhost
