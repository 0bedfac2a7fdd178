// A formation of obedient nodes behind a controller with canned answers, for the verbs that tell
// why: each decision is kept as an event, as the controller would.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "codec/decided_json.h"
#include "codec/messages.h"
#include "hactl/command_line.h"
#include "tests/hactl/fake_controller.h"
#include "tests/planner/obedient_world.h"

namespace hactl {

class ToldFormation : public ::testing::Test {
 protected:
  static constexpr const char* kDefault = "GET /apis/hactl/v1/formations/default";

  ToldFormation() {
    options_.config_file = directory_.file("config");
    EXPECT_TRUE(save_config(options_.config_file, controller_.config()).ok());
    world_.planned = [this](const Plan& plan) {
      if (plan.record) keep(plan);
    };
  }

  /// Lets the formation live, and answers for how it is then.
  void settle() {
    world_.settle();
    serve();
  }
  void serve() {
    const Decided now{inputs(), world_.next()};
    nlohmann::json object = to_json(now);
    object["time"] = to_string(time_now());
    for (nlohmann::json& goal : object["answer"]["goals"])
      goal["since"] = to_string(UtcTime{time_now().milliseconds - 134'000});
    controller_.set(std::string(kDefault) + "/decision", answer(object));
    nlohmann::json items = nlohmann::json::array();
    for (const nlohmann::json& event : events_) {
      nlohmann::json listed = event;
      listed.erase("inputs");
      listed.erase("answer");
      items.push_back(std::move(listed));
    }
    controller_.set(std::string(kDefault) + "/events",
                    answer({{"kind", "EventList"}, {"items", std::move(items)}}));
  }

  int run(std::vector<std::string> arguments) {
    std::vector<const char*> pointers{"hactl"};
    for (const std::string& argument : arguments)
      pointers.push_back(argument.c_str());
    out_.str("");
    notes_.str("");
    Terminal terminal(out_, notes_, Terminal::Colour::never);
    return run_command_line(static_cast<int>(pointers.size()), pointers.data(), terminal, options_);
  }
  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string notes() const { return notes_.str(); }

  static HttpResponse answer(const nlohmann::json& json) {
    return {.status = 200, .body = json.dump()};
  }
  [[nodiscard]] UtcTime time_now() const {
    const UtcTime start = *parse_utc("2026-11-25T18:00:00Z");
    return {start.milliseconds + (world_.now - testing::at(100'000)).count()};
  }
  /// The name of the last event with that reason.
  [[nodiscard]] std::string name_of(const std::string& reason) const {
    std::string name;
    for (const nlohmann::json& event : events_) {
      if (event["reason"] == reason) name = std::to_string(event["number"].get<std::uint64_t>());
    }
    return name;
  }
  void expect_golden(const std::string& name) const {
    const auto golden =
        std::filesystem::path(HACTL_SOURCE_DIR) / "tests/hactl/testdata" / (name + ".txt");
    if (std::getenv("HACTL_REWRITE") != nullptr) std::ofstream(golden) << out();
    std::ostringstream text;
    text << std::ifstream(golden).rdbuf();
    EXPECT_EQ(text.str(), out()) << "HACTL_REWRITE=1 rewrites the file; review the diff";
  }

  TemporaryDirectory directory_;
  testing::ObedientWorld world_{testing::three_nodes()};
  FakeController controller_{{}};
  std::vector<nlohmann::json> events_;  ///< With what is kept with them; oldest first.

 private:
  [[nodiscard]] PlanInputs inputs() const {
    return {world_.spec, world_.generation, world_.record, world_.observed, world_.now};
  }
  void keep(const Plan& plan) {
    Event event = plan.events.front();
    event.number = 1'000 * (events_.size() + 1);
    event.time = time_now();
    if (plan.record->primary) event.involved = {*plan.record->primary};
    nlohmann::json object = to_json(Decided{inputs(), plan});
    object.update(to_json(event));
    object["type"] = event.warning ? "Warning" : "Normal";
    object["metadata"] = {{"formation", "default"},
                          {"name", "default." + std::to_string(event.number)},
                          {"resource-version", "1"}};
    // By its name, or by its number alone.
    for (const std::string& name :
         {std::to_string(event.number), "default." + std::to_string(event.number)}) {
      controller_.set(std::string(kDefault) + "/events/" + name, answer(object));
    }
    events_.push_back(std::move(object));
  }

  GlobalOptions options_;
  std::ostringstream out_;
  std::ostringstream notes_;
};

}  // namespace hactl
