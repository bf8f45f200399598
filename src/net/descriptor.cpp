#include "net/descriptor.h"

#include <unistd.h>

namespace camfleet::net {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace camfleet::net
