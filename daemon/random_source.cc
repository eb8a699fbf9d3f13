// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/random_source.h"

#include <cerrno>
#include <sys/random.h>
#include <system_error>

#include "base/secret.h"

namespace sallyport::daemon {

RandomSource::~RandomSource() {
  for (auto& entropy : buffer_) WipeBytes(entropy);
}

Entropy RandomSource::Draw() {
  if (left_ == 0) {
    const auto got = getrandom(buffer_.data(), sizeof buffer_, 0);
    if (got != static_cast<ssize_t>(sizeof buffer_)) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    left_ = kDraws;
  }
  Entropy& slot = buffer_[--left_];
  const Entropy drawn = slot;
  WipeBytes(slot);
  return drawn;
}

}  // namespace sallyport::daemon
