#include "controller/shown.h"

#include <set>
#include <utility>

namespace hactl {
namespace {

using Json = nlohmann::json;

void strip_node(Json& node) {
  for (const char* key : {"lsn", "lag-bytes", "lag-seconds", "heard-ms-ago"}) {
    node.erase(key);
  }
}

}  // namespace

Json comparable_of(ShownKind kind, Json object) {
  object["metadata"].erase("resource-version");
  if (kind == ShownKind::node) {
    strip_node(object);
    return object;
  }
  for (Json& node : object["status"]["nodes"]) {
    strip_node(node);
  }
  return object;
}

Shown::Shown(std::uint64_t first_change, std::uint64_t version)
    : first_change_(first_change), first_version_(version), last_change_(first_change) {}

const ShownObject* Shown::find(const ShownKey& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : &found->second;
}

void Shown::put(const ShownKey& key, Json object) {
  Json comparable = comparable_of(key.kind, object);
  ShownObject& shown = objects_[key];
  if (shown.change == 0 || shown.comparable != comparable) {
    shown.change = ++last_change_;
    if (shown.first_change == 0) shown.first_change = shown.change;
    shown.comparable = std::move(comparable);
  }
  // The version is the store's; the count is the object's own, for those who watch it alone.
  const auto position =
      parse_resource_version(object["metadata"]["resource-version"].get_ref<const std::string&>());
  object["metadata"]["resource-version"] =
      to_string(ResourceVersion{position ? position->version : 0, shown.change});
  shown.object = std::move(object);
}

void Shown::drop(const ShownKey& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  found->second.change = ++last_change_;
  removed_.emplace_back(key, std::move(found->second));
  objects_.erase(found);
  while (removed_.size() > kRemovedKeptMax) {
    forgotten_change_ = removed_.front().second.change;
    removed_.pop_front();
  }
}

void Shown::adopt(const FormationLoop& loop) {
  refresh(loop);
  for (auto& [key, shown] : objects_) {
    if (key.formation == loop.name()) shown.first_change = first_change_;
  }
}

void Shown::refresh(const FormationLoop& loop) {
  const FormationStatus status = loop.status();
  const FormationName& name = loop.name();
  put(ShownKey{ShownKind::formation, name, {}}, formation_object(loop.stored(), &status, 0));
  std::set<ShownKey> present;
  for (const NodeStatus& node : status.nodes) {
    const ShownKey key{ShownKind::node, name, node.name};
    put(key, node_object(name, node, ResourceVersion{loop.stored().version, 0}));
    present.insert(key);
  }
  std::vector<ShownKey> gone;
  for (const auto& [key, shown] : objects_) {
    const bool ours = key.kind == ShownKind::node && key.formation == name;
    if (ours && !present.contains(key)) gone.push_back(key);
  }
  for (const ShownKey& key : gone) {
    drop(key);
  }
}

void Shown::remove(const FormationName& name) {
  std::vector<ShownKey> gone;
  for (const auto& [key, shown] : objects_) {
    if (key.formation == name) gone.push_back(key);
  }
  for (const ShownKey& key : gone) {
    drop(key);
  }
}

bool Shown::can_resume(const ResourceVersion& position) const {
  if (position.change > last_change_) return false;
  if (position.change >= first_change_) return position.change >= forgotten_change_;
  return forgotten_change_ == 0 && position.version >= first_version_;
}

std::uint64_t Shown::change_at(const ResourceVersion& position) const {
  // What another life of the controller has shown is not known: everything may have changed since.
  return position.change >= first_change_ ? position.change : first_change_;
}

}  // namespace hactl
