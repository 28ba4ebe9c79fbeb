// One pseudo channel: queues, banks, refresh, and the choice of the next command (FR-FCFS).
//
// It has no process of its own: two pseudo channels share the row commands of their channel, so one process
// (dram_channel) asks both and gives the bus to one, and no result depends on the order in which processes run [ours].
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tlm/dram/dram_banks.h"
#include "tlm/dram/dram_command.h"
#include "tlm/dram/dram_front.h"
#include "tlm/dram/pseudo_channel_trace.h"

namespace pade {

class pseudo_channel : public sc_core::sc_module {
  public:
    pseudo_channel(sc_core::sc_module_name name, unsigned index, const dram_params& params, const dram_timing& timing,
                   const address_map& map, dram_store& store, dram_front::socket_type& socket, clock_if& clock,
                   sc_core::sc_time::value_type period, const dram_command_log& log);

    /// Something is to be done before the next refresh.
    bool working() const { return pending() || front_.next_event() != no_cycle; }
    /// At an edge: responses, then requests.
    void receive(cycle_t now);
    /// Chooses the next commands, if what was chosen before no longer holds at `at`.
    void prepare(cycle_t at) {
        if (stale_ || at >= horizon_ || column_.at < at || row_.at < at)
            plan(at);
    }
    /// Issues the chosen column command if its time has come; true when it did.
    bool issue_column(cycle_t now);
    /// Issues the chosen row command if its time has come: slots of the row bus that it takes, else 0.
    unsigned issue_row(cycle_t now);
    /// A refresh is due and its next command could go.
    bool refresh_ready(cycle_t at) const { return at >= next_refresh_ && row_.at <= at; }
    bool stale() const { return stale_; }
    /// Next cycle with a command, given those from which the buses are free.
    cycle_t next_command(cycle_t row_bus_free, cycle_t column_bus_free) const {
        return std::min({after(column_.at, column_bus_free), after(row_.at, row_bus_free), horizon_});
    }
    cycle_t next_event() const { return front_.next_event(); }

    /// Brings the cycle classes up to (not including) `now`.
    void account(cycle_t now);
    const dram_counters& counters() const { return counters_; }
    /// By bank number (address_map::bank_number).
    const std::vector<dram_bank_counters>& bank_counters() const { return bank_counters_; }
    std::string waits_for(cycle_t now) const;
    tlm::tlm_fw_transport_if<>& front() { return front_; }
    void register_trace(const trace_scope& scope) { trace_ = std::make_unique<pseudo_channel_trace>(scope); }

  private:
    struct choice {
        cycle_t at = no_cycle;
        dram_command_kind kind = dram_command_kind::read;
        std::uint16_t bank = 0;
        int request = -1;  // place in the active queue
    };

    static cycle_t after(cycle_t at, cycle_t bus_free) { return at == no_cycle ? no_cycle : std::max(at, bus_free); }
    bool pending() const { return !reads_.empty() || !writes_.empty(); }
    std::vector<dram_request>& columns() { return writing_ ? writes_ : reads_; }
    std::vector<dram_request>& rows() { return opening_for_writes_ ? writes_ : reads_; }
    bool opened_for(const dram_request& request) const {
        const auto& bank = banks_[request.bank];
        return request.found != dram_request::outcome::hit && bank.open && bank.row == request.row;
    }
    void enqueue(dram_request request);
    void choose_queue(cycle_t at);
    void plan(cycle_t at);
    void plan_columns(cycle_t at);
    void plan_rows(cycle_t at);
    void plan_refresh(cycle_t at);
    void plan_closing(cycle_t at);
    void unblock(std::vector<dram_request>& queue, unsigned& blocked, std::uint64_t atom);
    cycle_t refresh_overlap(cycle_t from, cycle_t to) const;
    void log(cycle_t now, dram_command_kind kind, std::uint16_t bank, std::uint32_t row, std::uint32_t column);

    const unsigned index_;
    const dram_timing& t_;
    const unsigned groups_;
    const std::size_t write_high_, write_low_;
    const cycle_t age_cap_;
    const sc_core::sc_time::value_type period_;
    const double ns_per_tick_;
    const dram_command_log& log_;
    dram_counters counters_;
    std::vector<dram_bank_counters> bank_counters_;
    dram_front front_;
    dram_banks banks_;

    std::vector<dram_request> reads_, writes_;  // oldest first
    unsigned blocked_reads_ = 0, blocked_writes_ = 0;
    // Which queue gets column commands, and which one row commands. They differ while the direction turns: rows that
    // were opened for the old direction are used first.
    bool writing_ = false;
    bool opening_for_writes_ = false;
    bool batch_ = false;  // the high mark was reached and not yet the low one

    choice column_, row_;
    cycle_t horizon_ = 0;  // the choice holds before this cycle
    bool stale_ = true;    // a command or a request came since the choice
    cycle_t next_refresh_ = no_cycle;
    std::uint16_t refresh_bank_ = 0;  // per-bank refresh: whose turn it is

    std::vector<std::uint64_t> hit_mark_, wanted_mark_;  // plan: banks seen, by plan number
    std::uint64_t plan_number_ = 0;

    registered_fifo<cycle_t> beats_;  // first cycles of data bursts that account() has not passed
    cycle_t accounted_ = 0;
    cycle_t data_end_ = 0;
    cycle_t refresh_end_ = 0;
    std::unique_ptr<pseudo_channel_trace> trace_;
};

}  // namespace pade
