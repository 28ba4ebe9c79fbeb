#include "testbench/fuzz/draw_params.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "model/params_access.h"

namespace pade::fuzz {

namespace {

/// Bounds where the declared ones would let a sound machine be still for as long as the watchdog waits, or refresh all
/// the time.
const std::map<std::string, param_range>& narrowed() {
    static const std::map<std::string, param_range> all = {
        {"dram.t_refi", {1000, 100000}}, {"dram.t_rfc", {0, 500}},
        {"dram.t_rfc_bank", {0, 500}},   {"dram.t_rrefd", {0, 100}},
        {"dram.t_page", {0, 1000000}},   {"dram.delay_cycles", {0, 5000}},
        {"clock.dram_mhz", {200, 4000}}, {"dram.data_rate_mbps", {200, 16000}},
    };
    return all;
}

constexpr double slowest_ns = 100;

param_range bounds(const param_ref& ref) {
    if (const auto it = narrowed().find(ref.key()); it != narrowed().end())
        return it->second;
    param_range range = ref.info.range;
    if (ref.info.unit == "ns")
        range.high = std::min(range.high, slowest_ns);
    return range;
}

double draw_number(bytes& in, const param_range& range, double present) {
    const double span = range.high - range.low;
    const unsigned manner = in.below(8);
    double value = range.low;
    switch (manner) {
        case 0:
            break;
        case 1:
            value = range.high;
            break;
        case 2:
        case 3:
            value = range.low + in.below(8);
            break;
        case 4:
            value = std::exp2(in.below(24));
            break;
        case 5:
            value = present * (1 + in.below(4));
            break;
        case 6:
            value = present / (1 + in.below(4));
            break;
        default:
            value = range.low + span * in.word() / 4294967295.0;
            break;
    }
    return std::clamp(value, range.low, range.high);
}

/// The fields of the default in another order, the row first as the tensors need it; their widths follow the other
/// parameters then.
std::string draw_mapping(bytes& in) {
    std::vector<std::string> words = {"bank:2", "column:5", "bank_group:2", "pseudo_channel:4"};
    for (std::size_t left = words.size(); left > 1; --left)
        std::swap(words[left - 1], words[in.below(static_cast<unsigned>(left))]);
    std::string text = "row:14";
    for (const std::string& word : words)
        text += " " + word;
    return in.below(8) == 1 ? "offset:5 " + text : text + " offset:5";  // the first is refused
}

void draw_value(bytes& in, const param_ref& ref) {
    if (auto* const* integer = std::get_if<unsigned*>(&ref.value))
        **integer = static_cast<unsigned>(draw_number(in, bounds(ref), **integer));
    else if (auto* const* real = std::get_if<double*>(&ref.value))
        **real = draw_number(in, bounds(ref), **real);
    else if (auto* const* flag = std::get_if<bool*>(&ref.value))
        **flag = in.flag();
    else if (const auto* choice = std::get_if<choice_ref>(&ref.value))
        choice->set(choice->target, in.below(static_cast<unsigned>(choice->count)));
    else if (auto* const* text = std::get_if<std::string*>(&ref.value))
        **text = draw_mapping(in);
}

unsigned power_of_two(unsigned value) {
    unsigned power = 1;
    while (power <= value / 2)
        power *= 2;
    return power;
}

/// The nearest machine that can be built.
void fit(params& p) {
    const unsigned line = 32 * p.buffer.banks;
    p.tile.keys = std::max(p.tile.keys / 16, 1U) * 16;
    p.dispatch.unconditional_planes = std::min(p.dispatch.unconditional_planes, p.lane.key_bits);
    p.buffer.kv_bytes = std::max(p.buffer.kv_bytes / line, (32768 + line - 1) / line) * line;
    p.output.bytes = p.output.bytes == 3 ? 2 : p.output.bytes;
    p.ista.order = p.ista.order == ista_order::custom ? ista_order::head_tail : p.ista.order;
    dram_params& d = p.dram;
    for (unsigned* count :
         {&d.pseudo_channels, &d.bank_groups, &d.banks_per_group, &d.rows, &d.page_bytes, &d.bus_bits})
        *count = power_of_two(*count);
    d.rows = std::max(d.rows, 1024U);
    d.bus_bits = std::max(d.bus_bits, 16U);
    d.burst_length = 256 / d.bus_bits;
    d.delay_channel %= d.pseudo_channels;
    d.write_high = std::min(d.write_high, d.write_queue);
    d.write_low = std::min(d.write_low, d.write_high - 1);
    for (double* t : {&d.t_cl, &d.t_cwl, &d.t_rcdrd, &d.t_rcdwr, &d.t_rp, &d.t_ras, &d.t_ccd_s})
        *t = std::max(*t, .1);
    d.t_ccd_l = std::max(d.t_ccd_s, d.t_ccd_l);
    d.t_rrd_l = std::max(d.t_rrd_s, d.t_rrd_l);
    d.t_wtr_l = std::max(d.t_wtr_s, d.t_wtr_l);
}

}  // namespace

params draw_params(bytes& in) {
    params p;
    const std::vector<param_ref> refs = param_refs(p);
    const unsigned count = in.below(25);
    for (unsigned i = 0; i < count; ++i)
        draw_value(in, refs[(in.byte() + 256U * in.byte()) % refs.size()]);
    if (in.below(16) != 1)
        fit(p);
    p.watchdog.cycles = 50000;
    return p;
}

}  // namespace pade::fuzz
