// Holds back phases of one base-protocol link at random [ours]: test equipment, bound between the two sockets.
//
//     initiator.socket.bind(stall.in);
//     stall.out.bind(target.socket);
//
// BEGIN_REQ passes at once; END_REQ, BEGIN_RESP and END_RESP come 1 to stall.cycles later, each for itself, whether
// they were sent in a call or in a return value. A BEGIN_RESP that comes before the END_REQ that is held back stands
// for it (IEEE 1666-2011, 15.2.6). Neither side sees a phase that its exclusion rule forbids: the target may not begin
// another response before the END_RESP that is held back. What is completed early, with annotated delays, or over the
// blocking, debug or DMI interface passes unchanged.
#pragma once

#include <cstdint>
#include <string_view>
#include <tlm>

#include "model/params.h"
#include "tlm/clocked_module.h"
#include "tlm/stall_draw.h"

namespace pade {

class memory_stall : public clocked_module, private tlm::tlm_fw_transport_if<>, private tlm::tlm_bw_transport_if<> {
  public:
    tlm::tlm_target_socket<> in{"in"};
    tlm::tlm_initiator_socket<> out{"out"};

    /// link: a name that is the link's own, whatever is built before it.
    memory_stall(sc_core::sc_module_name name, const stall_params& p, std::string_view link);

    std::uint64_t held_back() const { return held_back_; }
    /// The run is over: an END_RESP that is still held back, of a transaction that has ended for its initiator, goes
    /// on. SystemC calls it after sc_stop, in the order of construction: build the stall before the checkers beside it.
    void let_go();

  private:
    using payload = tlm::tlm_generic_payload;
    struct held {
        payload* what = nullptr;
        cycle_t due = 0;
    };

    tlm::tlm_sync_enum nb_transport_fw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
    void b_transport(payload& trans, sc_core::sc_time& delay) override { out->b_transport(trans, delay); }
    bool get_direct_mem_ptr(payload& trans, tlm::tlm_dmi& dmi) override { return out->get_direct_mem_ptr(trans, dmi); }
    unsigned transport_dbg(payload& trans) override { return out->transport_dbg(trans); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }

    void step(cycle_t now) override;
    void end_of_simulation() override { let_go(); }
    void hold(held& place, payload& trans, cycle_t late);
    /// Takes out what is held, and drops it; the payload lives as long as the caller needs it.
    void drop(held& place);
    tlm::tlm_sync_enum respond(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time& delay);
    void end_response();

    // A draw for each phase: which of two phases of one edge comes first depends on whose process runs first.
    stall_draw end_req_delay_;
    stall_draw begin_resp_delay_;
    stall_draw end_resp_delay_;
    held end_req_;
    held begin_resp_;
    held end_resp_;
    std::uint64_t held_back_ = 0;
};

}  // namespace pade
