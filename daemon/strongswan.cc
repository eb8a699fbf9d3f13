// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "daemon/log.h"
#include "vici/events.h"

namespace sallyport::daemon {
namespace {

using std::chrono::seconds;

// Between attempts to connect: 1, 2, 4, ... 30 s. Local policy.
constexpr seconds kFirstRetry{1};
constexpr seconds kLastRetry{30};
/// For charon to take back what we loaded. Local policy.
constexpr seconds kStopTimeout{5};
/// Milliseconds that a forced end of an IKE SA may take. Local policy.
constexpr std::string_view kForcedEnd = "2000";
/// charon's answer where there is nothing to terminate (vici_control.c).
constexpr std::string_view kNothingMatched = "no matching";
/// strongSwan 6.0.3 and later; charon says when it does not know the event.
constexpr std::string_view kAlertEvent = "alert";

seconds RetryDelay(unsigned failures) {
  const unsigned doublings = std::min(failures, 5U);  // 2^5 s is past the last
  return std::min(kFirstRetry * (1 << doublings), kLastRetry);
}

bool Exists(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0;
}

bool WantsIkev1(const IpsecConfig& ipsec) {
  return ipsec.ike != IkeVersions::kV2 ||
         std::any_of(ipsec.connections.begin(), ipsec.connections.end(),
                     [](const auto& connection) { return connection.ike != IkeVersions::kV2; });
}

vici::Message TerminateArguments(std::string_view key, std::string_view value) {
  // Without timeout=-1 charon answers only when the peer has, and a worker of its waits with us.
  return vici::Message().Set(key, value).Set("timeout", "-1");
}

}  // namespace

Strongswan::Strongswan(EventLoop& loop, StrongswanOptions options)
    : loop_(loop),
      options_(std::move(options)),
      log_(loop,
           [this](const FailedAttempt& attempt) {
             if (observer_ != nullptr) observer_->OnAttemptFailed(attempt);
           }),
      probe_(loop),
      timer_(loop.AddTimer([this] { OnTimer(); })),
      check_timer_(loop.AddTimer([this] { CheckLoaded(); })) {}

void Strongswan::Start(Observer& observer) {
  if (phase_ != Phase::kIdle) return;
  observer_ = &observer;
  phase_ = Phase::kWaiting;
  timer_.Set(loop_.Now());
}

void Strongswan::OnTimer() {
  switch (phase_) {
    case Phase::kWaiting:
      return Connect();
    case Phase::kFailed:
      return CloseAndRetry();
    case Phase::kStopping:
      return FinishStop();
    case Phase::kIdle:
    case Phase::kPreparing:
    case Phase::kReady:
      return;
  }
}

// ---- Connecting -------------------------------------------------------------------------------

void Strongswan::Connect() {
  phase_ = Phase::kPreparing;
  auto events = OpenSocket();
  if (!events) return Fail(events.error());
  auto commands = OpenSocket();
  if (!commands) return Fail(commands.error());
  // Another charon has nothing of ours; a key that it has somebody else has loaded.
  const auto charon = PeerCredentialsOf(commands->get());
  if (charon != std::exchange(charon_, charon)) own_keys_.clear();
  unprepared_ = 2;
  events_known_ = true;
  terminating_.reset();
  events_ = NewConnection(std::move(*events), true);
  commands_ = NewConnection(std::move(*commands), false);
  loader_ = std::make_unique<StrongswanLoader>(*commands_, dials_, own_keys_);
  PrepareEvents();
  PrepareCommands();
}

Expected<UniqueFd, Strongswan::Failure> Strongswan::OpenSocket() {
  state_.path = options_.path;
  for (const auto candidate : kViciSockets) {
    if (state_.path.empty() && Exists(std::string(candidate))) state_.path = candidate;
  }
  if (state_.path.empty()) {
    return Unexpected{
        Failure{.error = fmt::format("no VICI socket found ({})", fmt::join(kViciSockets, ", ")),
                .hint = HintForConnectError(ENOENT)}};
  }
  auto socket = ViciConnection::Connect(state_.path);
  if (socket) return std::move(*socket);
  return Unexpected{Failure{.error = fmt::format("cannot connect to {}: {}", state_.path,
                                                 std::generic_category().message(socket.error())),
                            .hint = HintForConnectError(socket.error())}};
}

std::unique_ptr<ViciConnection> Strongswan::NewConnection(UniqueFd socket, bool with_events) {
  return std::make_unique<ViciConnection>(
      loop_, std::move(socket),
      [this, with_events](std::string_view name, const vici::Message& event) {
        if (with_events) OnEvent(name, event);
      },
      [this](const std::string& reason, std::string_view malformed) {
        if (!malformed.empty()) {
          std::string name(malformed);
          std::ranges::replace(name, ' ', '_');  // as all reasons are written
          ++state_.drops[name];
        }
        Fail({.error = fmt::format("lost the IKE daemon: {}", reason), .hint = kLogHint});
      });
}

void Strongswan::PrepareEvents() {
  for (const auto event : StrongswanSas::kEvents) {
    events_->Register(event, [this, event](bool known) {
      if (!known && event != StrongswanSas::kOptionalEvent) events_known_ = false;
    });
  }
  events_->Register(kAlertEvent, {});
  sas_.BeginList();
  // Waits for SAs that charon is busy with: with "noblock" the list would lack them. Those of dials
  // have names of their own, so it is a list of all.
  events_->RequestStream(
      "list-sas", "list-sa", {},
      [this](const vici::Message& list_sa) {
        StrongswanSas::Changes changes;
        sas_.HandleListed(list_sa, changes);
        Report(changes);
      },
      [this](const ViciConnection::Reply& reply) {
        if (!reply || !events_known_) {
          return Fail({.error = "the IKE daemon does not offer the events that are needed",
                       .hint = kTooOldHint});
        }
        StrongswanSas::Changes changes;
        sas_.EndList(changes);
        Report(changes);
        Prepared();
      });
}

void Strongswan::PrepareCommands() {
  commands_->Request("version", {}, [this](const ViciConnection::Reply& reply) {
    if (!reply) return;
    state_.version =
        PrintableText(fmt::format("strongSwan {} ({})", reply->Value("version").value_or("?"),
                                  reply->Value("daemon").value_or("charon")));
  });
  load_again_ = false;
  Load([this](const std::optional<StrongswanLoader::Refusal>& refusal) {
    refusal_ = refusal;
    CheckAlgorithms();
  });
}

void Strongswan::Load(StrongswanLoader::LoadedCallback done) {
  loader_->Load(LoadCommands(options_), std::move(done));
}

void Strongswan::Configure(const IpsecConfig& ipsec) {
  options_.ipsec = ipsec;
  load_again_ = true;
  LoadAgain();
}

void Strongswan::LoadAgain() {
  if (phase_ != Phase::kReady || loader_->loading()) return;
  if (!std::exchange(load_again_, false)) return;
  Load([this](const std::optional<StrongswanLoader::Refusal>& refusal) {
    TellLoaded(refusal);
    LoadAgain();
  });
}

/// What is not refused goes on, as does what had the name of the refused before: a mistake in the
/// configuration is no reason to be deaf.
void Strongswan::SetRefusal(const std::optional<StrongswanLoader::Refusal>& refusal) {
  state_.error.reset();
  state_.hint.reset();
  state_.lacks_ikev1 = false;  // the probe comes next
  state_.refuses = refusal.has_value();
  if (!refusal) return;
  state_.error =
      fmt::format("the IKE daemon refuses {}: {}", refusal->what, PrintableText(refusal->why));
  state_.hint = HintForRefusal(refusal->why);
}

void Strongswan::TellLoaded(const std::optional<StrongswanLoader::Refusal>& refusal) {
  if (phase_ != Phase::kReady) return;
  SetRefusal(refusal);
  if (refusal) {
    observer_->OnIkeState(state_);
  } else {
    LogInfo("ike_configured", "the IKE daemon has the connections and keys of the configuration");
  }
  ProbeIkev1();
}

void Strongswan::CheckLoaded() {
  if (phase_ != Phase::kReady) return;
  check_timer_.Set(loop_.Now() + options_.check_interval);
  if (loader_->loading()) return;
  loader_->Check([this](const std::vector<std::string>& missing) {
    if (phase_ != Phase::kReady || missing.empty() || loader_->loading()) return;
    LogWarning("ike_configuration_lost",
               fmt::format("another program has taken from the IKE daemon what we loaded ({}); it "
                           "is loaded again. swanctl --load-all does so, --load-conns and "
                           "--load-creds as well",
                           fmt::join(missing, ", ")));
    load_again_ = true;
    LoadAgain();
  });
}

void Strongswan::CheckAlgorithms() {
  commands_->Request("get-algorithms", {}, [this](const ViciConnection::Reply& reply) {
    const std::string missing = reply ? MissingAlgorithms(*reply) : std::string();
    if (!missing.empty()) {
      LogWarning(
          "ike_algorithms_missing",
          fmt::format("charon lacks {}: some clients will find no proposal; load its openssl "
                      "plugin (package libstrongswan-standard-plugins)",
                      missing));
    }
    Prepared();
  });
}

void Strongswan::ProbeIkev1() {
  if (!options_.probe || !WantsIkev1(options_.ipsec)) return;
  probe_.Start(*options_.probe, [this](bool missing) {
    if (!missing || phase_ != Phase::kReady) return;
    const auto add = [](std::optional<std::string>& text, std::string_view more) {
      text = text ? fmt::format("{}; {}", *text, more) : std::string(more);
    };
    state_.lacks_ikev1 = true;
    add(state_.error, kNoIkev1);
    add(state_.hint, kNoIkev1Hint);
    observer_->OnIkeState(state_);
  });
}

void Strongswan::Prepared() {
  if (phase_ != Phase::kPreparing || --unprepared_ != 0) return;
  phase_ = Phase::kReady;
  failures_ = 0;
  log_.Start(state_.path);
  state_.connected = true;
  SetRefusal(std::exchange(refusal_, {}));
  // What charon did not hear of before the connection was lost.
  const auto unheard = sas_.Terminating();
  to_terminate_.assign(unheard.begin(), unheard.end());
  observer_->OnIkeState(state_);
  check_timer_.Set(loop_.Now() + options_.check_interval);
  LoadAgain();
  ProbeIkev1();
  TerminateNext();
  for (const auto& [dial, server] : to_initiate_) SendInitiate(server);
}

void Strongswan::Fail(Failure failure) {
  if (phase_ != Phase::kPreparing && phase_ != Phase::kReady && phase_ != Phase::kStopping) return;
  // A stop that charon does not live to see is over.
  if (phase_ != Phase::kStopping) phase_ = Phase::kFailed;
  state_.connected = false;
  state_.error = std::move(failure.error);
  state_.hint = std::move(failure.hint);
  // Not from here: the connection that failed is still on the stack.
  timer_.Set(loop_.Now());
}

void Strongswan::CloseAndRetry() {
  Close();
  phase_ = Phase::kWaiting;
  timer_.Set(loop_.Now() + RetryDelay(failures_++));
  observer_->OnIkeState(state_);
}

void Strongswan::Close() {
  check_timer_.Set(std::nullopt);
  events_.reset();
  loader_.reset();
  commands_.reset();
  log_.Stop();
  to_terminate_.clear();
}

// ---- Events -----------------------------------------------------------------------------------

void Strongswan::OnEvent(std::string_view name, const vici::Message& event) {
  if (phase_ != Phase::kPreparing && phase_ != Phase::kReady && phase_ != Phase::kStopping) return;
  if (name == kAlertEvent) return OnAlert(event);
  StrongswanSas::Changes changes;
  sas_.HandleEvent(name, event, changes);
  Report(changes);
}

void Strongswan::OnAlert(const vici::Message& event) {
  const auto alert = vici::ParseAlertEvent(event);
  if (!alert) return;
  const std::string peer = alert->ike ? alert->ike->remote.endpoint.ToString() : "a peer";
  alerts_log_.LogInfo("ike_alert", fmt::format("IKE with {}: {}", peer, PrintableText(alert->type)),
                      loop_.Now(), {{"PEER", peer}});
  log_.HandleAlert(*alert);
}

void Strongswan::Report(const StrongswanSas::Changes& changes) {
  for (const auto& change : changes) {
    if (const auto* up = std::get_if<StrongswanSas::Up>(&change)) {
      observer_->OnSaUp(up->sa);
    } else if (const auto* changed = std::get_if<StrongswanSas::Changed>(&change)) {
      observer_->OnSaChanged(changed->sa);
    } else if (const auto* down = std::get_if<StrongswanSas::Down>(&change)) {
      observer_->OnSaDown(down->id, down->reqid, down->reason);
    } else if (const auto* forgotten = std::get_if<StrongswanSas::Forgotten>(&change)) {
      observer_->OnSaForgotten(forgotten->id);
    } else if (const auto* failed = std::get_if<StrongswanSas::AttemptFailed>(&change)) {
      if (failed->dial.empty()) {
        log_.HandleEnded(failed->ike, failed->peer, failed->remote_id, failed->reason);
      }
      // What is still to be asked for anew has its former attempt ended first.
      const bool former = to_initiate_.contains(failed->dial);
      if (!failed->dial.empty() && !former) DialFailed(failed->dial, failed->reason);
    }
  }
}

// ---- Commands ---------------------------------------------------------------------------------

void Strongswan::Terminate(SaId id) {
  if (!sas_.MarkTerminating(id)) {
    // charon's "yes" may have been for an IKE SA that its children had left just then.
    const bool under_way =
        terminating_ == id || std::ranges::find(to_terminate_, id) != to_terminate_.end();
    if (under_way || !sas_.TerminationOf(id)) return;
  }
  to_terminate_.push_back(id);
  TerminateNext();
}

void Strongswan::Keep(SaId id) {
  if (std::erase(to_terminate_, id) > 0 || phase_ != Phase::kReady) sas_.UnmarkTerminating(id);
}

void Strongswan::Initiate(const IkeServer& server) {
  to_initiate_[server.dial] = server;
  if (phase_ == Phase::kReady) SendInitiate(server);
}

void Strongswan::SendInitiate(const IkeServer& server) {
  dials_.insert(server.dial);
  // What is left of an earlier attempt, or of an earlier life of ours, must not be taken for the
  // new one, nor the new one hang on an IKE SA that the server has forgotten. With IKEv1 the end is
  // not acknowledged, so that charon answers at once.
  commands_->Request("terminate",
                     vici::Message()
                         .Set("ike", DialConnectionName(server.dial))
                         .Set("force", "yes")
                         .Set("timeout", kForcedEnd),
                     [this, server](const ViciConnection::Reply&) { LoadAndInitiate(server); });
}

void Strongswan::LoadAndInitiate(const IkeServer& server) {
  if (phase_ == Phase::kStopping) return;  // the connections are being taken back
  const auto fail = [this, dial = server.dial](const ViciConnection::Reply& reply) {
    if (const std::string failure = FailureOf(reply); !failure.empty()) {
      DialFailed(dial, fmt::format("the IKE daemon refuses: {}", failure));
    }
  };
  if (!server.psk.empty()) commands_->Request("load-shared", DialKeyArguments(server), fail);
  commands_->Request("load-conn", DialConnectionArguments(options_, server), fail);
  commands_->Request("initiate",
                     vici::Message()
                         .Set("child", kChildName)
                         .Set("ike", DialConnectionName(server.dial))
                         .Set("timeout", "-1"),
                     [this, fail, dial = server.dial](const ViciConnection::Reply& reply) {
                       to_initiate_.erase(dial);
                       fail(reply);
                     });
}

void Strongswan::ListSas(KnownSasCallback done) {
  if (phase_ != Phase::kReady) return;
  const auto known = std::make_shared<KnownSas>();
  commands_->RequestStream(
      "list-sas", "list-sa", {},
      [known](const vici::Message& list_sa) { StrongswanSas::AddKnown(list_sa, *known); },
      [known, done = std::move(done)](const ViciConnection::Reply& reply) mutable {
        if (reply) done(*known);
      });
}

void Strongswan::DialFailed(const std::string& dial, const std::string& reason) {
  to_initiate_.erase(dial);
  // Not from here: whoever is told may call at once.
  loop_.Defer([this, dial, reason] {
    if (observer_ != nullptr) observer_->OnDialFailed(dial, reason);
  });
}

void Strongswan::TerminateNext() {
  // One at a time: charon goes through all its SAs for each, and many clients delete theirs
  // themselves while they wait here.
  const bool answers = phase_ == Phase::kReady || (phase_ == Phase::kStopping && commands_);
  while (answers && !terminating_ && !to_terminate_.empty()) {
    const SaId id = to_terminate_.front();
    to_terminate_.pop_front();
    const auto termination = sas_.TerminationOf(id);
    if (!termination) continue;  // gone meanwhile
    terminating_ = id;
    SendTermination(id, *termination);
  }
}

void Strongswan::SendTermination(SaId id, const StrongswanSas::Termination& termination) {
  const auto child = termination.child;
  const bool whole = termination.ike.has_value();
  const auto arguments =
      whole ? TerminateArguments("ike-id", std::to_string(termination.ike->value()))
            : TerminateArguments("child-id", std::to_string(child.value()));
  commands_->Request("terminate", arguments,
                     [this, id, child, whole](const ViciConnection::Reply& reply) {
                       const std::string failure = FailureOf(reply);
                       // The IKE SA may have been replaced by a reauthentication; the child is
                       // still itself.
                       if (whole && !failure.empty())
                         return SendTermination(id, {.child = child, .ike = {}});
                       Terminated(id, child, failure);
                     });
}

void Strongswan::Terminated(SaId id, vici::ChildUniqueId child, const std::string& failure) {
  terminating_.reset();
  if (const auto now = sas_.TerminationOf(id); now && !failure.empty()) {
    if (now->child != child) {
      to_terminate_.push_back(id);  // rekeyed meanwhile: the SA goes by another name
    } else if (failure.find(kNothingMatched) != failure.npos) {
      StrongswanSas::Changes changes;
      sas_.ForgetChild(id, child, changes);
      if (sas_.TerminationOf(id)) to_terminate_.push_back(id);  // by its other child
      Report(changes);
    } else {
      // Gone by itself, which an event is about to tell, or in charon's hands: it may be asked for
      // again.
      sas_.UnmarkTerminating(id);
    }
  }
  TerminateNext();
  FinishStopIfIdle();
}

void Strongswan::Stop(UniqueFunction<void()> done) {
  stop_done_ = std::move(done);
  const bool answers = phase_ == Phase::kReady;
  phase_ = Phase::kStopping;
  unloaded_ = false;
  timer_.Set(answers ? loop_.Now() + kStopTimeout : loop_.Now());
  if (answers) Unload();
}

void Strongswan::Unload() {
  const auto ignore = [](const ViciConnection::Reply&) {
  };  // nothing more can be done about a failure
  // First, so that no new SA comes up behind the back of what follows.
  loader_->Unload(true);
  for (const auto& dial : dials_) {
    const std::string name = DialConnectionName(dial);
    commands_->Request("unload-conn", vici::Message().Set("name", name), ignore);
    commands_->Request("terminate", TerminateArguments("ike", name), ignore);
    commands_->Request("unload-shared", vici::Message().Set("id", name), ignore);
  }
  if (!to_terminate_.empty() && sas_.Terminating().size() == sas_.size()) {
    // All are to go, among them one that charon has made and not told of yet.
    to_terminate_.clear();
    std::set<std::string> connections = sas_.Connections();  // of an earlier configuration too
    const std::vector<std::string> loaded = loader_->connections();
    connections.insert(loaded.begin(), loaded.end());
    for (const std::string& connection : connections) {
      commands_->Request("terminate", TerminateArguments("ike", connection), ignore);
    }
  }
  TerminateNext();
  loader_->Unload(false);
  // Answers come in order, so that this one says that charon is done with the ones before; the same
  // on the other connection says that it has told of every SA that it made until then.
  commands_->Request("version", {}, [this](const ViciConnection::Reply&) {
    events_->Request("version", {}, [this](const ViciConnection::Reply&) {
      unloaded_ = true;
      FinishStopIfIdle();
    });
  });
}

void Strongswan::FinishStopIfIdle() {
  const bool idle = unloaded_ && !terminating_ && to_terminate_.empty();
  // Not from here: the connection is still on the stack.
  if (phase_ == Phase::kStopping && idle) timer_.Set(loop_.Now());
}

void Strongswan::FinishStop() {
  Close();
  phase_ = Phase::kIdle;
  state_.connected = false;
  // Runs last, for it may end this object.
  auto done = std::exchange(stop_done_, {});
  if (done) done();
}

}  // namespace sallyport::daemon
