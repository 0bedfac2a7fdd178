// `hactl get` and its kin: every format, selection and order, byte for byte.
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "tests/hactl/command_line_world.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr const char* kNodes = "GET /apis/hactl/v1/formations/default/nodes";
constexpr const char* kEvents = "GET /apis/hactl/v1/formations/default/events";

Json nodes() {
  Json items = Json::array();
  for (const NodeStatus& node : status(ConditionStatus::yes).nodes) {
    Json item = to_json(node);
    item["apiVersion"] = "hactl/v1";
    item["kind"] = "Node";
    item["metadata"] = {{"name", node.name.value},
                        {"formation", "default"},
                        {"resource-version", "7.5"},
                        {"labels", {{"region", node.region.value}, {"role", node.role}}}};
    items.push_back(item);
  }
  items[1]["lag-bytes"] = 4096;
  items[1]["lag-seconds"] = 3;
  items[2]["lag-bytes"] = 128;
  return items;
}

Json event(std::uint64_t number, const std::string& object) {
  Event event;
  event.reason = number % 2 == 0 ? "PrimaryLost" : "PrimaryChosen";
  event.warning = number % 2 == 0;
  event.object = object;
  event.message = "something about " + object;
  event.number = number;
  event.time = *parse_utc("2999-01-01T00:00:00Z");
  Json item = to_json(event);
  item["type"] = event.warning ? "Warning" : "Normal";
  item["metadata"] = {{"name", "default." + std::to_string(number)}, {"resource-version", "7"}};
  return item;
}

Json region(const std::string& name, const std::string& node) {
  return {{"name", name},
          {"location", "Europe/" + name},
          {"nodes", {{{"name", node}, {"host", "10.11.2.6"}}}}};
}

Json controller() {
  return {{"metadata", {{"name", "10.0.0.2:8443"}}},
          {"status",
           {{"state", "deciding"},
            {"version", "1.0.0"},
            {"started", "2999-01-01T00:00:00Z"},
            {"formations", 1},
            {"agents", 3},
            {"watches", 0},
            {"writes", 12}}}};
}

HttpResponse versioned(const Json& items) {
  return json_answer(
      {{"kind", "List"}, {"metadata", {{"resource-version", "7.9"}}}, {"items", items}});
}

std::string line(const std::string& type, const Json& object) {
  return Json{{"type", type}, {"object", object}}.dump() + "\n";
}

class Get : public CommandLine {
 protected:
  Get() {
    controller_.set(kNodes, versioned(nodes()));
    controller_.set(std::string(kNodes) + "/paris-b", json_answer(nodes()[1]));
    controller_.set(kEvents, versioned({event(1, "formation/default"), event(2, "node/paris-a"),
                                        event(3, "node/paris-a")}));
    Json formation = object();
    formation["metadata"]["labels"] = {{"tier", "gold"}};
    formation["spec"]["regions"].push_back(region("amsterdam", "amsterdam-a"));
    controller_.set(kOne, json_answer(formation));
    controller_.set(kList, versioned(Json::array({formation})));
    controller_.set("GET /apis/hactl/v1/controllers", versioned(Json::array({controller()})));
  }
};

TEST_F(Get, ShowsTablesOfEveryTypeWithin80Columns) {
  for (const char* type : {"formation", "nodes", "regions", "events", "controllers"}) {
    say({"get", type});
    EXPECT_EQ(notes(), "");
    std::istringstream lines(out());
    for (std::string line; std::getline(lines, line);) {
      // What an event says is as long as it has to be, as with kubectl.
      EXPECT_TRUE(line.size() <= 80 || type == std::string("events")) << line;
    }
  }
  for (const char* type : {"fo", "no", "re", "ev", "co"}) {
    say({"get", type, "-o", "wide"});
  }
  expect_transcript("get_tables");
}

TEST_F(Get, PrintsWhatAFormatAsksFor) {
  say({"get", "nodes", "-o", "name"});
  say({"get", "formation/default", "-o", "jsonpath={.status.primary}"});
  say({"get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"});
  say({"get", "nodes", "-o", R"(jsonpath={range .items[*]}{.name}{"\t"}{.role}{"\n"}{end})"});
  say({"get", "nodes", "-o", R"(jsonpath={.items[?(@.role=="primary")].name})"});
  say({"get", "nodes", "-o", "jsonpath-as-json={.items[*].port}"});
  say({"get", "node", "paris-b", "-o", "custom-columns=NODE:.metadata.name,LAG:.lag-bytes,NO:.no"});
  say({"get", "nodes", "-o", "custom-columns=NODE:.metadata.name", "--no-headers"});
  std::ofstream(directory_.file("columns")) << "NODE ROLE\n.metadata.name {.role}\n";
  say({"get", "nodes", "-o", "custom-columns-file=" + directory_.file("columns")});
  say({"get", "region", "amsterdam", "-o", "yaml"});
  say({"get", "region", "amsterdam", "-o", "json"});
  say({"get", "nodes", "--no-headers"});
  expect_transcript("get_formats");
}

TEST_F(Get, SaysWhatIsWrongWithAFormat) {
  for (const char* format :
       {"xml", "jsonpath", "jsonpath={.a", "jsonpath={range .a}x", "jsonpath={.a[x]}",
        "custom-columns", "custom-columns=NAME", "custom-columns-file=/nowhere"}) {
    EXPECT_EQ(say({"get", "nodes", "-o", format}), 2);
    EXPECT_EQ(out(), "");
  }
  expect_transcript("get_faulty_formats");
}

TEST_F(Get, SelectsAndSorts) {
  say({"get", "formations", "-l", "tier=gold", "-o", "name"});
  say({"get", "formations", "-l", "tier!=gold"});
  say({"get", "formations", "-l", "tier in (gold, silver),!old", "-o", "name"});
  say({"get", "nodes", "-l", "role notin (primary)", "-o", "name"});
  say({"get", "nodes", "--field-selector", "role=primary,region!=dublin", "-o", "name"});
  say({"get", "nodes", "--sort-by", ".lag-bytes", "--no-headers"});
  say({"get", "nodes", "--sort-by={.metadata.name}", "-o", "name"});
  say({"get", "nodes", "--sort-by", ".nothing"});
  say({"get", "nodes", "-l", "a=b=c"});
  say({"get", "nodes", "--field-selector", "role"});
  say({"get", "node", "paris-a", "-l", "role=primary"});
  say({"events", "--for", "node/paris-a", "--types=Warning"});
  say({"events", "--types=Loud"});
  expect_transcript("get_selected");
}

TEST_F(Get, NamesWhatThereIsNot) {
  say({"get", "nodes", "paris-a", "x", "y", "-o", "name"});
  say({"get", "nodes/paris-b", "-o", "name"});
  say({"get", "node", "x", "--ignore-not-found"});
  say({"get", "pods"});
  say({"get"});
  say({"get", "node", "node/paris-a"});
  controller_.set(kList, versioned(Json::array()));
  say({"get", "formations"});
  say({"get", "formations", "-o", "json"});
  say({"get", "nodes"});
  expect_transcript("get_missing");
}

TEST_F(Get, WatchesOnFromWhereItWas) {
  Json moved = object();
  moved["status"]["primary"] = "paris-b";
  moved["metadata"]["resource-version"] = "8.10";
  const Json mark{{"kind", "Formation"}, {"metadata", {{"resource-version", "9.11"}}}};
  const std::string watch = std::string(kList) + "?resource-version=";
  controller_.set(watch + "7.9&watch=1",
                  {.body = line("MODIFIED", moved) + line("BOOKMARK", mark)});
  const Json denied{{"reason", "Forbidden"}, {"message", "no more of this"}, {"code", 403}};
  controller_.set(watch + "9.11&watch=1", {.body = line("DELETED", moved) + line("ERROR", denied)});
  say({"get", "formations", "-w"});
  say({"get", "formations", "--watch-only", "--output-watch-events"});
  say({"get", "formations", "--watch-only", "-o", "name"});
  expect_transcript("get_watch");
}

TEST_F(Get, ListsAnewWhenItsPositionIsTooOld) {
  const Json expired{{"reason", "Expired"}, {"message", "too old"}, {"code", 410}};
  const std::string first = std::string(kNodes) + "?resource-version=7.9&watch=1";
  controller_.set(first, {.body = line("ERROR", expired)});
  Json later = nodes();
  later[0]["role"] = "sync";
  later.erase(2);
  HttpResponse list = json_answer({{"metadata", {{"resource-version", "20.1"}}}, {"items", later}});
  controller_.set_after(first, kNodes, std::move(list));
  const Json denied{{"reason", "Forbidden"}, {"message", "no more of this"}, {"code", 403}};
  controller_.set(std::string(kNodes) + "?resource-version=20.1&watch=1",
                  {.status = 403, .body = denied.dump()});
  say({"get", "nodes", "--watch-only", "--output-watch-events"});
  expect_transcript("get_expired");
}

TEST_F(Get, WatchesRegionsThroughTheirFormation) {
  Json fewer = object();
  fewer["metadata"]["resource-version"] = "8.10";
  const Json denied{{"reason", "Forbidden"}, {"message", "no more of this"}, {"code", 403}};
  controller_.set(std::string(kOne) + "?resource-version=7.9&watch=1",
                  {.body = line("MODIFIED", fewer) + line("ERROR", denied)});
  say({"get", "regions", "-w", "--output-watch-events"});
  say({"get", "controllers", "-w"});
  expect_transcript("get_watch_regions");
}

TEST_F(Get, DescribesThings) {
  say({"describe", "formation", "default"});
  say({"describe", "node/paris-b"});
  say({"describe", "region", "paris"});
  say({"describe", "node", "x"});
  say({"describe", "controllers"});
  say({"api-resources"});
  say({"api-resources", "-o", "name"});
  say({"api-resources", "-o", "wide"});
  expect_transcript("describe");
}

TEST_F(Get, WaitsForAnyFieldOrCondition) {
  const std::vector<std::string> of{"wait", "formation/default", "--timeout=0"};
  const auto wait = [&](std::vector<std::string> wanted) {
    wanted.insert(wanted.begin(), of.begin(), of.end());
    return say(wanted);
  };
  EXPECT_EQ(wait({"--for=condition=Converged"}), 0);
  EXPECT_EQ(wait({"--for=condition=converged=False"}), 1);
  EXPECT_EQ(wait({"--for=jsonpath={.status.phase}=stable", "--for", "condition=Durable"}), 0);
  EXPECT_EQ(wait({"--for=jsonpath={.status.primary}"}), 0);
  EXPECT_EQ(wait({"--for=jsonpath={.status.primary}=paris-b"}), 1);
  EXPECT_EQ(wait({"--for=create"}), 0);
  EXPECT_EQ(wait({"--for=delete"}), 1);
  EXPECT_EQ(wait({"--for=nonsense"}), 1);
  EXPECT_EQ(wait({"--for=condition=A=maybe"}), 1);
  EXPECT_EQ(wait({"--for=jsonpath={.a}="}), 1);
  EXPECT_EQ(say({"wait", "node/paris-b", "--for=jsonpath={.healthy}=true"}), 0);
  EXPECT_EQ(say({"wait", "formation", "gone", "--for=delete"}), 0);
  EXPECT_EQ(say({"wait", "formation", "gone", "--for=condition=Converged"}), 1);
  EXPECT_EQ(say({"wait", "regions", "--for=delete"}), 1);
  EXPECT_EQ(say({"wait", "formation/default"}), 2);
  expect_transcript("wait");
}

}  // namespace
}  // namespace hactl
