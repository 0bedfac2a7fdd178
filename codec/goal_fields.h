// The fields of what a goal is made of; agents also keep a goal in their state.
#pragma once

#include "codec/sync_fields.h"
#include "codec/wire.h"
#include "model/goal.h"

namespace hactl {

template <typename Archive>
void fields(Archive& archive, wire::Of<Upstream> auto& upstream) {
  archive("node", upstream.node);
  archive("host", upstream.host);
  archive("port", upstream.port);
  archive("epoch", upstream.epoch);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Peer> auto& peer) {
  archive("name", peer.name);
  archive("host", peer.host);
  archive("port", peer.port);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<HbaRule> auto& rule) {
  archive("type", rule.type);
  archive("database", rule.database);
  archive("user", rule.user);
  archive("address", rule.address);
  archive("method", rule.method);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<PostgresGoal> auto& postgres) {
  archive("version", postgres.version);
  archive("listen-host", postgres.listen_host);
  archive("port", postgres.port);
  archive("data-directory", postgres.data_directory);
  archive("database", postgres.database);
  archive("username", postgres.username);
  archive("password", postgres.password);
  archive("parameters", postgres.parameters);
  archive("hba", postgres.hba);
  archive("peers", postgres.peers);
}

template <typename Archive>
void fields(Archive& archive, wire::Of<Goal> auto& goal) {
  archive("formation", goal.formation);
  archive("incarnation", goal.incarnation);
  archive("revision", goal.revision);
  archive("epoch", goal.epoch);
  archive("node", goal.node);
  archive("state", goal.state);
  archive("upstream", goal.upstream);
  archive("sync", goal.sync);
  archive("position", goal.position);
  archive("timeline", goal.timeline);
  archive("chain", goal.chain);
  archive("system-id", goal.system_id);
  archive.long_number("start-nonce", goal.start_nonce);
  archive("restart", goal.restart);
  archive("lease", goal.lease);
  archive.new_field("delete-data", goal.delete_data);
  archive("tell-lineage", goal.tell_lineage);
  archive("rebuild-above", goal.rebuild_above);
  archive("postgres", goal.postgres);
}

}  // namespace hactl
