// SPDX-License-Identifier: GPL-2.0-or-later
// The port to whatever negotiates the SAs. Today's one backend is strongSwan's charon
// (strongswan.h); IKEv1 leaves strongSwan in the coming years, so nothing here may know of it.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/ip_address.h"
#include "base/secret.h"
#include "base/strong_id.h"
#include "daemon/attempt.h"
#include "daemon/count_by_reason.h"
#include "daemon/data_plane.h"
#include "daemon/esp_sizes.h"

namespace sallyport::daemon {

struct IpsecConfig;

/// The backend's name for one pair of ESP SAs (phase 2), stable through rekeys.
using SaId = StrongId<struct SaIdTag, uint64_t>;

/// One client's pair of ESP SAs and the IKE SA over it, as the operator wants to see them.
struct SecurityAssociation {
  SaId id;
  ReqId reqid;
  IpEndpoint peer;          // outer address and IKE port of the client (behind NAT: the NAT's)
  IpAddress local;          // outer address of ours
  std::string ike_version;  // "IKEv1", "IKEv2"
  std::string local_id;     // printable
  std::string remote_id;    // printable
  std::string ike_proposal;
  std::string esp_proposal;
  EspSizes esp_sizes = kLargestEspSizes;  // of its transform
  uint32_t spi_in = 0;                    // host byte order
  uint32_t spi_out = 0;
  bool udp_encapsulation = false;  // NAT-T (RFC 3948)
  bool peer_behind_nat = false;
  uint64_t ike_sa = 0;    // the backend's number for the IKE SA over it
  std::string selectors;  // protocols and ports of both sides, in the backend's words
  bool one_port = false;  // they name one port of the peer's
  /// The pair whose client goes on through this one; it is still there. After a NAT has moved a
  /// client, its next rekey makes a pair with another reqid.
  std::optional<SaId> continues;
  std::string dial;  // the name of the dial that it was asked for; empty: the peer asked
};

/// The kernel's SAs that the backend answers for, those of other users of it included.
struct KnownSas {
  std::set<uint32_t> spis;  // of either direction, host byte order
  std::set<ReqId> reqids;   // of those whose SPIs it does not tell just now
};

/// A server that we ask for an SA.
struct IkeServer {
  std::string dial;  // our name for it: letters, digits, dashes and underscores
  IpAddress address;
  Secret psk;  // empty: the one of all peers
};

/// How the backend is, for the status page and the log.
struct IkeState {
  bool connected = false;            // it answers, and has what it takes of our configuration
  std::string path;                  // its control socket
  std::string version;               // as it names itself; empty before the first answer
  std::optional<std::string> error;  // why it is not usable, or not for all
  std::optional<std::string> hint;   // what the operator can do about it
  bool lacks_ikev1 = false;          // so the clients of desktops and phones cannot be served
  bool refuses = false;              // something of our configuration; the rest is served
  /// What it sent that could not be read, by reason.
  CountByReason drops;
};

class Ike {
 public:
  /// Called from the event loop, never from inside a call to Ike.
  class Observer {
   public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;
    /// A new pair of SAs is in the kernel. Also sent for each one found at start.
    virtual void OnSaUp(const SecurityAssociation& sa) = 0;
    /// The pair was rekeyed, or its peer's outer address or port moved; same id and reqid.
    virtual void OnSaChanged(const SecurityAssociation& sa) = 0;
    /// The pair is gone; `reason` is readable.
    virtual void OnSaDown(SaId id, ReqId reqid, const std::string& reason) = 0;
    /// A backend that was started anew does not know the pair. It is told of no more, though the
    /// kernel may still have it and carry a client's traffic through it.
    virtual void OnSaForgotten(SaId id) = 0;
    virtual void OnIkeState(const IkeState& state) = 0;
    /// A client did not get its SAs. Told once for each attempt, some seconds after it failed.
    virtual void OnAttemptFailed(const FailedAttempt& attempt) = 0;
    /// What Initiate() was called for came to nothing; `reason` is readable.
    virtual void OnDialFailed(const std::string& dial, const std::string& reason) = 0;
  };

  Ike() = default;
  Ike(const Ike&) = delete;
  Ike& operator=(const Ike&) = delete;
  virtual ~Ike() = default;

  /// Begins to connect, and keeps trying. `observer` must live until Stop() is done or this object
  /// has gone.
  virtual void Start(Observer& observer) = 0;
  /// How clients are met from now on; SAs that exist live on.
  virtual void Configure(const IpsecConfig& ipsec) = 0;
  /// Deletes the SA and, if nothing else uses it, its IKE SA (RFC 3193 §3.1). Does not wait.
  virtual void Terminate(SaId id) = 0;
  /// Takes Terminate() back, if the backend has not heard of it yet: the SA is used again.
  virtual void Keep(SaId id) = 0;
  /// Asks the server for a pair of SAs, in place of those that the dial has. OnSaUp() or
  /// OnDialFailed() follows, or neither if the backend goes away meanwhile.
  virtual void Initiate(const IkeServer& server) = 0;
  using KnownSasCallback = UniqueFunction<void(const KnownSas& known)>;
  /// Asks the backend what it knows. `done` is not called when that does not answer.
  virtual void ListSas(KnownSasCallback done) = 0;
  /// Takes our connections and secrets out of the backend, as far as it answers; `done` runs when
  /// that is over. Existing SAs live on.
  virtual void Stop(UniqueFunction<void()> done) = 0;
  virtual const IkeState& state() const = 0;
};

}  // namespace sallyport::daemon
