// What one event costs and how large one thing is: a JSON table, each entry with its unit, its source, and a band for
// what is guessed. The energy model multiplies it with counters; nothing else in the program knows a picojoule of the
// chip.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/params.h"

namespace pade {

struct energy_entry {
    std::string name;
    std::string unit;
    double value = 0;
    double low = 0;  ///< least and most that the value may well be, in the same unit
    double high = 0;
    std::string basis;  ///< published, scaled, derived, second-hand, guess
    std::string source;
    std::string text;
};

class energy_table {
  public:
    /// JSON text: {"name": ..., "entries": [{name, unit, value or parameter, band: [factor, factor], basis, source,
    /// text}]}. `where` names it in errors. Entries that name a parameter take its value from `p`. Every entry that the
    /// model asks for has to be there, and no other. Throws input_error.
    energy_table(const std::string& text, const std::string& where, const params& p);

    /// The one that is built in.
    explicit energy_table(const params& p);

    const std::string& name() const { return name_; }
    const std::vector<energy_entry>& entries() const { return entries_; }
    /// Throws internal_error for a name that is not in the table.
    const energy_entry& at(std::string_view name) const;

  private:
    std::string name_;
    std::vector<energy_entry> entries_;
};

/// The table of a file, or the built-in one where `path` is empty. Throws input_error.
energy_table load_energy_table(const std::filesystem::path& path, const params& p);

/// The built-in table's text.
std::string_view builtin_energy_table();

}  // namespace pade
