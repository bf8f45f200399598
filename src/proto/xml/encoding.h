#pragma once
#include <string>
#include <string_view>

namespace camfleet::xml {

// The text of a device as UTF-8. Believed in this order: byte-order mark, the look of UTF-16, a declared GBK,
// GB2312, GB18030, Big5, EUC-KR or Latin-1, valid UTF-8, bytes that are GBK throughout; at last each bad byte
// becomes U+FFFD. The mark is left out. `changed` says that the text is not what came.
std::string to_utf8(std::string_view bytes, bool& changed);

}  // namespace camfleet::xml
