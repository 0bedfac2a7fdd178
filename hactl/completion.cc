#include "hactl/completion.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "hactl/resources.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

constexpr std::string_view kBash = R"sh(# bash completion for hactl: source <(hactl completion bash)
_hactl() {
  local words=("${COMP_WORDS[@]:1:COMP_CWORD}") current="${COMP_WORDS[COMP_CWORD]}"
  [[ $current == "=" ]] && current=""
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(hactl __complete "${words[@]}" 2>/dev/null)" -- "$current"))
}
complete -o default -F _hactl hactl
)sh";

constexpr std::string_view kZsh = R"sh(#compdef hactl
# zsh completion for hactl: source <(hactl completion zsh)
_hactl() {
  local -a names
  names=("${(@f)$(hactl __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a names
}
compdef _hactl hactl
)sh";

constexpr std::string_view kFish = R"sh(# fish completion for hactl: hactl completion fish | source
function __hactl_complete
  set -l words (commandline -opc) (commandline -ct)
  hactl __complete $words[2..-1] 2>/dev/null
end
complete -c hactl -f -a '(__hactl_complete)'
)sh";

}  // namespace

std::vector<std::string> complete_names(Session& session, Names names) {
  std::vector<std::string> result;
  if (names == Names::types) {
    for (const ResourceType& type : resource_types()) {
      result.emplace_back(type.plural);
    }
    return result;
  }
  if (names == Names::contexts) {
    const Result<Config> config = load_config(session.options().config_file);
    if (!config.ok()) return result;
    for (const Context& context : config->contexts) {
      result.push_back(context.name);
    }
    return result;
  }
  if (names == Names::none) return result;
  const Result<Api*> api = session.api();
  if (!api.ok()) return result;
  const Result<nlohmann::json> all = (*api)->get(formation_path());
  if (!all.ok()) return result;
  for (const nlohmann::json& formation : objects_in(type_of(Resource::formation), *all)) {
    if (names == Names::formations) result.push_back(name_of(formation));
    for (const nlohmann::json& region : objects_in(type_of(Resource::region), formation)) {
      if (names == Names::regions) result.push_back(name_of(region));
      if (names != Names::nodes || !region["spec"].contains("nodes")) continue;
      for (const nlohmann::json& node : region["spec"]["nodes"]) {
        result.push_back(name_of(node));
      }
    }
  }
  return result;
}

std::vector<std::string> complete_targets(Session& session, const std::vector<std::string>& before,
                                          const std::string& partial) {
  const std::size_t slash = partial.find('/');
  if (before.empty() && slash == std::string::npos) return complete_names(session, Names::types);
  const std::string word = before.empty() ? partial.substr(0, slash) : before.front();
  const Result<const ResourceType*> type = find_resource_type(word.substr(0, word.find('/')));
  if (!type.ok()) return {};
  std::vector<std::string> names;
  switch ((*type)->resource) {
    case Resource::formation: names = complete_names(session, Names::formations); break;
    case Resource::node: names = complete_names(session, Names::nodes); break;
    case Resource::region: names = complete_names(session, Names::regions); break;
    case Resource::event:
    case Resource::controller: break;
  }
  if (slash == std::string::npos) return names;
  std::ranges::transform(names, names.begin(), [&](const std::string& name) {
    return partial.substr(0, slash + 1) + name;
  });
  return names;
}

Result<int> run_completion(Session& session, const std::string& shell) {
  const std::string_view script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  session.terminal().out() << script << std::flush;
  return kExitDone;
}

}  // namespace hactl
