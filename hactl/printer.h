// Printer: objects in the format that `-o` names, first a list and then single changes.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "hactl/output_format.h"
#include "hactl/resources.h"
#include "hactl/table.h"
#include "hactl/terminal.h"

namespace hactl {

/// Whether each line says what has happened to its object.
enum class EventColumn { hidden, shown };

/// How a list is shown: a single object that was asked for by name is shown by itself.
enum class ListForm { list, single };

/// The terminal outlives it.
class Printer {
 public:
  struct Style {
    OutputFormat format{};
    TableHeader header = TableHeader::shown;
    EventColumn events = EventColumn::hidden;
  };

  Printer(Terminal& terminal, const ResourceType& type, Style style);

  [[nodiscard]] bool prints_table() const { return style_.format.is_table(); }

  /// Errors: corrupt, when an object is not what it should be.
  Result<Done> print(const std::vector<nlohmann::json>& objects, ListForm form);

  /// What happened ("ADDED", …) to one object. Columns only ever get wider.
  Result<Done> print_change(const std::string& event, const nlohmann::json& object);

 private:
  Result<Done> print_rows(const std::string& event, const std::vector<nlohmann::json>& objects);
  void print_document(const nlohmann::json& document);

  Terminal& terminal_;
  const ResourceType& type_;
  Style style_;
  Table table_;
};

}  // namespace hactl
