// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_loader.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace sallyport::daemon {
namespace {

const auto kIgnore = [](const ViciConnection::Reply&) {};

}  // namespace

void StrongswanLoader::Load(std::vector<LoadCommand> wanted, LoadedCallback done) {
  for (LoadCommand& before : wanted_) {
    if (before.command == kLoadKey && before.loaded) former_keys_.push_back(std::move(before));
  }
  wanted_ = std::move(wanted);
  done_ = std::move(done);
  loading_ = true;
  if (!std::exchange(asked_for_keys_, true)) {
    commands_.Request("get-keys", {}, [this](const ViciConnection::Reply& reply) {
      const auto* keys = reply ? reply->List("keys") : nullptr;
      if (keys == nullptr) return;
      std::ranges::copy_if(*keys, std::inserter(foreign_keys_, foreign_keys_.end()),
                           [this](const auto& key) { return !own_keys_.contains(key); });
    });
  }
  LoadFrom(0);
}

bool StrongswanLoader::IsWanted(const ListCommand& list, const std::string& name) const {
  if (const auto dial = DialOfConnection(name)) return dials_.contains(*dial);
  return std::ranges::any_of(wanted_, [&](const LoadCommand& command) {
    return command.unload == list.unload && command.name == name;
  });
}

void StrongswanLoader::UnloadStale(const ListCommand& list) {
  commands_.Request(std::string(list.command), {},
                    [this, list](const ViciConnection::Reply& reply) {
                      const auto* names = reply ? reply->List(list.list) : nullptr;
                      if (names == nullptr) return;  // none, or a charon that is too old to tell
                      for (const std::string& name : *names) {
                        if (!IsOurName(name) || IsWanted(list, name)) continue;
                        commands_.Request(std::string(list.unload),
                                          vici::Message().Set(list.unload_key, name), kIgnore);
                      }
                    });
}

void StrongswanLoader::LoadFrom(size_t position) {
  if (position == wanted_.size()) return Finish();
  const LoadCommand& next = wanted_[position];
  commands_.Request(next.command, next.arguments,
                    [this, position](const ViciConnection::Reply& reply) {
                      LoadCommand& command = wanted_[position];
                      command.arguments = {};  // a secret stays no longer than it must
                      const std::string failure = FailureOf(reply);
                      if (failure.empty()) {
                        Loaded(command, *reply);
                      } else if (!refusal_) {
                        refusal_ = Refusal{.what = command.what, .why = failure};
                      }
                      if (!ending_) LoadFrom(position + 1);
                    });
}

void StrongswanLoader::Loaded(LoadCommand& command, const vici::Message& reply) {
  if (command.name.empty()) command.name = reply.Value("id").value_or("");
  command.loaded = true;
  const bool key = command.command == kLoadKey && !foreign_keys_.contains(command.name);
  if (key) own_keys_.insert(command.name);
  if (ending_) Take(command);
}

void StrongswanLoader::Finish() {
  for (const ListCommand& list : kListCommands) {
    if (list.by_name) UnloadStale(list);
  }
  for (const LoadCommand& former : std::exchange(former_keys_, {})) {
    const bool still = std::ranges::any_of(wanted_, [&](const LoadCommand& loaded) {
      return loaded.unload == former.unload && loaded.name == former.name;
    });
    if (!still) Take(former);
  }
  loading_ = false;
  std::exchange(done_, {})(std::exchange(refusal_, {}));
}

void StrongswanLoader::Check(UniqueFunction<void(const std::vector<std::string>&)> done) {
  struct Finding {
    std::vector<std::string> missing;
    size_t unanswered = std::size(kListCommands);
    UniqueFunction<void(const std::vector<std::string>&)> done;
  };
  auto finding = std::make_shared<Finding>();
  finding->done = std::move(done);
  for (const ListCommand& list : kListCommands) {
    commands_.Request(
        std::string(list.command), {}, [this, list, finding](const ViciConnection::Reply& reply) {
          // A list that is empty is not in the reply; an error is not a list.
          const bool listed = reply && !reply->Value("success");
          const auto* names = listed ? reply->List(list.list) : nullptr;
          for (const LoadCommand& loaded : wanted_) {
            // What charon has refused is not lost.
            if (!listed || loading_ || !loaded.loaded || loaded.unload != list.unload) continue;
            const bool there =
                names != nullptr && std::ranges::find(*names, loaded.name) != names->end();
            if (!there) finding->missing.push_back(loaded.what);
          }
          if (--finding->unanswered == 0) finding->done(finding->missing);
        });
  }
}

void StrongswanLoader::Take(const LoadCommand& loaded) {
  if (loaded.name.empty()) return;
  if (loaded.command == kLoadKey) {
    if (foreign_keys_.contains(loaded.name)) return;
    own_keys_.erase(loaded.name);
  }
  commands_.Request(loaded.unload, vici::Message().Set(loaded.unload_key, loaded.name), kIgnore);
}

void StrongswanLoader::Unload(bool connections) {
  ending_ = true;
  for (const LoadCommand& loaded : wanted_) {
    if ((loaded.command == kLoadConnection) == connections) Take(loaded);
  }
  for (const LoadCommand& key : former_keys_) {
    if (!connections) Take(key);
  }
}

std::vector<std::string> StrongswanLoader::connections() const {
  std::vector<std::string> names;
  for (const LoadCommand& loaded : wanted_) {
    if (loaded.command == kLoadConnection) names.push_back(loaded.name);
  }
  return names;
}

}  // namespace sallyport::daemon
