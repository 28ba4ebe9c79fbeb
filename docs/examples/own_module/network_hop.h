// A module of your own: a network between the chip's memory arbiter and its DRAM. Each request and each response takes
// `latency` on its way; what cannot go on at once waits, in order.
//
// To the arbiter it is a target and to the DRAM an initiator, with the base protocol's four phases on either side:
//
//     arbiter  --BEGIN_REQ-->  in [ requests  .. latency .. ] out  --BEGIN_REQ-->   DRAM
//     arbiter  <--BEGIN_RESP-- in [ responses .. latency .. ] out  <--BEGIN_RESP--  DRAM
#pragma once

#include <tlm_utils/peq_with_get.h>

#include "tlm/link_module.h"
#include "tlm/sc_module.h"

class network_hop final : public pade::link_module,
                          private tlm::tlm_fw_transport_if<>,
                          private tlm::tlm_bw_transport_if<> {
  public:
    PADE_HAS_PROCESS(network_hop);

    network_hop(sc_core::sc_module_name name, sc_core::sc_time latency) : link_module(name), latency_(latency) {
        in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
        out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
        SC_METHOD(send_request);
        sensitive << requests_.get_event() << request_ended_;
        dont_initialize();
        SC_METHOD(send_response);
        sensitive << responses_.get_event() << response_ended_;
        dont_initialize();
    }

    std::uint64_t passed() const { return passed_; }

  private:
    using payload = tlm::tlm_generic_payload;

    // From the arbiter: a request, taken at once; or the end of a response.
    tlm::tlm_sync_enum nb_transport_fw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        if (phase == tlm::BEGIN_REQ) {
            trans.acquire();  // ours too until its response has ended
            requests_.notify(trans, latency_);
            phase = tlm::END_REQ;
            return tlm::TLM_UPDATED;
        }
        end_response(trans);  // END_RESP
        return tlm::TLM_COMPLETED;
    }

    // From the DRAM: the end of a request; or a response, taken at once.
    tlm::tlm_sync_enum nb_transport_bw(payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) override {
        if (request_ == &trans)  // a BEGIN_RESP without END_REQ before it stands for it (IEEE 1666-2011, 15.2.6)
            end_request();
        if (phase != tlm::BEGIN_RESP)
            return tlm::TLM_ACCEPTED;
        responses_.notify(trans, latency_);
        return tlm::TLM_COMPLETED;
    }

    // One request at a time is between BEGIN_REQ and END_REQ; likewise for responses.
    void send_request() {
        if (request_ != nullptr)
            return;
        payload* trans = requests_.get_next_transaction();
        if (trans == nullptr)
            return;
        ++passed_;
        request_ = trans;
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;
        switch (out->nb_transport_fw(*trans, phase, none)) {
            case tlm::TLM_ACCEPTED:
                break;
            case tlm::TLM_COMPLETED:
                phase = tlm::BEGIN_RESP;
                [[fallthrough]];
            case tlm::TLM_UPDATED:
                end_request();
                if (phase == tlm::BEGIN_RESP)
                    responses_.notify(*trans, latency_ + none);
                break;
        }
    }

    void send_response() {
        if (response_ != nullptr)
            return;
        payload* trans = responses_.get_next_transaction();
        if (trans == nullptr)
            return;
        response_ = trans;
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;
        const tlm::tlm_sync_enum status = in->nb_transport_bw(*trans, phase, none);
        if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP))
            end_response(*trans);
    }

    void end_request() {
        request_ = nullptr;
        request_ended_.notify(sc_core::SC_ZERO_TIME);
    }
    void end_response(payload& trans) {
        response_ = nullptr;
        response_ended_.notify(sc_core::SC_ZERO_TIME);
        trans.release();
    }

    // The host reads and writes the DRAM through here before and after the job: no hardware, no time.
    unsigned transport_dbg(payload& trans) override { return out->transport_dbg(trans); }
    void b_transport(payload& trans, sc_core::sc_time& delay) override { out->b_transport(trans, delay); }
    bool get_direct_mem_ptr(payload&, tlm::tlm_dmi&) override { return false; }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    const sc_core::sc_time latency_;
    tlm_utils::peq_with_get<payload> requests_{"requests"};
    tlm_utils::peq_with_get<payload> responses_{"responses"};
    payload* request_ = nullptr;   // between BEGIN_REQ and END_REQ
    payload* response_ = nullptr;  // between BEGIN_RESP and END_RESP
    sc_core::sc_event request_ended_;
    sc_core::sc_event response_ended_;
    std::uint64_t passed_ = 0;
};
