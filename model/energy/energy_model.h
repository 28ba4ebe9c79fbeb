// Energy and area of a run: counters of the run times entries of a table (docs/energy.md has the formulas). Pure: it
// reads what the accelerator has collected, and no hardware module asks it.
#pragma once

#include <string>
#include <vector>

#include "model/energy/energy_table.h"
#include "model/params.h"
#include "model/stats.h"

namespace pade {

/// Which end of the table's bands: all entries at their value, all at their least, all at their most.
enum class energy_corner { value, low, high };

/// The table's entries at one corner.
class unit_costs {
  public:
    unit_costs(const energy_table& table, energy_corner corner) : table_(table), corner_(corner) {}
    double operator[](std::string_view name) const {
        const energy_entry& entry = table_.at(name);
        return corner_ == energy_corner::low ? entry.low : corner_ == energy_corner::high ? entry.high : entry.value;
    }

  private:
    const energy_table& table_;
    energy_corner corner_;
};

/// One line of the account. `part` is a key directly under energy_pj or area_mm2, `name` one under energy_detail_pj or
/// area_detail_mm2.
struct account_line {
    std::string part;
    std::string name;
    double amount = 0;      ///< pJ or mm2
    std::string_view text;  ///< what it is; a literal
};

/// Area of the chip that `p` describes.
std::vector<account_line> area_lines(const params& p, const unit_costs& cost);

/// Energy of the run whose counters are in `figures`; `area` in mm2 is what leaks and is clocked.
std::vector<account_line> energy_lines(const stats& figures, const params& p, const unit_costs& cost, double area);

/// Adds energy_pj, energy_detail_pj, energy_band_pj, area_mm2, area_detail_mm2, area_band_mm2 and the energy of each
/// per_group[] to `figures`, which must hold everything that accelerator::collect adds.
void add_energy(stats& figures, const params& p, const energy_table& table);

}  // namespace pade
