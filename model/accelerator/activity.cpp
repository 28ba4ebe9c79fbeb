// What a timeline reads of a run under way: the classes of every unit's cycles and a few amounts, as they would be were
// the books closed now. Modules that sleep book their cycles when they wake; here these are counted without waking
// them.
#include "model/accelerator/accelerator.h"

namespace pade {

const std::vector<std::string>& accelerator::activity_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        const auto add = [&all](const std::string& path, std::initializer_list<const char*> classes) {
            for (const char* name : classes)
                all.push_back(path + name);
        };
        add("lanes.", {"busy", "stall_downstream", "stall_scoreboard", "stall_data", "idle"});
        add("classes.guard.", {"busy", "idle"});
        add("classes.dispatcher.", {"delivering", "no_room", "port_busy", "no_data", "no_request", "empty"});
        for (const char* unit : {"classes.k_feed.", "classes.v_ports."})
            add(unit, {"full", "conflict", "partly", "stall_reader", "stall_data", "idle"});
        add("classes.q_buffer.", {"loading", "stall_data", "fetching", "idle"});
        for (const char* unit : {"score_queue", "softmax", "rars", "vpu", "write_back"})
            add("classes." + std::string(unit) + ".", {"busy", "stall_downstream", "wait_v", "wait_input", "idle"});
        add("classes.dram.", {"data", "refresh", "waiting", "idle"});
        add("dram.", {"bytes_read", "bytes_written"});
        add("", {"dispatch.admissions", "score_queue.pairs_in", "vpu.macs"});
        return all;
    }();
    return names;
}

void accelerator::activity(cycle_t end, std::vector<std::uint64_t>& values) const {
    values.clear();
    const auto add_all = [&values](const auto& list) { values.insert(values.end(), list.begin(), list.end()); };
    std::array<std::uint64_t, 5> lanes{};
    for (const auto& lane : lanes_) {
        const auto of_lane = lane->classes(end);
        for (std::size_t i = 0; i < lanes.size(); ++i)
            lanes[i] += of_lane[i];
    }
    add_all(lanes);
    std::array<std::uint64_t, 2> guards{};
    for (const auto& guard : guards_) {
        const auto of_row = guard->classes(end);
        guards[0] += of_row[0];
        guards[1] += of_row[1];
    }
    add_all(guards);
    add_all(dispatcher_->classes(end));
    add_all(kv_buffer_->k_feed_until(end).in);
    add_all(kv_buffer_->v_ports_until(end).in);
    add_all(q_buffer_->classes(end));
    for (const vpu_cycles& c : {score_queue_->cycles_until(end), softmax_->cycles_until(end), rars_->cycles_until(end),
                                v_pu_->cycles_until(end), write_back_->cycles_until(end)})
        add_all(std::array<std::uint64_t, 5>{c.busy, c.stall_downstream, c.wait_v, c.wait_input, c.idle});
    std::array<std::uint64_t, 6> dram{};
    for (unsigned n = 0; n < params_.dram.pseudo_channels; ++n) {
        const dram_counters& c = dram_->counters(n);
        const std::array<std::uint64_t, 6> of_channel = {c.data_cycles, c.refresh_cycles, c.waiting_cycles,
                                                         c.idle_cycles, c.bytes_read,     c.bytes_written};
        for (std::size_t i = 0; i < dram.size(); ++i)
            dram[i] += of_channel[i];
    }
    add_all(dram);
    add_all(std::array<std::uint64_t, 3>{dispatcher_->counters().admissions, score_queue_->counters().pairs_in,
                                         v_pu_->counters().macs});
}

std::uint64_t accelerator::keys_held(unsigned row) const {
    std::uint64_t sum = 0;
    for (unsigned lane = 0; lane < params_.lane.count; ++lane)
        sum += lanes_[row * params_.lane.count + lane].keys_held();
    return sum;
}

std::optional<cycle_t> accelerator::started_at() const {
    return registers_->jobs() != 0 ? std::optional<cycle_t>(registers_->started_at()) : std::nullopt;
}

const std::vector<dram_bank_counters>& accelerator::dram_banks(unsigned pseudo_channel) const {
    return dram_->bank_counters(pseudo_channel);
}

}  // namespace pade
