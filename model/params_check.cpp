// Rules across parameters: each refuses only what cannot be built or cannot work.
#include <fmt/format.h>

#include <string>

#include "model/errors.h"
#include "model/params_access.h"
#include "model/params_json.h"

namespace pade {

namespace {

constexpr unsigned atom_bytes = 32;  // what DRAM and KV buffer move (pade.md, section 4, item 3)

class checker {
  public:
    explicit checker(const std::string& where) : where_(where) {}

    /// `what` names keys and values, `allowed` what would do.
    void require(bool holds, const std::string& what, const std::string& allowed) const {
        if (!holds)
            throw input_error(fmt::format("{}: {}; allowed: {}", where_, what, allowed));
    }

    void at_least(const char* key, double value, const char* other, double least) const {
        require(value >= least, fmt::format("{} is {}", key, number_text(value)),
                fmt::format("at least {}, {}", other, number_text(least)));
    }

    void positive(const char* key, double value) const {
        require(value > 0, fmt::format("{} is {}", key, number_text(value)), "above 0");
    }

  private:
    const std::string& where_;
};

void check_chip(const params& p, const checker& check) {
    check.require(p.tile.keys % 16 == 0, fmt::format("tile.keys is {}", p.tile.keys), "multiples of 16");
    check.require(p.dispatch.unconditional_planes <= p.lane.key_bits,
                  fmt::format("dispatch.unconditional_planes is {}", p.dispatch.unconditional_planes),
                  fmt::format("at most lane.key_bits, {}", p.lane.key_bits));
    const unsigned line_of_banks = p.buffer.banks * atom_bytes;
    check.require(p.buffer.kv_bytes % line_of_banks == 0, fmt::format("buffer.kv_bytes is {}", p.buffer.kv_bytes),
                  fmt::format("multiples of buffer.banks * {} B, {}", atom_bytes, line_of_banks));
    // 3 is within the bounds, but no number format.
    check.require(p.output.bytes != 3, "output.bytes is 3", "2 (FP16) or 4 (FP32)");
}

void check_atom(const dram_params& d, const checker& check) {
    check.require(d.bus_bits / 8 * d.burst_length == atom_bytes && d.bus_bits % 8 == 0,
                  fmt::format("dram.bus_bits is {} and dram.burst_length {}", d.bus_bits, d.burst_length),
                  fmt::format("bus_bits / 8 * burst_length = {}, the bytes of an atom", atom_bytes));
}

void check_dram(const dram_params& d, const checker& check) {
    check.require(d.delay_channel < d.pseudo_channels, fmt::format("dram.delay_channel is {}", d.delay_channel),
                  fmt::format("below dram.pseudo_channels, {}", d.pseudo_channels));
    check.require(d.write_low < d.write_high,
                  fmt::format("dram.write_low is {} and dram.write_high {}", d.write_low, d.write_high),
                  "write_low below write_high");
    check.require(d.write_high <= d.write_queue, fmt::format("dram.write_high is {}", d.write_high),
                  fmt::format("at most dram.write_queue, {}", d.write_queue));

    // A command whose effect takes no time would answer in the cycle of its request.
    check.positive("dram.t_cl", d.t_cl);
    check.positive("dram.t_cwl", d.t_cwl);
    check.positive("dram.t_rcdrd", d.t_rcdrd);
    check.positive("dram.t_rcdwr", d.t_rcdwr);
    check.positive("dram.t_rp", d.t_rp);
    check.positive("dram.t_ras", d.t_ras);
    check.positive("dram.t_ccd_s", d.t_ccd_s);
    // Banks of one group share more than banks of different groups.
    check.at_least("dram.t_ccd_l", d.t_ccd_l, "dram.t_ccd_s", d.t_ccd_s);
    check.at_least("dram.t_rrd_l", d.t_rrd_l, "dram.t_rrd_s", d.t_rrd_s);
    check.at_least("dram.t_wtr_l", d.t_wtr_l, "dram.t_wtr_s", d.t_wtr_s);
    if (d.refresh != dram_refresh::none)
        check.require(d.t_rfc < d.t_refi, fmt::format("dram.t_rfc is {}", number_text(d.t_rfc)),
                      fmt::format("below dram.t_refi, {}, or dram.refresh none", number_text(d.t_refi)));
}

void check_bounds(const params& p, const std::string& where) {
    params copy = p;
    for (const param_ref& ref : param_refs(copy))
        if (!in_range(ref))
            refuse_value(where, ref, value_text(ref));
}

}  // namespace

void check_params(const params& p, const std::string& where) {
    check_bounds(p, where);
    const checker check(where);
    check_chip(p, check);
    check_atom(p.dram, check);
    check_dram(p.dram, check);
}

void check_dram_params(const params& p, const std::string& where) {
    check_bounds(p, where);
    check_dram(p.dram, checker(where));
}

}  // namespace pade
