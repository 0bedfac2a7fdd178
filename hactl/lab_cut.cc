#include <fmt/format.h>

#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"

namespace hactl {
namespace {

Result<LabNetwork> network_of(const LabDirectory& lab) {
  const Result<Formation> formation = lab_formation(lab);
  if (!formation.ok()) return formation.error();
  const Result<std::optional<LabNetwork>> network = load_lab_network(lab.network());
  if (!network.ok()) return network.error();
  if (!*network) {
    return local_error(
        "this lab is on loopback addresses, which can't be cut: make it with "
        "`hactl lab up --network namespaces`");
  }
  if (!has_namespaces(**network)) {
    return local_error("the lab is down: start it with `hactl lab up`");
  }
  if (const Result<Done> fine = check_namespaces(); !fine.ok()) return fine.error();
  return **network;
}

Result<std::set<LabCut>> cuts_of(const LabNetwork& network, const LabCutOptions& options) {
  const bool one_way = !options.from.empty() || !options.to.empty();
  if (!one_way) {
    if (options.first.empty()) {
      return local_error("say what is cut: one side, two sides, or --from and --to");
    }
    return cuts_between(network, {.from = options.second, .to = options.first, .one_way = false});
  }
  if (!options.first.empty() || options.from.empty() || options.to.empty()) {
    return local_error("one direction takes --from and --to, and nothing else");
  }
  return cuts_between(network, {.from = options.from, .to = options.to, .one_way = true});
}

// Puts the cuts into force and says of `changed` what has come of them.
Result<int> change(Session& session, const LabDirectory& lab, const LabNetwork& network,
                   const std::vector<std::string>& lines) {
  if (const Result<Done> saved = save_lab_network(lab.network(), network); !saved.ok()) {
    return saved.error();
  }
  if (const Result<Done> done = filter_namespaces(lab, network); !done.ok()) return done.error();
  for (const std::string& line : lines) {
    session.terminal().out() << line << "\n" << std::flush;
  }
  return kExitDone;
}

std::vector<std::string> lines_of(LabNetwork network, const std::set<LabCut>& cuts,
                                  const std::string& what) {
  network.cuts = cuts;
  std::vector<std::string> lines;
  for (const std::string& text : cut_texts(network)) {
    lines.push_back(text + " " + what);
  }
  return lines;
}

}  // namespace

Result<int> run_lab_cut(Session& session, const LabCutOptions& options) {
  const LabDirectory lab = LabDirectory::at(options.directory);
  Result<LabNetwork> network = network_of(lab);
  if (!network.ok()) return network.error();
  const Result<std::set<LabCut>> cuts = cuts_of(*network, options);
  if (!cuts.ok()) return cuts.error();
  network->cuts.insert(cuts->begin(), cuts->end());
  return change(session, lab, *network, lines_of(*network, *cuts, "cut"));
}

Result<int> run_lab_heal(Session& session, const LabCutOptions& options) {
  const LabDirectory lab = LabDirectory::at(options.directory);
  Result<LabNetwork> network = network_of(lab);
  if (!network.ok()) return network.error();
  std::set<LabCut> healed = network->cuts;
  if (!(options.first + options.from + options.to).empty()) {
    const Result<std::set<LabCut>> cuts = cuts_of(*network, options);
    if (!cuts.ok()) return cuts.error();
    std::erase_if(healed, [&](const LabCut& cut) { return !cuts->contains(cut); });
  }
  std::erase_if(network->cuts, [&](const LabCut& cut) { return healed.contains(cut); });
  return change(session, lab, *network, lines_of(*network, healed, "healed"));
}

}  // namespace hactl
