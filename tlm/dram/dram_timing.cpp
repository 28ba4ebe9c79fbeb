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

    // A refresh that takes longer than the time to the next one leaves no cycle for requests.
    if (refresh == dram_refresh::all_bank && rfc + rp + ras >= refi)
        throw input_error("dram.t_refi is " + std::to_string(p.t_refi) +
                          " ns; allowed: more than dram.t_rfc + t_rp + t_ras = " +
                          std::to_string(p.t_rfc + p.t_rp + p.t_ras) + " ns");
    if (refresh == dram_refresh::per_bank && rfc_bank + rp + ras >= down(p.t_refi))
        throw input_error("dram.t_refi is " + std::to_string(p.t_refi) +
                          " ns; allowed: more than dram.t_rfc_bank + t_rp + t_ras = " +
                          std::to_string(p.t_rfc_bank + p.t_rp + p.t_ras) + " ns");
    if (p.write_high > p.write_queue)
        throw input_error("dram.write_high is " + std::to_string(p.write_high) +
                          "; allowed: 1 to dram.write_queue = " + std::to_string(p.write_queue));
    if (p.write_low >= p.write_high)
        throw input_error("dram.write_low is " + std::to_string(p.write_low) +
                          "; allowed: below dram.write_high = " + std::to_string(p.write_high));
}

}  // namespace pade
