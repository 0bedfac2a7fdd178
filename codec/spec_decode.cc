#include "codec/spec_decode.h"

#include <array>
#include <utility>

#include "codec/document_reader.h"
#include "codec/spec_words.h"
#include "model/limits.h"
#include "model/validate.h"

namespace hactl {
namespace {

template <typename Enum, std::size_t Count>
void read_word(const Place& place, const std::array<SpecWord<Enum>, Count>& words, Enum& out) {
  std::string text;
  read_text(place, text);
  std::string list;
  for (const SpecWord<Enum>& word : words) {
    if (word.text == text) {
      out = word.value;
      return;
    }
    list += (list.empty() ? "" : ", ") + std::string(word.text);
  }
  if (!text.empty()) place.fail("\"" + text + "\" is not one of " + list);
}

void read_when_short(const Place& place, WhenShort& out) {
  read_word(place, kWhenShortWords, out);
}
void read_failback(const Place& place, Failback& out) {
  read_word(place, kFailbackWords, out);
}

void read_hba_rule(const Place& place, HbaRule& rule) {
  Fields fields(place);
  fields.read("type", read_text, rule.type);
  fields.read("database", read_text, rule.database);
  fields.read("user", read_text, rule.user);
  fields.read("address", read_text, rule.address);
  fields.read("method", read_text, rule.method);
  fields.finish();
}

void read_hba(const Place& place, std::vector<HbaRule>& rules) {
  read_list(place, [&](const Place& entry) { read_hba_rule(entry, rules.emplace_back()); });
}

void read_texts(const Place& place, std::map<std::string, std::string>& out) {
  read_map(place,
           [&](const std::string& key, const Place& entry) { read_scalar(entry, out[key]); });
}

/// Labels and annotations are text for every reader: `1` and `true` need quotes.
void read_strict_texts(const Place& place, std::map<std::string, std::string>& out) {
  read_map(place, [&](const std::string& key, const Place& entry) { read_text(entry, out[key]); });
}

void read_postgres(const Place& place, PostgresSpec& postgres) {
  Fields fields(place);
  fields.read("version", read_int, postgres.version);
  fields.read("port", read_port, postgres.port);
  fields.read("database", read_text, postgres.database);
  fields.read("username", read_text, postgres.username);
  fields.read("password-file", read_text, postgres.password_file);
  fields.read("data-directory", read_text, postgres.data_directory);
  fields.read("parameters", read_texts, postgres.parameters);
  fields.read("hba", read_hba, postgres.hba);
  fields.finish();
}

void read_node(const Place& place, NodeSpec& node) {
  Fields fields(place);
  fields.read("name", read_text, node.name.value);
  fields.read("host", read_text, node.host);
  fields.read("candidate-priority", read_int, node.candidate_priority);
  fields.read("replication-quorum", read_bool, node.replication_quorum);
  fields.read("port", read_port, node.port);
  fields.read("data-directory", read_text, node.data_directory);
  fields.read("maintenance", read_bool, node.maintenance);
  fields.finish();
}

void read_nodes(const Place& place, std::vector<NodeSpec>& nodes) {
  read_list(place, [&](const Place& entry) { read_node(entry, nodes.emplace_back()); });
}

void read_region(const Place& place, RegionSpec& region) {
  Fields fields(place);
  fields.read("name", read_text, region.name.value);
  fields.read("location", read_text, region.location);
  fields.read("network", read_text, region.network);
  fields.read("subnet", read_text, region.subnet);
  fields.read("candidate-priority", read_int, region.candidate_priority);
  fields.read("replication-quorum", read_bool, region.replication_quorum);
  fields.read("nodes", read_nodes, region.nodes);
  fields.finish();
}

void read_regions(const Place& place, std::vector<RegionSpec>& regions) {
  read_list(place, [&](const Place& entry) { read_region(entry, regions.emplace_back()); });
}

void read_durability(const Place& place, DurabilitySpec& durability) {
  Fields fields(place);
  fields.read("regions", read_int, durability.regions);
  fields.read("nodes", read_int, durability.nodes);
  fields.finish();
}

void read_spec(const Place& place, FormationSpec& spec) {
  Fields fields(place);
  fields.read("number-sync-standbys", read_int, spec.number_sync_standbys);
  fields.read("durability", read_durability, spec.durability);
  fields.read("when-short", read_when_short, spec.when_short);
  fields.read("failback", read_failback, spec.failback);
  fields.read("postgres", read_postgres, spec.postgres);
  fields.read("regions", read_regions, spec.regions);
  fields.finish();
}

void read_metadata(const Place& place, Formation& formation) {
  Fields fields(place);
  fields.read("name", read_text, formation.name.value);
  fields.read("labels", read_strict_texts, formation.labels);
  fields.read("annotations", read_strict_texts, formation.annotations);
  // The controller's own, so that what `hactl get -o yaml` prints can be applied again.
  for (const auto* const key : {"resource-version", "generation", "uid", "creation-timestamp",
                                "deletion-timestamp", "finalizers"}) {
    fields.ignore(key);
  }
  fields.finish();
}

void expect_word(Fields& fields, const Place& place, std::string_view key, std::string_view word) {
  const auto given = fields.find(key);
  if (!given) {
    place.findings.add(joined(place.path, key), place.node.mark,
                       "is required; write " + std::string(key) + ": " + std::string(word));
    return;
  }
  std::string text;
  read_text(*given, text);
  if (text != word && !text.empty()) {
    given->fail("\"" + text + "\" is not " + std::string(word));
  }
}

void read_formation(const Place& place, Formation& formation) {
  Fields fields(place);
  if (place.node.kind != DocumentNode::Kind::map) return;
  expect_word(fields, place, "apiVersion", kApiVersion);
  expect_word(fields, place, "kind", kFormationKind);
  fields.read("metadata", read_metadata, formation);
  fields.read("spec", read_spec, formation.spec);
  fields.ignore("status");
  fields.finish();
}

DecodedFormation decode_one(const DocumentNode& node, const std::string& path,
                            std::string_view file, Strictness strictness) {
  Findings findings(file, strictness);
  findings.saw(path, node.mark);
  DecodedFormation decoded;
  Formation& formation = decoded.parsed.formation;
  read_formation({node, path, findings}, formation);
  // When values could not be read, what they would be together is not known.
  const bool complete = findings.empty();
  for (FieldProblem& problem : complete ? validate(formation) : validate_fields(formation)) {
    const std::string field = joined(path, problem.field);
    if (complete || !findings.spoilt(field)) findings.add(field, std::move(problem.message));
  }
  decoded.name = findings.mark_of(joined(path, "metadata.name"));
  decoded.parsed.problems = findings.take();
  decoded.parsed.ignored = findings.take_ignored();
  return decoded;
}

bool is_collection(const DocumentNode& document) {
  const DocumentNode* kind = document.find("kind");
  return kind != nullptr && (kind->text == "List" || kind->text == "FormationList");
}

}  // namespace

std::vector<DecodedFormation> decode_formations(const DocumentNode& document, std::string_view file,
                                                Strictness strictness) {
  if (!is_collection(document)) return {decode_one(document, "", file, strictness)};
  std::vector<DecodedFormation> result;
  Findings findings(file, Strictness::strict);
  const Place place{document, "", findings};
  Fields fields(place);
  expect_word(fields, place, "apiVersion", kApiVersion);
  fields.ignore("kind");
  fields.ignore("metadata");
  if (const auto items = fields.find("items")) {
    read_list(*items, [&](const Place& item) {
      if (result.size() < kFormationsMax) {
        result.push_back(decode_one(item.node, item.path, file, strictness));
      }
    });
    if (items->node.items.size() > kFormationsMax) {
      items->fail("more than " + std::to_string(kFormationsMax) + " formations");
    }
  }
  fields.finish();
  if (!findings.empty()) result.push_back({{{}, findings.take()}, document.mark});
  return result;
}

}  // namespace hactl
