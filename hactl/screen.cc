#include "hactl/screen.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/utc.h"
#include "hactl/rows.h"

namespace hactl {
namespace {

using Lines = std::vector<ScreenLine>;

// From so many rows on, steps and events have headings, and what is of less use has a line.
constexpr std::size_t kRowsForAll = 16;
// From so many, what is waited for may take more than one line.
constexpr std::size_t kRowsForWholeSentences = 24;
constexpr std::size_t kSentenceLinesMax = 3;

// "18:00:05Z"; of another day with its date.
std::string clock_text(UtcTime time, UtcTime now) {
  constexpr std::int64_t kSecond = 1'000;
  const std::string text = to_string(UtcTime{time.milliseconds / kSecond * kSecond});
  const std::size_t date = text.find('T') + 1;
  const bool today = to_string(now).substr(0, date) == text.substr(0, date);
  return today ? text.substr(date) : text;
}

// "18:00:03Z (2s)".
std::string since_text(UtcTime time, UtcTime now) {
  return fmt::format("{} ({})", clock_text(time, now), age_since(time, now));
}

// "ANY 1 (a, b)" as "1 of a, b".
std::string quorum_words(std::string_view setting) {
  constexpr std::string_view kAny = "ANY ";
  const std::size_t open = setting.find(" (");
  const bool known =
      setting.starts_with(kAny) && open != std::string_view::npos && setting.ends_with(')');
  if (!known) return setting == "none" ? "no standby" : std::string(setting);
  const std::string_view names = setting.substr(open + 2, setting.size() - open - 3);
  return fmt::format("{} of {}", setting.substr(kAny.size(), open - kAny.size()), names);
}

constexpr std::string_view kConverged = "Converged";

// What every formation is to be, and how it is said that it is not.
struct Virtue {
  std::string_view type{};
  std::string_view holds{};
  std::string_view lacks{};
};
constexpr std::array<Virtue, 3> kVirtues{{{"Available", "available", "NOT AVAILABLE"},
                                          {"Durable", "durable", "NOT DURABLE"},
                                          {kConverged, "converged", "NOT CONVERGED"}}};

ScreenLine headline(const ScreenState& state, std::size_t columns) {
  ScreenLine line(state.item.formation.name.value, Ink::strong);
  line.add(": ");
  std::size_t left = kVirtues.size();
  // What is wrong comes first: the end may be cut off.
  for (const bool wrong : {true, false}) {
    for (const Virtue& virtue : kVirtues) {
      if (is_true(state.item.status.conditions, virtue.type) == wrong) continue;
      line.add(wrong ? virtue.lacks : virtue.holds, wrong ? Ink::bad : Ink::good);
      if (--left > 0) line.add(", ");
    }
  }
  const std::string clock = clock_text(state.now, state.now);
  const bool fits = line.columns() + 2 + clock.size() <= columns;
  if (fits) line.pad(columns - clock.size()).add(clock, Ink::faint);
  return line;
}

ScreenLine primary_line(const FormationItem& item) {
  const FormationStatus& status = item.status;
  ScreenLine line("primary ");
  line.add(status.primary ? status.primary->value : "none",
           status.primary ? Ink::strong : Ink::bad);
  const Condition* preferred = find_condition(status.conditions, "PrimaryPreferred");
  if (preferred != nullptr && preferred->reason == "HigherPriorityElsewhere") {
    line.add(" (another is preferred)", Ink::warning);
  }
  line.add(fmt::format(", phase {}, epoch {}, generation {}", status.phase, status.epoch.value,
                       item.generation.value));
  if (status.observed_generation != item.generation) {
    line.add(fmt::format(" ({} observed)", status.observed_generation.value), Ink::warning);
  }
  return line;
}

bool is_blocked(const FormationStatus& status) {
  const Condition* progressing = find_condition(status.conditions, "Progressing");
  return progressing != nullptr && progressing->reason == "Blocked";
}

// "WAITING since 18:00:03Z (2s): for paris-b to take over"; the others by what is lacking.
std::string trouble_text(const ScreenState& state, const Virtue& virtue, const Condition& why) {
  std::string_view name = virtue.lacks;
  std::string_view message = why.message;
  if (virtue.type == kConverged) {
    constexpr std::string_view kWaiting = "waiting ";
    name = is_blocked(state.item.status) ? "BLOCKED" : "WAITING";
    if (name == "WAITING" && message.starts_with(kWaiting)) message.remove_prefix(kWaiting.size());
  }
  return fmt::format("{} since {}: {}", name, since_text(why.last_transition, state.now), message);
}

// What is waited for, and since when; then what else does not hold, for another reason.
Lines trouble_lines(const ScreenState& state, ScreenSize size) {
  const std::size_t lines_max = size.rows < kRowsForWholeSentences ? 1 : kSentenceLinesMax;
  Lines lines;
  std::set<std::string_view> told;
  for (auto virtue = kVirtues.rbegin(); virtue != kVirtues.rend(); ++virtue) {
    const Condition* condition = find_condition(state.item.status.conditions, virtue->type);
    if (condition == nullptr || condition->status == ConditionStatus::yes) continue;
    if (!told.insert(condition->message).second) continue;
    for (const std::string& line :
         folded(trouble_text(state, *virtue, *condition), size.columns, lines_max)) {
      lines.emplace_back(line, Ink::warning);
    }
  }
  return lines;
}

std::string_view unanswered_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::unavailable:
    case ErrorCode::timed_out: return "CONTROLLER NOT REACHED";
    case ErrorCode::not_found: return "FORMATION IS GONE";
    default: return "NO USABLE ANSWER";
  }
}

Lines top_lines(const ScreenState& state, ScreenSize size) {
  Lines lines;
  if (state.unanswered) {
    lines.emplace_back(fmt::format("{} since {}; below is what was so then",
                                   unanswered_name(state.unanswered->why.code),
                                   since_text(state.unanswered->since, state.now)),
                       Ink::bad);
    if (size.rows >= kRowsForAll) lines.emplace_back(state.unanswered->why.message, Ink::bad);
  }
  lines.push_back(headline(state, size.columns));
  lines.push_back(primary_line(state.item));
  const Lines troubles = trouble_lines(state, size);
  if (troubles.empty() || size.rows >= kRowsForAll) {
    lines.emplace_back("commits wait for " + quorum_words(state.item.status.sync));
  }
  lines.insert(lines.end(), troubles.begin(), troubles.end());
  return lines;
}

// Where a part of the screen goes.
struct Place {
  std::size_t rows = 0;
  std::size_t heading = 0;  ///< Rows that a heading takes.
};

// A heading, and as many lines of `all` as fit, from `from` on or, at the end, from before it.
Lines section(ScreenLine heading, const Lines& all, std::size_t from, Place place) {
  const std::size_t rows = place.rows;
  Lines lines;
  if (place.heading > 0 && rows > 1 && !all.empty()) lines.push_back(std::move(heading));
  const std::size_t room = std::min(rows - lines.size(), all.size());
  const std::size_t first = std::min(from, all.size() - room);
  for (std::size_t i = first; i < first + room; ++i) {
    lines.push_back(all[i]);
  }
  return lines;
}

Lines step_lines(const FormationStatus& status, Place place) {
  Lines all;
  for (const std::string& step : status.done_steps) {
    all.emplace_back("  [x] " + step, Ink::good);
  }
  for (const std::string& step : status.steps) {
    const bool under_way = &step == &status.steps.front();
    all.emplace_back((under_way ? "  [>] " : "  [ ] ") + step,
                     under_way ? Ink::strong : Ink::plain);
  }
  const std::size_t done = status.done_steps.size();
  const std::string count = fmt::format("{} of {} done", done, all.size());
  // The last one that was taken stays in sight, when there is room for it.
  const std::size_t from = done > 0 && place.rows > 3 ? done - 1 : done;
  return section(ScreenLine("STEPS ", Ink::faint).add(count, Ink::faint), all, from, place);
}

Lines event_lines(const ScreenState& state, Place place) {
  Lines all;
  const std::vector<Event>& events = state.events;
  for (std::size_t i = events.size() - std::min(events.size(), place.rows); i < events.size();
       ++i) {
    const Event& event = events[i];
    const Ink ink = event.warning ? Ink::warning : Ink::plain;
    all.push_back(ScreenLine(event.warning ? "! " : "  ", event.warning ? Ink::bad : Ink::plain)
                      .add(fmt::format("{:>6}  {}: {}", age_since(event.time, state.now),
                                       event.reason, event.message),
                           ink));
  }
  return section(ScreenLine("EVENTS", Ink::faint), all, all.size(), place);
}

std::size_t less(std::size_t rows, std::size_t taken) {
  return rows - std::min(rows, taken);
}

// The parts below the top, in their order. Of steps and events that there are, the heading and one
// of each stay, whatever the nodes would take.
std::vector<Lines> parts_within(const ScreenState& state, ScreenSize room, std::size_t heading) {
  const FormationStatus& status = state.item.status;
  const auto rows_of = [heading](std::size_t count) { return count == 0 ? 0 : heading + count; };
  const std::size_t steps = rows_of(status.done_steps.size() + status.steps.size());
  const std::size_t steps_least = std::min(rows_of(1), steps);
  const std::size_t events_least = std::min(rows_of(1), rows_of(state.events.size()));
  std::size_t left = room.rows;
  std::vector<Lines> parts;
  parts.push_back(node_lines(status, {room.columns, less(left, steps_least + events_least)}));
  left = less(left, parts.back().size());
  const std::size_t steps_most = std::max(std::min(left, steps_least), less(left, events_least));
  parts.push_back(step_lines(status, {std::min(steps, steps_most), heading}));
  left = less(left, parts.back().size());
  parts.push_back(event_lines(state, {left, heading}));
  return parts;
}

// Puts the parts together, with a line between them where that costs nothing but old events.
Lines all_lines(const ScreenState& state, ScreenSize size) {
  constexpr std::size_t kEventsBeforeGaps = 4;
  Lines lines = top_lines(state, size);
  const std::size_t left = less(size.rows, lines.size());
  const std::size_t heading = size.rows < kRowsForAll ? 0 : 1;
  const std::vector<Lines> dense = parts_within(state, {size.columns, left}, heading);
  const auto gaps = static_cast<std::size_t>(
      std::ranges::count_if(dense, [](const Lines& part) { return !part.empty(); }));
  const std::vector<Lines> airy = parts_within(state, {size.columns, less(left, gaps)}, heading);
  const bool has_room = airy[0].size() == dense[0].size() && airy[1].size() == dense[1].size() &&
                        airy[2].size() >= std::min(kEventsBeforeGaps, dense[2].size());
  for (const Lines& part : has_room ? airy : dense) {
    if (has_room && !part.empty()) lines.emplace_back();
    lines.insert(lines.end(), part.begin(), part.end());
  }
  return lines;
}

}  // namespace

Frame render(const ScreenState& state, ScreenSize size, Terminal::Colour colour) {
  Frame frame;
  for (const ScreenLine& line : all_lines(state, size)) {
    if (frame.lines.size() == size.rows) break;
    frame.lines.push_back(line.text(size.columns, colour));
  }
  return frame;
}

}  // namespace hactl
