#include "tlm/dram/hbm2_controller.h"

#include "tlm/dram/dram_channel.h"
#include "tlm/dram/dram_store.h"
#include "tlm/dram/dram_timing.h"

namespace pade {

hbm2_controller::hbm2_controller(sc_core::sc_module_name name, const dram_params& params,
                                 const clock_params& clock_rates)
    : sc_module(name),
      clock("clock", sc_core::sc_time(1000.0 / clock_rates.dram_mhz, sc_core::SC_NS)),
      map_(params),
      parts_(params.channel_parts),
      timing_(std::make_unique<dram_timing>(params, clock_rates)),
      store_(std::make_unique<dram_store>()),
      peak_(params.bus_bits / 8.0 * params.data_rate_mbps / 1000.0) {
    channel.init(map_.pseudo_channels());
    for (unsigned first = 0; first < map_.pseudo_channels(); first += parts_) {
        const std::string number = std::to_string(first / parts_);
        std::vector<dram_front::socket_type*> sockets;
        for (unsigned n = first; n < std::min(first + parts_, map_.pseudo_channels()); ++n)
            sockets.push_back(&channel[n]);
        gates_.push_back(std::make_unique<clock_gate>(("gate_" + number).c_str(), clock));
        channels_.push_back(std::make_unique<dram_channel>(("dram_channel_" + number).c_str(), first, sockets, params,
                                                           *timing_, map_, *store_, *gates_.back(),
                                                           clock.period().value(), log_));
    }
}

hbm2_controller::~hbm2_controller() = default;

const dram_counters& hbm2_controller::counters(unsigned pseudo_channel) {
    dram_channel& pair = *channels_.at(pseudo_channel / parts_);
    pair.settle(clock.cycle());
    return pair.part(pseudo_channel % parts_).counters();
}

const std::vector<dram_bank_counters>& hbm2_controller::bank_counters(unsigned pseudo_channel) const {
    return channels_.at(pseudo_channel / parts_)->part(pseudo_channel % parts_).bank_counters();
}

dram_counters hbm2_controller::total() {
    dram_counters sum;
    for (unsigned n = 0; n < map_.pseudo_channels(); ++n)
        sum += counters(n);
    return sum;
}

std::string hbm2_controller::waits_for() const {
    std::string text;
    for (unsigned n = 0; n < map_.pseudo_channels(); ++n) {
        const std::string line = channels_[n / parts_]->part(n % parts_).waits_for(clock.cycle());
        if (!line.empty())
            text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

void hbm2_controller::run_every_cycle(bool on) {
    for (auto& each : channels_)
        each->run_every_cycle(on);
}

void hbm2_controller::register_trace(const trace_scope& scope) {
    for (unsigned n = 0; n < map_.pseudo_channels(); ++n)
        channels_[n / parts_]
            ->part(n % parts_)
            .register_trace(scope.below("pseudo_channel_" + std::to_string(n)).with_period(clock.period().value()));
    traced_ = scope.has_signals();
}

/// A waveform cannot be told of the past.
void hbm2_controller::start_of_simulation() {
    for (auto& each : channels_)
        if (traced_)
            each->stay_awake();
}

}  // namespace pade
