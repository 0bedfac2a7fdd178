#include "simulate/loss.h"

#include <algorithm>
#include <utility>

namespace hactl {
namespace {

constexpr const char* kController = "controller";

bool has_region(const FormationSpec& spec, const std::string& name) {
  return std::ranges::any_of(spec.regions,
                             [&](const RegionSpec& region) { return region.name.value == name; });
}

bool has_node(const FormationSpec& spec, const std::string& name) {
  return std::ranges::any_of(spec.members(),
                             [&](const Member& member) { return member.name.value == name; });
}

Error no_such(const FormationSpec& spec, const std::string& what, const std::string& name) {
  std::string known;
  const auto add = [&](const std::string& word) { known += (known.empty() ? "" : ", ") + word; };
  if (what == "region") {
    for (const RegionSpec& region : spec.regions)
      add(region.name.value);
  } else {
    for (const Member& member : spec.members())
      add(member.name.value);
  }
  return Error{ErrorCode::invalid,
               "there is no " + what + " \"" + name + "\" in the file: it has " + known};
}

Result<Loss> parse_link(const FormationSpec& spec, const std::string& text,
                        const std::string& sides) {
  const std::size_t middle = sides.find('~');
  if (middle == std::string::npos) {
    return Error{ErrorCode::invalid, "\"" + text + "\" needs two sides, as link/paris~amsterdam"};
  }
  const Loss link{Loss::Kind::link, sides.substr(0, middle), sides.substr(middle + 1)};
  for (const std::string& side : {link.name, link.other}) {
    if (side == kController || has_region(spec, side) || has_node(spec, side)) continue;
    return no_such(spec, "node or region", side);
  }
  return link;
}

bool names_its_region_too(const FormationSpec& spec, const std::vector<Loss>& losses) {
  return std::ranges::any_of(losses, [&](const Loss& loss) {
    if (loss.kind != Loss::Kind::region) return false;
    const std::set<NodeName> inside = lost_nodes(spec, {loss});
    return std::ranges::any_of(losses, [&](const Loss& other) {
      return other.kind == Loss::Kind::node && inside.contains(NodeName(other.name));
    });
  });
}

}  // namespace

Result<Loss> parse_loss(const FormationSpec& spec, const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string kind = text.substr(0, slash);
  const std::string name = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (kind == "link") return parse_link(spec, text, name);
  if (kind == "node" || kind == "nodes") {
    if (!has_node(spec, name)) return no_such(spec, "node", name);
    return Loss{Loss::Kind::node, name, ""};
  }
  if (kind == "region" || kind == "regions") {
    if (!has_region(spec, name)) return no_such(spec, "region", name);
    return Loss{Loss::Kind::region, name, ""};
  }
  return Error{ErrorCode::invalid,
               "\"" + text + "\" is none of node/NAME, region/NAME and link/A~B"};
}

std::string to_string(const Loss& loss) {
  switch (loss.kind) {
    case Loss::Kind::node: return "node/" + loss.name;
    case Loss::Kind::region: return "region/" + loss.name;
    case Loss::Kind::link: return "link/" + loss.name + "~" + loss.other;
  }
  return "";
}

std::set<NodeName> lost_nodes(const FormationSpec& spec, const std::vector<Loss>& losses) {
  std::set<NodeName> lost;
  for (const Member& member : spec.members()) {
    for (const Loss& loss : losses) {
      const bool gone = loss.kind == Loss::Kind::node     ? member.name.value == loss.name
                        : loss.kind == Loss::Kind::region ? member.region.value == loss.name
                                                          : false;
      if (gone) lost.insert(member.name);
    }
  }
  return lost;
}

std::set<NodeName> side_of_link(const FormationSpec& spec, const std::string& side) {
  std::set<NodeName> nodes;
  for (const Member& member : spec.members()) {
    if (member.name.value == side || member.region.value == side) nodes.insert(member.name);
  }
  return nodes;
}

std::vector<std::vector<Loss>> every_loss(const FormationSpec& spec, int most, std::size_t limit) {
  std::vector<Loss> each;
  for (const Member& member : spec.members())
    each.push_back({Loss::Kind::node, member.name.value, ""});
  if (spec.regions.size() > 1) {
    for (const RegionSpec& region : spec.regions)
      each.push_back({Loss::Kind::region, region.name.value, ""});
  }
  std::vector<std::vector<Loss>> all;
  // Each set of one size, by the numbers of its parts, in order.
  for (std::size_t size = 1; size <= static_cast<std::size_t>(most) && size <= each.size();
       ++size) {
    std::vector<std::size_t> chosen(size);
    for (std::size_t i = 0; i < size; ++i)
      chosen[i] = i;
    while (true) {
      std::vector<Loss> losses;
      for (const std::size_t i : chosen)
        losses.push_back(each[i]);
      if (!names_its_region_too(spec, losses)) all.push_back(std::move(losses));
      if (all.size() == limit) return all;
      std::size_t at = size;
      while (at > 0 && chosen[at - 1] == each.size() - size + at - 1)
        --at;
      if (at == 0) break;
      ++chosen[at - 1];
      for (std::size_t i = at; i < size; ++i)
        chosen[i] = chosen[i - 1] + 1;
    }
  }
  return all;
}

}  // namespace hactl
