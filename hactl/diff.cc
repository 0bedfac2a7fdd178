#include "codec/spec_yaml.h"
#include "hactl/formation_files.h"
#include "hactl/text_diff.h"
#include "hactl/verbs.h"

namespace hactl {
namespace {

std::string coloured(const std::string& diff) {
  std::string result;
  std::string_view rest = diff;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const std::string_view paint = line.starts_with('+')   ? "\033[32m"
                                   : line.starts_with('-') ? "\033[31m"
                                   : line.starts_with('@') ? "\033[36m"
                                                           : "";
    result += paint;
    result += line;
    result += paint.empty() ? "\n" : "\033[0m\n";
  }
  return result;
}

}  // namespace

Result<int> run_diff(Session& session, const DiffOptions& options) {
  const Result<std::vector<WrittenFormation>> all = read_formations(options.file);
  if (!all.ok()) return all.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  std::string text;
  for (const WrittenFormation& written : *all) {
    const std::string& name = written.formation.name.value;
    const Result<FormationItem> live = (*api)->formation(name);
    const bool absent = !live.ok() && live.error().code == ErrorCode::not_found;
    if (!live.ok() && !absent) return live.error();
    const std::string before = absent ? std::string() : formation_yaml(live->formation);
    const std::string after = formation_yaml(written.formation);
    text += unified_diff({"live/formation/" + name, before}, {"file/formation/" + name, after});
  }
  session.terminal().out() << (session.terminal().colour() ? coloured(text) : text) << std::flush;
  return text.empty() ? 0 : 1;
}

}  // namespace hactl
