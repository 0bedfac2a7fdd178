#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "codec/nearest_word.h"
#include "hactl/command_line_parts.h"
#include "hactl/completion.h"

namespace hactl {
namespace {

// "hactl config" of the verb config.
std::string path_of(const CLI::App& verb) {
  const CLI::App* parent = verb.get_parent();
  return parent == nullptr ? verb.get_name() : path_of(*parent) + " " + verb.get_name();
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) {
    names.push_back(verb->get_name());
  }
  return names;
}

bool takes_words(const CLI::App& app) {
  return std::ranges::any_of(app.get_options(),
                             [](const CLI::Option* each) { return each->get_positional(); });
}

// What is said of a word that nobody wants.
std::string unexpected(const CLI::App& verb, const std::string& word) {
  if (word.starts_with("--")) return "error: unknown flag: " + word.substr(0, word.find('='));
  if (word.starts_with('-') && word.size() > 1) {
    return fmt::format("error: unknown shorthand flag: '{}' in {}", word[1], word);
  }
  const std::vector<std::string> verbs = verbs_of(verb);
  if (verbs.empty() || takes_words(verb)) return fmt::format("error: extra arguments: [{}]", word);
  std::string text = fmt::format("error: unknown command \"{}\" for \"{}\"", word, path_of(verb));
  const std::string near = nearest_word(word, verbs);
  return near.empty() ? text : text + fmt::format("\n\nDid you mean this?\n\t{}\n", near);
}

// CLI11's words as kubectl's.
std::string reason(const CLI::ParseError& problem) {
  const std::string text = problem.what();
  constexpr std::string_view kRequired = " is required";
  if (dynamic_cast<const CLI::RequiredError*>(&problem) != nullptr && text.starts_with("--")) {
    return fmt::format("error: required flag(s) \"{}\" not set",
                       text.substr(2, text.find(kRequired) - 2));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&problem) != nullptr) {
    return "error: flag needs an argument: " + text.substr(0, text.find(':'));
  }
  return text.starts_with("error: ") ? text : "error: " + text;
}

// What the words before the last one have come to.
struct Walk {
  CLI::App* verb = nullptr;
  const CLI::Option* option = nullptr;  ///< That waits for its value.
  std::vector<std::string> words{};     ///< That are neither verbs nor options.
};

const CLI::Option* option_of(const CLI::App& verb, const std::string& word) {
  return verb.get_option_no_throw(word.substr(0, word.find('=')));
}

CLI::App* verb_called(CLI::App& app, const std::string& name) {
  for (CLI::App* verb : app.get_subcommands({})) {
    if (verb->check_name(name)) return verb;
  }
  return nullptr;
}

Walk walk(CLI::App& app, const std::vector<std::string>& words) {
  Walk at{.verb = &app};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (at.option != nullptr) {
      at.option = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = option_of(*at.verb, word);
      const bool waits = option != nullptr && option->get_items_expected_max() > 0;
      if (waits && word.find('=') == std::string::npos) at.option = option;
    } else if (CLI::App* verb = verb_called(*at.verb, word); verb != nullptr && at.words.empty()) {
      at.verb = verb;
    } else {
      at.words.push_back(word);
    }
  }
  return at;
}

// What an option's value may be.
std::vector<std::string> values_of(Session& session, const CLI::Option& option) {
  const std::string name = option.get_name();
  const auto is = [&](std::string_view wanted) { return option.check_lname(std::string(wanted)); };
  if (is("formation")) return complete_names(session, Names::formations);
  if (is("context")) return complete_names(session, Names::contexts);
  if (is("to") || is("assume-lost")) return complete_names(session, Names::nodes);
  if (is("to-region") || is("from")) return complete_names(session, Names::regions);
  if (is("dry-run")) return {"none", "client", "server"};
  if (is("validate")) return {"strict", "warn", "ignore"};
  if (is("output")) {
    return {"table", "wide", "yaml", "json", "name", "jsonpath=", "custom-columns="};
  }
  return {};
}

std::vector<std::string> words_of(Session& session, const Walk& at, const std::string& partial) {
  const std::string verb = at.verb->get_name();
  const std::string parent =
      at.verb->get_parent() == nullptr ? "" : at.verb->get_parent()->get_name();
  if (parent == "config") return complete_names(session, Names::contexts);
  if (parent == "rollout") {
    const bool begins = at.words.empty() && partial.find('/') == std::string::npos;
    if (begins) return {"formation"};
    return complete_targets(session, at.words, partial);
  }
  if (parent == "lab" || at.verb->get_parent() == nullptr) return {};
  for (const std::string_view name : {"get", "describe", "wait", "edit", "patch", "set", "label",
                                      "annotate", "cordon", "uncordon", "drain", "delete"}) {
    if (verb == name) return complete_targets(session, at.words, partial);
  }
  if (verb == "completion") return {"bash", "zsh", "fish"};
  if (parent == "kill" || parent == "stop" || parent == "start" || parent == "freeze" ||
      parent == "thaw") {
    return complete_names(session, verb == "region" ? Names::regions : Names::nodes);
  }
  return {};
}

}  // namespace

const CLI::App& named_verb(const CLI::App& app) {
  const std::vector<CLI::App*> named = app.get_subcommands();
  return named.empty() ? app : named_verb(*named.back());
}

std::string usage_error_text(const CLI::App& app, const CLI::ParseError& problem) {
  const CLI::App& verb = named_verb(app);
  const std::vector<std::string> left = verb.remaining();
  std::string text;
  if (!left.empty()) {
    text = unexpected(verb, left.front());
  } else if (app.get_subcommands().empty()) {
    return "";
  } else if (dynamic_cast<const CLI::RequiredError*>(&problem) != nullptr && !takes_words(verb) &&
             !verbs_of(verb).empty()) {
    text =
        fmt::format("error: {} needs one of: {}", path_of(verb), fmt::join(verbs_of(verb), ", "));
  } else {
    text = reason(problem);
  }
  return fmt::format("{}\nSee '{} --help' for usage.\n", text, path_of(verb));
}

std::vector<std::string> completions(CLI::App& app, Session& session,
                                     const std::vector<std::string>& words) {
  const std::string& partial = words.back();
  const Walk at = walk(app, words);
  std::vector<std::string> found;
  if (at.option != nullptr) {
    found = values_of(session, *at.option);
  } else if (partial.starts_with('-')) {
    for (const CLI::Option* option : at.verb->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        found.push_back("--" + name);
      }
    }
  } else {
    if (at.words.empty()) found = verbs_of(*at.verb);
    const std::vector<std::string> more = words_of(session, at, partial);
    found.insert(found.end(), more.begin(), more.end());
  }
  std::erase_if(found, [&](const std::string& each) { return !each.starts_with(partial); });
  return found;
}

}  // namespace hactl
