#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "hactl/connection_uri.h"
#include "hactl/printer.h"
#include "hactl/selector.h"
#include "hactl/verbs.h"
#include "hactl/watch_screen.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

// Between two tries to reach a controller that has gone while it was watched.
constexpr Duration kWatchAgain{500};

// What is shown of what there is.
struct Filter {
  std::vector<std::string> names{};
  LabelSelector labels{};
  FieldSelector fields{};

  [[nodiscard]] bool passes(const Json& object) const {
    const bool meant = names.empty() || std::ranges::find(names, name_of(object)) != names.end();
    return meant && labels.matches(object) && fields.matches(object);
  }
};

Result<Filter> filter_of(const GetOptions& options, std::vector<std::string> names) {
  Result<LabelSelector> labels = LabelSelector::parse(options.selector);
  if (!labels.ok()) return labels.error();
  Result<FieldSelector> fields = FieldSelector::parse(options.field_selector);
  if (!fields.ok()) return fields.error();
  const bool selects = !options.selector.empty() || !options.field_selector.empty();
  if (selects && !names.empty()) {
    return local_error("name cannot be provided when a selector is specified");
  }
  return Filter{std::move(names), std::move(*labels), std::move(*fields)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "node-2" before "node-10", as kubectl sorts texts.
bool text_before(std::string_view left, std::string_view right) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() && j < right.size()) {
    if (!is_digit(left[i]) || !is_digit(right[j])) {
      if (left[i] != right[j]) return left[i] < right[j];
      ++i;
      ++j;
      continue;
    }
    const auto number = [](std::string_view text, std::size_t& at) {
      while (at + 1 < text.size() && text[at] == '0' && is_digit(text[at + 1]))
        ++at;
      const std::size_t start = at;
      while (at < text.size() && is_digit(text[at]))
        ++at;
      return text.substr(start, at - start);
    };
    const std::string_view a = number(left, i);
    const std::string_view b = number(right, j);
    if (a.size() != b.size()) return a.size() < b.size();
    if (a != b) return a < b;
  }
  return left.size() - i < right.size() - j;
}

// What is not there comes first.
bool value_before(const Json& left, const Json& right) {
  if (left.is_string() && right.is_string()) {
    return text_before(left.get_ref<const std::string&>(), right.get_ref<const std::string&>());
  }
  return left < right;
}

Result<Done> sort_by(const std::string& text, std::vector<Json>& objects) {
  if (text.empty()) return Done{};
  const Result<JsonPath> field = JsonPath::parse_expression(text);
  if (!field.ok()) return field.error().within("error");
  std::vector<std::pair<Json, Json>> keyed;
  bool any = objects.empty();
  for (Json& object : objects) {
    const std::vector<const Json*> found = field->values(object);
    any = any || !found.empty();
    Json key = found.empty() ? Json() : *found.front();
    keyed.emplace_back(std::move(key), std::move(object));
  }
  if (!any) {
    return local_error(
        fmt::format("couldn't find any field with path \"{}\" in the list of objects", text));
  }
  std::ranges::stable_sort(keyed, value_before, [](const auto& each) { return each.first; });
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    objects[i] = std::move(keyed[i].second);
  }
  return Done{};
}

// The object without what changes although nothing has happened.
Json comparable(Json object) {
  const auto metadata = object.find("metadata");
  if (metadata != object.end() && metadata->is_object()) metadata->erase("resource-version");
  return object;
}

// Shows every change until the user ends it. While the controller cannot be reached it waits; what
// it has missed too much of, it lists anew and shows what is different.
class Watch {
 public:
  Watch(Session& session, const ResourceType& type, const Filter& filter, Printer& printer)
      : session_(session), type_(type), filter_(filter), printer_(printer) {}

  void seen(const Listing& listing) {
    version_ = listing.resource_version;
    for (const Json& object : listing.objects) {
      known_[name_of(object)] = object;
    }
  }

  Result<int> run(const std::string& formation) {
    Api& api = **session_.api();
    const std::string path = resource_path(type_, formation);
    while (fault_.ok() && session_.terminal().out().good()) {
      const bool anew = std::exchange(expired_, false);
      const Result<Done> ended = anew ? list_anew(api, formation) : follow(api, path);
      if (ended.ok() || !fault_.ok()) continue;
      if (ended.error().code != ErrorCode::unavailable) return ended.error();
      expired_ = anew;
      session_.terminal().notes() << ended.error().message << std::endl;
      std::this_thread::sleep_for(kWatchAgain);
    }
    if (!fault_.ok()) return fault_.error();
    return kExitDone;
  }

 private:
  Result<Done> follow(Api& api, const std::string& path) {
    return api.watch(path, version_, [this](const std::string& event, const Json& object) {
      return take(event, object);
    });
  }

  bool take(const std::string& event, const Json& object) {
    if (event == "ERROR") {
      expired_ = text_at(object, "code") == "410";
      if (!expired_) fault_ = server_error(object.value("code", 500), object.dump());
      return false;
    }
    version_ = text_at(object.value("metadata", Json::object()), "resource-version");
    if (event == "BOOKMARK") return true;
    const std::vector<Json> objects = objects_in(type_, object);
    for (const Json& each : objects) {
      changed(event, each);
    }
    if (type_.resource == Resource::region) forget_all_but(objects);
    return fault_.ok() && session_.terminal().out().good();
  }

  void changed(const std::string& event, const Json& object) {
    const std::string name = name_of(object);
    if (event == "DELETED") {
      if (known_.erase(name) == 0) return;
    } else {
      const auto found = known_.find(name);
      if (found != known_.end() && comparable(found->second) == comparable(object)) return;
      known_[name] = object;
    }
    if (filter_.passes(object)) fault_ = printer_.print_change(event, object);
  }

  Result<Done> list_anew(Api& api, const std::string& formation) {
    const Result<Listing> listing = list_objects(api, type_, formation);
    if (!listing.ok()) return listing.error();
    for (const Json& object : listing->objects) {
      changed(known_.contains(name_of(object)) ? "MODIFIED" : "ADDED", object);
    }
    forget_all_but(listing->objects);
    version_ = listing->resource_version;
    return Done{};
  }

  // `objects` are all that there are now.
  void forget_all_but(const std::vector<Json>& objects) {
    const std::map<std::string, Json> before = known_;
    for (const auto& [name, object] : before) {
      if (std::ranges::find(objects, name, name_of) == objects.end()) changed("DELETED", object);
    }
  }

  Session& session_;
  const ResourceType& type_;
  const Filter& filter_;
  Printer& printer_;
  std::map<std::string, Json> known_{};  ///< Everything that there is, shown or not.
  std::string version_{};
  bool expired_ = false;
  Result<Done> fault_ = Done{};
};

// An event may be called by its number alone.
void name_events(const std::string& formation, std::vector<std::string>& names) {
  for (std::string& name : names) {
    if (name.find('.') == std::string::npos) name = formation + "." + name;
  }
}

// One thing by its name is asked for by itself, and shows more than a list does.
Result<Listing> objects_wanted(Api& api, const Targets& targets, const GetOptions& options,
                               const std::string& formation) {
  const ResourceType& type = *targets.type;
  const bool single = targets.names.size() == 1 &&
                      (type.resource == Resource::formation || type.resource == Resource::node ||
                       type.resource == Resource::event);
  if (!single) return list_objects(api, type, formation);
  const Result<Json> object =
      api.get(resource_path(type, formation) + "/" + percent_encoded(targets.names.front()));
  if (object.ok()) {
    return Listing{{*object},
                   text_at(object->value("metadata", Json::object()), "resource-version")};
  }
  const bool absent = object.error().code == ErrorCode::not_found;
  if (absent && options.ignore_not_found) return Listing{};
  return object.error();
}

// What was asked for.
struct Wanted {
  const GetOptions& options;
  const Targets& targets;
  const Filter& filter;
};

// Prints what passes; the names that there are not are told, as the last of the errors.
Result<Done> print_list(Session& session, const Wanted& wanted, Printer& printer,
                        const Listing& listing) {
  const auto& [options, targets, filter] = wanted;
  std::vector<Json> objects;
  std::ranges::copy_if(listing.objects, std::back_inserter(objects),
                       [&](const Json& object) { return wanted.filter.passes(object); });
  const Result<Done> sorted = sort_by(options.sort_by, objects);
  if (!sorted.ok()) return sorted.error();
  const ListForm form = targets.names.size() == 1 ? ListForm::single : ListForm::list;
  if (objects.empty() && targets.names.empty() && printer.prints_table()) {
    session.terminal().notes() << "No resources found" << std::endl;
  } else if (!objects.empty() || targets.names.empty()) {
    const Result<Done> printed = printer.print(objects, form);
    if (!printed.ok()) return printed.error();
  }
  if (options.ignore_not_found) return Done{};
  std::string missing;
  for (const std::string& name : targets.names) {
    if (std::ranges::find(objects, name, name_of) != objects.end()) continue;
    if (!missing.empty()) missing += "\n";
    missing += not_found_error(*targets.type, name).message;
  }
  if (missing.empty()) return Done{};
  return Error{ErrorCode::not_found, missing};
}

// Whoever asks at a terminal to go on about one formation gets a screen; whoever asks for something
// of the list, its rows.
bool asks_for_screen(Session& session, const Wanted& wanted, const OutputFormat& format,
                     const Listing& listing) {
  using Kind = OutputFormat::Kind;
  const GetOptions& options = wanted.options;
  const bool plain = options.selector.empty() && options.field_selector.empty() &&
                     options.sort_by.empty() && !options.watch_events && !options.no_headers;
  return session.terminal().is_screen() && options.watch == GetOptions::Watch::after_list &&
         plain && (format.kind == Kind::table || format.kind == Kind::wide) &&
         wanted.targets.type->resource == Resource::formation && listing.objects.size() == 1;
}

}  // namespace

Result<int> run_get(Session& session, const GetOptions& options) {
  Result<Targets> targets = parse_targets(options.targets);
  if (!targets.ok()) return targets.error();
  const ResourceType& type = *targets->type;
  const Result<OutputFormat> format = OutputFormat::parse(options.output);
  if (!format.ok()) return format.error();
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  std::string formation;
  if (type.of_formation) {
    const Result<std::string> named = session.formation_name(options.formation);
    if (!named.ok()) return named.error();
    formation = *named;
  }
  if (type.resource == Resource::event) name_events(formation, targets->names);
  const Result<Filter> filter = filter_of(options, targets->names);
  if (!filter.ok()) return filter.error();
  const Result<Listing> listing = objects_wanted(**api, *targets, options, formation);
  if (!listing.ok()) return listing.error();
  const Wanted wanted{options, *targets, *filter};
  if (asks_for_screen(session, wanted, *format, *listing)) {
    return watch_screen(session, name_of(listing->objects.front()));
  }
  Printer printer(session.terminal(), type,
                  {.format = *format,
                   .header = options.no_headers ? TableHeader::hidden : TableHeader::shown,
                   .events = options.watch_events ? EventColumn::shown : EventColumn::hidden});
  if (options.watch != GetOptions::Watch::only) {
    const Result<Done> printed = print_list(session, wanted, printer, *listing);
    if (!printed.ok()) return printed.error();
  }
  if (options.watch == GetOptions::Watch::no) return kExitDone;
  if (type.resource == Resource::controller) {
    return Error{ErrorCode::invalid,
                 "Error from server (MethodNotAllowed): the server does not allow this method on "
                 "the requested resource"};
  }
  Watch watch(session, type, *filter, printer);
  watch.seen(*listing);
  return watch.run(formation);
}

}  // namespace hactl
