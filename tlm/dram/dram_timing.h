// The timing parameters in DRAM clock cycles.
#pragma once

#include "model/params.h"
#include "tlm/clock.h"

namespace pade {

/// Nanoseconds become cycles by rounding up, t_refi by rounding down (it is an upper bound). Throws input_error for
/// parameters that cannot work together.
struct dram_timing {
    dram_timing(const dram_params& params, const clock_params& clock);

    cycle_t cl, cwl, rcdrd, rcdwr, rp, ras, rc, ccd_s, ccd_l, rrd_s, rrd_l, faw, wr, wtr_s, wtr_l, rtp;
    cycle_t refi;          ///< between two refresh commands, all-bank or of the next bank
    cycle_t rfc;           ///< all banks
    cycle_t rfc_bank;      ///< one bank
    cycle_t rrefd;         ///< refresh of one bank to ACT or refresh of another
    cycle_t gap;           ///< empty data bus cycles between read data and write data
    unsigned act_slots;    ///< row bus cycles of an ACT
    cycle_t burst;         ///< data bus cycles of an atom
    cycle_t page_timeout;  ///< from a row's last use to its closing, if no request wants it
    bool closes_pages;     ///< page policy closed (a timeout of 0) or timed
    dram_refresh refresh;
};

inline constexpr cycle_t no_cycle = ~cycle_t{0};

}  // namespace pade
