// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/unique_fd.h"
#include "base/unique_function.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"
#include "daemon/ikev1_probe.h"
#include "daemon/log_limit.h"
#include "daemon/peer_credentials.h"
#include "daemon/strongswan_config.h"
#include "daemon/strongswan_loader.h"
#include "daemon/strongswan_log.h"
#include "daemon/strongswan_sas.h"
#include "daemon/vici_connection.h"
#include "vici/message.h"

namespace sallyport::daemon {

/// IKE by strongSwan's charon, over VICI. Two connections: on one the events are registered and
/// then, in the same ordered stream so that nothing falls between, all SAs are listed; the other
/// carries the commands. When either breaks both are closed, what is known of the SAs is kept, and
/// after the next connection brought into line with what charon then says.
class Strongswan final : public Ike {
 public:
  /// `loop` outlives it.
  Strongswan(EventLoop& loop, StrongswanOptions options);

  void Start(Observer& observer) override;
  void Configure(const IpsecConfig& ipsec) override;
  void Terminate(SaId id) override;
  void Keep(SaId id) override;
  void Initiate(const IkeServer& server) override;
  void ListSas(KnownSasCallback done) override;
  void Stop(UniqueFunction<void()> done) override;
  const IkeState& state() const override { return state_; }

 private:
  enum class Phase {
    kIdle,       // not started, or stopped
    kWaiting,    // the timer will connect
    kPreparing,  // connected; loading and listing
    kReady,
    kFailed,    // the timer, which is due, will close the connections
    kStopping,  // the timer will give up
  };

  struct Failure {
    std::string error;
    std::string hint;
  };

  void OnTimer();
  void Connect();
  Expected<UniqueFd, Failure> OpenSocket();
  std::unique_ptr<ViciConnection> NewConnection(UniqueFd socket, bool with_events);
  void PrepareEvents();
  void PrepareCommands();
  void Load(StrongswanLoader::LoadedCallback done);
  void TellLoaded(const std::optional<StrongswanLoader::Refusal>& refusal);
  void SetRefusal(const std::optional<StrongswanLoader::Refusal>& refusal);
  /// The same while ready, if it is due (load_again_) and as soon as it can be.
  void LoadAgain();
  /// Sees to it that charon still has what was loaded.
  void CheckLoaded();
  void CheckAlgorithms();
  /// Says so if charon has no IKEv1, which nearly every client needs.
  void ProbeIkev1();
  /// One of the two connections has done its preparation.
  void Prepared();
  void Fail(Failure failure);
  void CloseAndRetry();
  void Close();

  void OnEvent(std::string_view name, const vici::Message& event);
  void OnAlert(const vici::Message& event);
  void Report(const StrongswanSas::Changes& changes);

  void SendInitiate(const IkeServer& server);
  void LoadAndInitiate(const IkeServer& server);
  void DialFailed(const std::string& dial, const std::string& reason);
  void TerminateNext();
  void SendTermination(SaId id, const StrongswanSas::Termination& termination);
  /// charon has answered a termination: with `failure`, unless that is empty.
  void Terminated(SaId id, vici::ChildUniqueId child, const std::string& failure);
  void Unload();
  void FinishStopIfIdle();
  void FinishStop();

  EventLoop& loop_;
  StrongswanOptions options_;
  LogLimit alerts_log_;
  Observer* observer_ = nullptr;  // set as long as phase_ is not kIdle
  Phase phase_ = Phase::kIdle;
  IkeState state_;
  StrongswanSas sas_;
  StrongswanLog log_;
  unsigned failures_ = 0;     // attempts since the last one that got ready
  unsigned unprepared_ = 0;   // connections that are still in their preparation
  bool events_known_ = true;  // every event that we cannot do without is known to charon
  bool load_again_ = false;   // the configuration is another, or charon has lost it
  std::optional<StrongswanLoader::Refusal> refusal_;  // of the load that is under way
  std::deque<SaId> to_terminate_;
  std::map<std::string, IkeServer> to_initiate_;  // by dial; until charon answers
  std::set<std::string> dials_;                   // whose connections are loaded
  std::set<std::string> own_keys_;                // private ones that charon has of us
  std::optional<PeerCredentials> charon_;         // which charon that is
  std::optional<SaId> terminating_;               // whose `terminate` is not answered yet
  bool unloaded_ = false;  // while stopping: charon has taken back what we loaded
  UniqueFunction<void()> stop_done_;
  std::unique_ptr<ViciConnection> events_;
  std::unique_ptr<ViciConnection> commands_;
  std::unique_ptr<StrongswanLoader> loader_;  // as long as there are commands_
  Ikev1Probe probe_;
  Timer timer_;
  Timer check_timer_;
};

}  // namespace sallyport::daemon
