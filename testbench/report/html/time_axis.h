// The axis of the charts over time: core cycles of the run.
#pragma once

#include "testbench/report/html/panel.h"
#include "testbench/report/html/scale.h"
#include "testbench/report/html/svg.h"

namespace pade::html {

/// Longest of the runs that have a timeline; 0: none has.
double longest_run(const std::vector<panel>& panels);

/// Ticks, numbers and title below `y`, and grid lines up to `grid_top`.
void draw_time_axis(svg& out, const scale& x, double y, double grid_top, const params& p, double plot_middle);

/// Bins put together so that none is much narrower than `pixels`: [first, end) of each.
std::vector<std::pair<std::size_t, std::size_t>> drawn_bins(const recorded_timeline& line, double pixels);

}  // namespace pade::html
