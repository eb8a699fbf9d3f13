// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/unique_function.h"
#include "daemon/worker_pool.h"

namespace sallyport::daemon {

/// The port to whatever knows the addresses of hosts.
class Resolver {
 public:
  /// The error is readable.
  using Callback = UniqueFunction<void(Expected<IpAddress, std::string> address)>;

  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  virtual ~Resolver() = default;

  /// Returns at once; `done` runs later in the event loop, unless the object goes before.
  virtual void Resolve(const std::string& host, Callback done) = 0;
};

/// The system's own: getaddrinfo(3), in a worker thread.
class SystemResolver final : public Resolver {
 public:
  /// `pool` outlives it.
  explicit SystemResolver(WorkerPool& pool) : pool_(pool) {}

  void Resolve(const std::string& host, Callback done) override;

 private:
  WorkerPool& pool_;
};

}  // namespace sallyport::daemon
