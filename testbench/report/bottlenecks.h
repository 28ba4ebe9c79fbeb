// What holds a run back, most first: each with the figure that shows it and the parameter that would move it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/params.h"
#include "model/stats.h"

namespace pade {

struct bottleneck {
    std::string_view name;       ///< a word: lanes, k_feed, dram_latency ...
    std::string_view evidence;   ///< the figures of stats.json that `share` comes from
    double share = 0;            ///< of the cycles that the part alone needs, or of column-cycles that were lost to it
    std::string_view text;       ///< what it means, for people
    std::string_view parameter;  ///< the one that would move it
    double value = 0;            ///< its present value
    double next = 0;             ///< one to try
};

/// At most three, and none without a share. A part that alone needs 70 % of the cycles goes before all waiting.
std::vector<bottleneck> bottlenecks(const stats& figures, const params& p);

/// The same as figures: bottlenecks[i].name, .share, .evidence, .text, .parameter, .value, .try.
void add_bottlenecks(stats& figures, const params& p);

}  // namespace pade
