#include "codec/spec_yaml.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "codec/spec_decode.h"
#include "codec/text_check.h"
#include "codec/yaml_document.h"
#include "model/limits.h"

namespace hactl {
namespace {

using Kind = DocumentNode::Kind;

/// Leaves yaml-cpp's parser; never leaves this file.
struct Refused {
  Mark mark;
  std::string message;
};

Mark mark_from(const YAML::Mark& mark) {
  return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1};
}

/// Builds the tree of one document from the parser's events. The parser recurses once a level and
/// announces each before it enters it, so refusing here also keeps its stack small.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view file, std::vector<SpecProblem>& duplicates)
      : file_(file), duplicates_(duplicates) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({Kind::null, mark_from(mark), "", {}, {}});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refused{mark_from(mark), "aliases (*name) are not accepted; write the value out"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (has_control_characters(value)) {
      throw Refused{mark_from(mark), "a value has a control character"};
    }
    add({tag == "!" ? Kind::text : Kind::plain, mark_from(mark), value, {}, {}});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    start(mark, tag, anchor, Kind::list);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    start(mark, tag, anchor, Kind::map);
  }
  void OnMapEnd() override { end(); }

  void OnAnchor(const YAML::Mark& mark, const std::string& /*anchor_name*/) override {
    refuse_anchor(mark, 1);
  }

  /// The tree of the document that has just ended.
  DocumentNode take() { return std::move(root_); }

 private:
  /// A list or map whose end has not come.
  struct Open {
    DocumentNode node;
    std::map<std::string, Mark> keys;
  };

  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    throw Refused{mark_from(mark), "anchors (&name) are not accepted; write the value out"};
  }

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refused{mark_from(mark), "tags (!name) are not accepted"};
  }

  [[nodiscard]] bool expects_key() const {
    if (open_.empty()) return false;
    const DocumentNode& top = open_.back().node;
    return top.kind == Kind::map && top.keys.size() == top.items.size();
  }

  void count(Mark mark) {
    if (++values_ > kDocumentNodesMax) {
      throw Refused{mark, "more than " + std::to_string(kDocumentNodesMax) + " values"};
    }
  }

  void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Kind kind) {
    const Mark at = mark_from(mark);
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    count(at);
    if (expects_key()) throw Refused{at, "a list or map cannot be a key"};
    if (open_.size() >= kDocumentDepthMax) {
      throw Refused{at, "nested deeper than " + std::to_string(kDocumentDepthMax)};
    }
    open_.push_back({{kind, at, "", {}, {}}, {}});
  }

  void end() {
    DocumentNode done = std::move(open_.back().node);
    open_.pop_back();
    place(std::move(done));
  }

  void add(DocumentNode node) {
    count(node.mark);
    if (expects_key()) {
      add_key(node);
    } else {
      place(std::move(node));
    }
  }

  void add_key(const DocumentNode& node) {
    if (node.kind == Kind::null) throw Refused{node.mark, "a key is missing"};
    if (node.text == "<<" && node.kind == Kind::plain) {
      throw Refused{node.mark, "merge keys (<<) are not accepted; write the values out"};
    }
    const std::string parent = path();
    Open& top = open_.back();
    const auto [first, fresh] = top.keys.emplace(node.text, node.mark);
    if (!fresh) {
      duplicates_.push_back({file_, node.mark.line, node.mark.column,
                             parent + (parent.empty() ? "" : ".") + node.text,
                             "is already on line " + std::to_string(first->second.line)});
    }
    top.node.keys.push_back({node.text, node.mark});
  }

  void place(DocumentNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().node.items.push_back(std::move(node));
    }
  }

  /// Of the map that is open.
  [[nodiscard]] std::string path() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const DocumentNode& node = open_[i].node;
      if (node.kind == Kind::list) {
        text += "[" + std::to_string(node.items.size()) + "]";
      } else {
        text += (text.empty() ? "" : ".") + node.keys.back().text;
      }
    }
    return text;
  }

  std::string file_;
  std::vector<SpecProblem>& duplicates_;
  std::vector<Open> open_;
  DocumentNode root_;
  std::size_t values_ = 0;
};

void read_documents(std::istream& input, TreeBuilder& builder, YamlDocuments& result) {
  YAML::Parser parser(input);
  while (parser.HandleNextDocument(builder)) {
    DocumentNode document = builder.take();
    if (document.kind == Kind::null) continue;
    if (result.documents.size() >= kFormationsMax) {
      throw Refused{document.mark, "more than " + std::to_string(kFormationsMax) + " documents"};
    }
    result.documents.push_back(std::move(document));
  }
}

}  // namespace

YamlDocuments parse_yaml(std::string_view text, std::string_view file_name) {
  YamlDocuments result;
  const std::string file(file_name);
  const auto refuse = [&](Mark mark, const std::string& message) {
    result.problems.push_back({file, mark.line, mark.column, "", message});
  };
  if (text.size() > kSpecBytesMax) {
    refuse({}, "the file is " + std::to_string(text.size()) + " bytes long; at most " +
                   std::to_string(kSpecBytesMax) + " are accepted");
    return result;
  }
  if (const auto fault = find_text_fault(text)) {
    refuse(fault->mark, fault->message);
    return result;
  }
  std::istringstream input{std::string(text)};
  TreeBuilder builder(file, result.duplicates);
  try {
    read_documents(input, builder, result);
  } catch (const Refused& refused) {
    refuse(refused.mark, refused.message);
  } catch (const YAML::Exception& thrown) {
    refuse(mark_from(thrown.mark), "not valid YAML: " + thrown.msg);
  }
  return result;
}

ParsedFormations parse_formations_yaml(std::string_view text, std::string_view file_name,
                                       Strictness strictness) {
  YamlDocuments yaml = parse_yaml(text, file_name);
  ParsedFormations result;
  (strictness == Strictness::strict ? result.problems : result.ignored) =
      std::move(yaml.duplicates);
  std::ranges::move(yaml.problems, std::back_inserter(result.problems));
  if (!result.ok()) return result;
  std::map<FormationName, Mark> seen;
  for (const DocumentNode& document : yaml.documents) {
    for (DecodedFormation& decoded : decode_formations(document, file_name, strictness)) {
      ParsedFormation& parsed = decoded.parsed;
      std::ranges::move(parsed.ignored, std::back_inserter(result.ignored));
      std::ranges::move(parsed.problems, std::back_inserter(result.problems));
      const auto [first, fresh] = seen.emplace(parsed.formation.name, decoded.name);
      if (!fresh && parsed.ok()) {
        result.problems.push_back(
            {std::string(file_name), decoded.name.line, decoded.name.column, "metadata.name",
             "formation \"" + parsed.formation.name.value + "\" is already on line " +
                 std::to_string(first->second.line)});
      }
      result.formations.push_back(std::move(parsed.formation));
    }
  }
  if (result.ok() && (result.formations.empty() || result.formations.size() > kFormationsMax)) {
    result.problems.push_back(
        {std::string(file_name), 0, 0, "",
         result.formations.empty() ? "holds no formation" : "holds too many formations"});
  }
  return result;
}

ParsedFormation parse_formation_yaml(std::string_view text, std::string_view file_name) {
  ParsedFormations all = parse_formations_yaml(text, file_name);
  ParsedFormation result;
  result.problems = std::move(all.problems);
  if (result.ok() && all.formations.size() != 1) {
    result.problems.push_back(
        {std::string(file_name), 0, 0, "",
         "holds " + std::to_string(all.formations.size()) + " formations; one is wanted here"});
  }
  if (!all.formations.empty()) result.formation = std::move(all.formations.front());
  return result;
}

}  // namespace hactl
