// What the watchdog asks: when something moved last, and who waits for whom since when.
#include <algorithm>

#include "model/accelerator/accelerator.h"

namespace pade {

accelerator::progress_mark accelerator::last_progress() const {
    progress_mark last;
    const auto later = [&last](cycle_t cycle, const char* what) {
        if (cycle > last.cycle)
            last = {cycle, what};
    };
    later(registers_->started_at(), "the start of the job");
    for (const auto& lane : lanes_)
        later(lane->last_operation(), "a lane operation");
    later(arbiter_->last_beat(), "a data beat");
    later(v_pu_->last_mac(), "a MAC");
    later(registers_->finished_at(), "the end of the job");
    return last;
}

std::string accelerator::oldest_transaction() const {
    struct access {
        const char* who;
        open_access what;
    };
    const access accesses[] = {
        {"dispatcher", dispatcher_->oldest_access()}, {"v_pu", v_pu_->oldest_access()},
        {"kv_buffer", kv_buffer_->oldest_access()},   {"q_buffer", q_buffer_->oldest_access()},
        {"write_back", write_back_->oldest_access()}, {"score_queue", score_queue_->oldest_access()}};
    const access* first = nullptr;
    for (const access& one : accesses)
        if (one.what.payload != nullptr && (first == nullptr || one.what.since < first->what.since))
            first = &one;
    const auto since = [](cycle_t cycle) { return ", since cycle " + std::to_string(cycle); };
    if (first != nullptr) {
        const tlm::tlm_generic_payload& trans = *first->what.payload;
        std::string whom = "kv_buffer";
        if (first > &accesses[1]) {
            whom = arbiter_->with_controller(trans) ? "hbm2, behind memory_arbiter" : "memory_arbiter";
            whom += ", pseudo channel " +
                    std::to_string(address_map(params_.dram).decode(trans.get_address()).pseudo_channel);
        }
        return std::string(trans.is_read() ? "read" : "write") + " of " + std::to_string(trans.get_data_length()) +
               " B at address " + std::to_string(trans.get_address()) + ": " + first->who + " waits for " + whom +
               since(first->what.since.value() / clock_->period().value());
    }
    cycle_t from = 0;
    std::string text = dispatcher_->oldest_key(from);
    if (text.empty() && !(text = rars_->waits_for()).empty())
        from = rars_->waits_since();
    if (text.empty())
        text = dispatcher_->oldest_block(from);
    return text.empty() ? text : text + since(from);
}

std::vector<std::string> accelerator::waits_for() const {
    std::vector<std::string> lines;
    const auto add = [&lines](const std::string& who, const std::string& what) {
        if (!what.empty())
            lines.push_back(who + ": " + what);
    };
    add("dispatcher", dispatcher_->waits_for());
    add("q_buffer", q_buffer_->waits_for());
    add("kv_buffer", kv_buffer_->waits_for());
    add("memory_arbiter", arbiter_->waits_for());
    add("hbm2", dram_->waits_for());
    add("score_queue", score_queue_->waits_for());
    add("softmax_unit", softmax_->waits_for());
    add("rars", rars_->waits_for());
    add("v_pu", v_pu_->waits_for());
    add("write_back", write_back_->waits_for());
    for (const auto& lane : lanes_)
        add(lane->basename(), lane->waits_for());
    return lines;
}

}  // namespace pade
