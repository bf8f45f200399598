# cmake -DDIR=ui/dist -DOUT=<path without ending> -P embed.cmake
#
# Writes OUT.S, which takes in every file of DIR as it is (.incbin), and OUT.cpp, the table of them for api::Assets.
set(types ".html=text/html\; charset=utf-8" ".js=text/javascript\; charset=utf-8" ".css=text/css\; charset=utf-8"
    ".svg=image/svg+xml" ".png=image/png" ".woff2=font/woff2" ".json=application/json")

file(GLOB_RECURSE files RELATIVE ${DIR} ${DIR}/*)
list(FILTER files EXCLUDE REGEX "(^|/)\\.")
set(assembly ".section .rodata\n")
set(externs "")
set(rows "")
set(index 0)
foreach(file ${files})
  string(REGEX MATCH "\\.[a-z0-9]+$" ending ${file})
  set(type "application/octet-stream")
  foreach(pair IN LISTS types)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${pair}")
    if(ending STREQUAL CMAKE_MATCH_1)
      set(type "${CMAKE_MATCH_2}")
    endif()
  endforeach()
  file(SHA256 ${DIR}/${file} hash)
  string(SUBSTRING ${hash} 0 32 hash)
  string(APPEND assembly ".global camfleet_asset_${index}\n.global camfleet_asset_end_${index}\n"
                         "camfleet_asset_${index}:\n.incbin \"${DIR}/${file}\"\ncamfleet_asset_end_${index}:\n")
  string(APPEND externs "extern const char camfleet_asset_${index}[];\nextern const char camfleet_asset_end_${index}[];\n")
  string(APPEND rows "      {\"/${file}\", \"${type}\", \"\\\"${hash}\\\"\", between(camfleet_asset_${index}, camfleet_asset_end_${index})},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND assembly ".section .note.GNU-stack,\"\",@progbits\n")
file(WRITE ${OUT}.S "${assembly}")
file(WRITE ${OUT}.cpp "// Made by cmake/embed.cmake.
#include \"app/console.h\"

#include <array>

extern \"C\" {
${externs}}

namespace camfleet::app {
namespace {
[[maybe_unused]] std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }
}  // namespace

api::Assets console() {
  static const std::array<api::Asset, ${index}> files{{
${rows}  }};
  return files;
}

}  // namespace camfleet::app
")
