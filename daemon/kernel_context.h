// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "base/expected.h"
#include "daemon/worker_pool.h"
#include "netlink/kernel_error.h"
#include "netlink/l2tp.h"
#include "netlink/nftables.h"
#include "netlink/route.h"
#include "netlink/xfrm.h"

namespace sallyport::daemon {

/// The netlink sockets of one worker thread, kept as long as the thread. They are opened at once,
/// so that the number of descriptors in use says something of the clients alone; what cannot be
/// opened then is tried again at its first use.
class KernelContext final : public WorkerContext {
 public:
  KernelContext() {
    (void)l2tp();
    (void)route();
    (void)nftables();
    (void)xfrm();
  }

  template <typename T>
  using Result = Expected<T, netlink::KernelError>;

  Result<netlink::L2tp*> l2tp() { return Get(l2tp_); }
  Result<netlink::Route*> route() { return Get(route_); }
  Result<netlink::Nftables*> nftables() { return Get(nftables_); }
  Result<netlink::Xfrm*> xfrm() { return Get(xfrm_); }

 private:
  template <typename T>
  static Result<T*> Get(std::optional<T>& object) {
    if (!object) {
      auto opened = T::Open();
      if (!opened) return Unexpected{opened.error()};
      object.emplace(*std::move(opened));
    }
    return &*object;
  }

  std::optional<netlink::L2tp> l2tp_;
  std::optional<netlink::Route> route_;
  std::optional<netlink::Nftables> nftables_;
  std::optional<netlink::Xfrm> xfrm_;
};

}  // namespace sallyport::daemon
