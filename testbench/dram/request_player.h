// Plays a request list into the controller's sockets: one initiator for each pseudo channel, reads with a limit in
// flight, writes posted.
//
// A pseudo channel takes its own requests in the order of the list, at most one a DRAM cycle. One with an `after` is
// out of that line until its `after` has returned, and then goes before it, among its like in the order of the list;
// everything else waits in line. What happens at an edge is decided after the
// responses of that edge have come [ours], so that a chain of dependent reads costs no cycle on this side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "testbench/dram/memory_request.h"
#include "tlm/dram/hbm2_controller.h"
#include "tlm/protocol_checker.h"

namespace pade {

class request_player : public sc_core::sc_module {
  public:
    PADE_HAS_PROCESS(request_player);

    /// Binds to all sockets of `memory`, with check_tlm through a protocol checker each. outstanding: reads in flight
    /// on a pseudo channel, 0 for no limit. Both references are kept.
    request_player(sc_core::sc_module_name name, hbm2_controller& memory, const request_list& requests,
                   unsigned outstanding, bool check_tlm = false);
    ~request_player() override;

    /// Something is under way: a request without END_REQ, or a read without its data.
    bool busy() const;
    bool done() const { return completed_ == requests_.size(); }
    std::uint64_t completed() const { return completed_; }
    /// Called every 64 Ki completions.
    void on_progress(std::function<void(std::uint64_t)> call) { progress_ = std::move(call); }

    // after the simulation
    std::uint64_t first_issue() const { return first_issue_; }  ///< DRAM cycle of the first BEGIN_REQ
    double last_read_ns() const { return last_read_ns_; }       ///< end of the last read's last beat
    /// Of each read, from acceptance to the end of the last beat, in the order of completion.
    std::vector<double>& read_latencies_ns() { return latencies_; }
    /// Of checked links, with what has not ended: to be asked for at the end. `lines` gets the first ones.
    std::uint64_t protocol_violations(std::vector<std::string>& lines);
    /// What hangs, for a report: the oldest request that is not done of each pseudo channel.
    std::string waits_for() const;

  private:
    class port;

    void edge();  // at a DRAM clock edge: come back when its responses are here
    void issue();
    void wake(cycle_t cycle);
    void completed(std::uint32_t line, bool read, double latency_ns);

    hbm2_controller& memory_;
    const request_list& requests_;
    const unsigned outstanding_;
    const sc_core::sc_time::value_type period_;
    std::vector<std::unique_ptr<port>> ports_;
    std::vector<std::unique_ptr<protocol_checker>> checkers_;
    sc_core::sc_event edge_{"edge_event"}, issue_{"issue_event"};
    cycle_t edge_set_ = no_edge;

    std::vector<std::uint32_t> first_dependent_;  // of line n: dependents_[first_dependent_[n] ... [n + 1])
    std::vector<std::uint32_t> dependents_;
    std::vector<port*> port_of_;  // of a line, if there are dependents

    std::uint64_t completed_ = 0;
    std::uint64_t first_issue_ = ~std::uint64_t{0};
    double last_read_ns_ = 0;
    std::vector<double> latencies_;
    std::function<void(std::uint64_t)> progress_;

    static constexpr cycle_t no_edge = ~cycle_t{0};
};

}  // namespace pade
