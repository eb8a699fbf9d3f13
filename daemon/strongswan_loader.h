// SPDX-License-Identifier: GPL-2.0-or-later
// What the configuration wants charon to have, and what charon has of it.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/unique_function.h"
#include "daemon/strongswan_config.h"
#include "daemon/vici_connection.h"

namespace sallyport::daemon {

/// Loads connections, keys and CAs into charon, takes back what is no longer wanted, and notices
/// when another program has taken something away. Of what others have loaded it touches nothing:
/// all of ours is called so (IsOurName()). What charon refuses keeps nobody else out: the rest is
/// loaded, and what had the name of the refused before stays. One for each connection to charon.
class StrongswanLoader {
 public:
  struct Refusal {
    std::string what;  // LoadCommand::what
    std::string why;   // charon's words
  };
  /// With the first of what was refused.
  using LoadedCallback = UniqueFunction<void(const std::optional<Refusal>& refusal)>;

  /// All references outlive it. `dials`: whose connections are wanted as well, and loaded by
  /// others. `own_keys`: the private keys that charon has of us, kept from one connection to the
  /// next.
  StrongswanLoader(ViciConnection& commands, const std::set<std::string>& dials,
                   std::set<std::string>& own_keys)
      : commands_(commands), dials_(dials), own_keys_(own_keys) {}
  StrongswanLoader(const StrongswanLoader&) = delete;
  StrongswanLoader& operator=(const StrongswanLoader&) = delete;

  /// Makes `wanted` what charon has of ours; SAs that exist live on. What is wanted replaces what
  /// has the same name; the rest of ours is taken back. Until `done` has run there must be no
  /// other Load().
  void Load(std::vector<LoadCommand> wanted, LoadedCallback done);
  bool loading() const { return loading_; }
  /// Asks charon for what it has; `done` gets what is missing of ours, in words for the operator.
  void Check(UniqueFunction<void(const std::vector<std::string>& missing)> done);
  /// Takes back the connections, or else everything that is none, and ends a Load() under way,
  /// whose `done` does not run.
  void Unload(bool connections);
  /// The names of the connections that are loaded.
  std::vector<std::string> connections() const;

 private:
  void UnloadStale(const ListCommand& list);
  void LoadFrom(size_t position);
  void Loaded(LoadCommand& command, const vici::Message& reply);
  void Finish();
  void Take(const LoadCommand& loaded);
  bool IsWanted(const ListCommand& list, const std::string& name) const;

  ViciConnection& commands_;
  const std::set<std::string>& dials_;
  std::set<std::string>& own_keys_;
  std::vector<LoadCommand> wanted_;       // and loaded, when not loading_
  std::vector<LoadCommand> former_keys_;  // private ones that were loaded before
  /// Private keys that charon had before our first: swanctl's, which we may have as well. charon
  /// names them itself, so that no list tells whose they are.
  std::set<std::string, std::less<>> foreign_keys_;
  LoadedCallback done_;
  std::optional<Refusal> refusal_;
  bool asked_for_keys_ = false;
  bool loading_ = false;
  bool ending_ = false;
};

}  // namespace sallyport::daemon
