#include "hactl/printer.h"

#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/spec_yaml.h"
#include "hactl/rows.h"

namespace hactl {
namespace {

using Json = nlohmann::json;
using Kind = OutputFormat::Kind;

TableWidth width_of(const OutputFormat& format) {
  return format.kind == Kind::wide ? TableWidth::wide : TableWidth::narrow;
}

Table::Row heading_of(const ResourceType& type, const Printer::Style& style) {
  Table::Row row;
  if (style.events == EventColumn::shown) row.emplace_back("EVENT");
  if (style.format.kind != Kind::custom_columns) {
    const Table::Row heading = heading_of(type.resource, width_of(style.format));
    row.insert(row.end(), heading.begin(), heading.end());
    return row;
  }
  for (const OutputFormat::Column& column : style.format.columns) {
    row.push_back(column.heading);
  }
  return row;
}

std::string column_text(const JsonPath& field, const Json& object) {
  std::string text;
  for (const Json* value : field.values(object)) {
    if (!text.empty()) text += ",";
    text += json_path_text(*value);
  }
  return text;
}

}  // namespace

Printer::Printer(Terminal& terminal, const ResourceType& type, Style style)
    : terminal_(terminal),
      type_(type),
      style_(std::move(style)),
      table_(heading_of(type, style_)) {}

Result<Done> Printer::print(const std::vector<Json>& objects, ListForm form) {
  if (prints_table()) return print_rows("ADDED", objects);
  if (style_.format.kind == Kind::name) {
    for (const Json& object : objects) {
      terminal_.out() << fmt::format("{}/{}\n", type_.singular, name_of(object));
    }
    terminal_.out() << std::flush;
    return Done{};
  }
  if (form == ListForm::single && objects.size() == 1) {
    print_document(objects.front());
  } else {
    print_document(Json{{"apiVersion", "hactl/v1"}, {"kind", "List"}, {"items", objects}});
  }
  return Done{};
}

Result<Done> Printer::print_change(const std::string& event, const Json& object) {
  if (prints_table()) return print_rows(event, {object});
  if (style_.format.kind == Kind::name) return print({object}, ListForm::single);
  if (style_.format.kind == Kind::yaml) terminal_.out() << "---\n";
  print_document(style_.events == EventColumn::shown ? Json{{"type", event}, {"object", object}}
                                                     : object);
  return Done{};
}

Result<Done> Printer::print_rows(const std::string& event, const std::vector<Json>& objects) {
  for (const Json& object : objects) {
    Table::Row row;
    if (style_.events == EventColumn::shown) row.push_back(event);
    if (style_.format.kind == Kind::custom_columns) {
      for (const OutputFormat::Column& column : style_.format.columns) {
        row.push_back(column_text(column.field, object));
      }
    } else {
      const Result<Table::Row> cells = row_of(type_.resource, object, width_of(style_.format));
      if (!cells.ok()) return cells.error();
      row.insert(row.end(), cells->begin(), cells->end());
    }
    table_.add(std::move(row));
  }
  table_.print(terminal_, style_.header);
  table_.clear();
  style_.header = TableHeader::hidden;
  return Done{};
}

void Printer::print_document(const Json& document) {
  std::ostream& out = terminal_.out();
  const OutputFormat& format = style_.format;
  if (format.kind == Kind::json) out << pretty_json(document);
  if (format.kind == Kind::yaml) out << yaml_text(document);
  if (format.kind == Kind::jsonpath) out << format.path.front().text(document);
  if (format.kind == Kind::jsonpath_as_json) {
    Json found = Json::array();
    for (const Json* value : format.path.front().values(document)) {
      found.push_back(*value);
    }
    out << pretty_json(found);
  }
  out << std::flush;
}

}  // namespace hactl
