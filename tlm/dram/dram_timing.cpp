#include "tlm/dram/dram_timing.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "model/errors.h"

namespace pade {

dram_timing::dram_timing(const dram_params& p, const clock_params& clock) {
    const double per_ns = clock.dram_mhz / 1000.0;
    // 48 ns at 1 GHz must stay 48 cycles whatever the product rounds to.
    const auto up = [&](double ns) { return static_cast<cycle_t>(std::ceil(ns * per_ns - 1e-6)); };
    const auto down = [&](double ns) { return static_cast<cycle_t>(std::floor(ns * per_ns + 1e-6)); };
    cl = up(p.t_cl);
    cwl = up(p.t_cwl);
    rcdrd = up(p.t_rcdrd);
    rcdwr = up(p.t_rcdwr);
    rp = up(p.t_rp);
    ras = up(p.t_ras);
    rc = up(p.t_rc);
    ccd_s = up(p.t_ccd_s);
    ccd_l = up(p.t_ccd_l);
    rrd_s = up(p.t_rrd_s);
    rrd_l = up(p.t_rrd_l);
    faw = up(p.t_faw);
    wr = up(p.t_wr);
    wtr_s = up(p.t_wtr_s);
    wtr_l = up(p.t_wtr_l);
    rtp = up(p.t_rtp);
    rfc = up(p.t_rfc);
    rfc_bank = up(p.t_rfc_bank);
    rrefd = up(p.t_rrefd);
    gap = p.read_to_write_gap;
    act_slots = p.act_slots;
    burst = std::max<cycle_t>(1, up(1000.0 * p.burst_length / p.data_rate_mbps));
    closes_pages = p.page_policy != dram_page_policy::open;
    page_timeout = p.page_policy == dram_page_policy::timed ? up(p.t_page) : 0;
    refresh = p.refresh;
    refi = down(p.t_refi);
    if (refresh == dram_refresh::per_bank)
        refi = std::max<cycle_t>(1, refi / (cycle_t{p.bank_groups} * p.banks_per_group));

    // Between two refreshes a bank must be able to open a row and use it; between two of single banks, others must be
    // able to open theirs.
    const cycle_t use = ras + rp + std::max(rcdrd, rcdwr) + act_slots;
    const auto refuse = [&](cycle_t least, const char* why) {
        throw input_error("dram.t_refi is " + std::to_string(p.t_refi) + " ns; allowed: at least " +
                          std::to_string(static_cast<double>(least) / per_ns) + " ns, " + why);
    };
    if (refresh == dram_refresh::all_bank && refi < rfc + use)
        refuse(rfc + use, "dram.t_rfc and the time to open, use and close a row");
    if (refresh == dram_refresh::per_bank) {
        const cycle_t banks = cycle_t{p.bank_groups} * p.banks_per_group;
        const cycle_t between = std::max(rrefd + std::max(rrd_l, rrd_s), faw / 2) + act_slots + 1;
        const cycle_t least = std::max(rfc_bank + use, banks * between);
        if (down(p.t_refi) < least)
            refuse(least, "dram.t_rfc_bank and the time to open, use and close a row, and room for ACT of other banks");
    }
    if (p.write_high > p.write_queue)
        throw input_error("dram.write_high is " + std::to_string(p.write_high) +
                          "; allowed: 1 to dram.write_queue = " + std::to_string(p.write_queue));
    if (p.write_low >= p.write_high)
        throw input_error("dram.write_low is " + std::to_string(p.write_low) +
                          "; allowed: below dram.write_high = " + std::to_string(p.write_high));
}

}  // namespace pade
