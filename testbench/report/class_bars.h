// Where each unit's cycles and the energy went, as bars for a terminal.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/stats.h"

namespace pade {

/// A bar of `width` characters: a part's share of the sum in its own character, by largest remainder, so that they fill
/// it exactly. Parts of nothing at all give an empty bar.
std::string bar(const std::vector<std::pair<char, double>>& parts, unsigned width);

/// A line a unit: its bar, then each class with its share; the shares of a unit sum to 100 %.
std::string class_bars(const stats& figures);

/// A line a part of energy_pj: share, energy, band. Empty where the figures have none.
std::string energy_bars(const stats& figures);

}  // namespace pade
