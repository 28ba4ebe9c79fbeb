// The chip and its memory: builds the modules from the parameters and binds their sockets; no behaviour of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tlm>
#include <vector>

#include "model/accelerator/links.h"
#include "model/buffer/kv_buffer.h"
#include "model/buffer/q_buffer.h"
#include "model/control/register_file.h"
#include "model/dispatch/dispatcher.h"
#include "model/memory/memory_arbiter.h"
#include "model/params.h"
#include "model/qkpu/guard_filter.h"
#include "model/qkpu/pe_lane.h"
#include "model/stats.h"
#include "model/vpu/rars.h"
#include "model/vpu/score_queue.h"
#include "model/vpu/softmax_unit.h"
#include "model/vpu/v_pu.h"
#include "model/vpu/write_back.h"
#include "tlm/dram/hbm2_controller.h"
#include "tlm/in_a_row.h"

namespace pade {

struct accelerator_options {
    bool check_tlm = false;               ///< protocol checkers on every link
    bool reverse_construction = false;    ///< build the modules in the opposite order: no result may change
    std::vector<link_fault> faults = {};  ///< what is lost on its way: a run with one gets stuck
    tracing* trace = nullptr;             ///< waveform and transaction log; null: none
    make_link_module own_modules = {};    ///< modules of the user's own on memory links
    rtl_record* record = nullptr;         ///< blocks whose ports are recorded for RTL; null: none
};

class accelerator : public sc_core::sc_module, private tlm::tlm_analysis_if<cycle_t> {
  public:
    accelerator(sc_core::sc_module_name name, const params& p, const accelerator_options& options = {});
    ~accelerator() override;

    tlm::tlm_target_socket<> bus{"bus"};        ///< registers (model/control/register_map.h)
    tlm::tlm_target_socket<> memory{"memory"};  ///< debug transport to the DRAM
    sc_core::sc_out<bool> interrupt{"interrupt"};

    /// Closes the books at the cycle of the interrupt. Once, after the job.
    void finish();
    /// What does not balance: pairs, bytes, cycles or transactions, counted in two ways. Empty when nothing is lost.
    std::string imbalance() const;
    /// All counters under the names of docs/statistics.md.
    void collect(stats& out) const;
    /// Retained pairs after the re-check, pairs that it pruned, and rows of O before rounding.
    tlm::tlm_analysis_port<pair_event>& retained_pairs();
    tlm::tlm_analysis_port<pair_event>& pruned_pairs();
    tlm::tlm_analysis_port<o_row_event>& output_rows();

    // ---- for a timeline (activity.cpp)
    /// Names of the counters that activity() reads, those of docs/statistics.md.
    static const std::vector<std::string>& activity_names();
    /// Their values as finish(end) would leave them, to be called between the edges end - 1 and `end`: whatever order
    /// the modules of an edge ran in, all of them have run. No result depends on it.
    void activity(cycle_t end, std::vector<std::uint64_t>& values) const;
    /// Entries in use in the scoreboards of a row's lanes, now.
    std::uint64_t keys_held(unsigned row) const;
    /// Edge at which the job started; nothing before it has.
    std::optional<cycle_t> started_at() const;
    const std::vector<dram_bank_counters>& dram_banks(unsigned pseudo_channel) const;

    /// The last lane operation, data beat, MAC or host event: a run without progress is stuck. Clocks, refresh,
    /// requests and what waits in a queue are none.
    struct progress_mark {
        cycle_t cycle = 0;
        const char* what = "the beginning";
    };
    progress_mark last_progress() const;
    std::uint64_t pairs_ended() const;
    std::uint64_t lane_operations() const;
    cycle_t cycles() const;
    /// The oldest transaction that has not ended, who waits for whom with it, and since when: a memory access, or else
    /// a key, a tile or a block. Empty when there is none.
    std::string oldest_transaction() const;
    /// One line a module that waits for something.
    std::vector<std::string> waits_for() const;
    /// Protocol violations on checked links; what has not ended is one after finish().
    const link_set& links() const { return *links_; }

  private:
    void write(const cycle_t& start) override;  // a job starts: the counted time begins
    void build_modules(bool reverse);
    void register_trace(tracing& run);
    void bind_clocks();
    void bind_links();
    void bind_control();
    void bind_lanes();
    void bind_output_side();
    void bind_memory();
    void collect_qkpu(stats& out) const;
    void collect_memory(stats& out) const;
    void collect_vpu(stats& out) const;
    void collect_heads(stats& out) const;

    const params params_;
    std::unique_ptr<clock_domain> clock_;
    std::vector<std::unique_ptr<clock_gate>> gates_;
    std::unique_ptr<link_set> links_;
    std::unique_ptr<hbm2_controller> dram_;
    std::unique_ptr<memory_arbiter> arbiter_;
    std::unique_ptr<register_file> registers_;
    std::unique_ptr<dispatcher> dispatcher_;
    std::unique_ptr<q_buffer> q_buffer_;
    std::unique_ptr<kv_buffer> kv_buffer_;
    std::vector<std::unique_ptr<guard_filter>> guards_;  // by row
    in_a_row<pe_lane> lanes_;                            // row * lanes + lane
    std::vector<std::unique_ptr<row_trace>> row_traces_;
    std::unique_ptr<score_queue> score_queue_;
    std::unique_ptr<softmax_unit> softmax_;
    std::unique_ptr<rars> rars_;
    std::unique_ptr<v_pu> v_pu_;
    std::unique_ptr<write_back> write_back_;
};

}  // namespace pade
