// Both ends of a checked base-protocol link, for the tests of the checker.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "tlm/payload_pool.h"
#include "tlm/protocol_checker.h"

namespace pade::protocol_test {

using sc_core::sc_time;
using tlm::tlm_generic_payload;
using tlm::tlm_phase;
using tlm::tlm_sync_enum;

/// An ignorable phase (15.2.5).
TLM_DECLARE_EXTENDED_PHASE(extra);

const sc_time ns(1, sc_core::SC_NS);

/// Both ends of one link; what each of them answers is a function, so that a test can answer anything.
struct ends : sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
    PADE_HAS_PROCESS(ends);
    tlm::tlm_initiator_socket<> initiator{"initiator"};
    tlm::tlm_target_socket<> target{"target"};
    using answer = std::function<tlm_sync_enum(tlm_generic_payload&, tlm_phase&, sc_time&)>;

    std::function<void()> plan;         // of a thread
    std::function<void()> method_plan;  // of a method, when `call_method` comes
    sc_core::sc_event call_method{"call_method"};
    unsigned debug_bytes = ~0u;  // what transport_dbg answers, ~0: all that are asked for
    bool grant_dmi = true;
    answer on_fw = [](tlm_generic_payload&, tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
    answer on_bw = [](tlm_generic_payload&, tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
    std::function<void(tlm_generic_payload&, sc_time&)> on_b = [](tlm_generic_payload& p, sc_time&) {
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    };
    std::vector<std::string> seen;  // what came through the checker
    payload_pool pool;

    explicit ends(sc_core::sc_module_name name) : sc_module(name) {
        initiator.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
        target.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
        SC_THREAD(run);
        SC_METHOD(run_method);
        sensitive << call_method;
        dont_initialize();
    }

    tlm_generic_payload& read(std::uint64_t address = 0x100) {
        return pool.acquire(tlm::TLM_READ_COMMAND, address, 32);
    }
    tlm_generic_payload& write(std::uint64_t address = 0x200) {
        return pool.acquire(tlm::TLM_WRITE_COMMAND, address, 32);
    }

    /// The initiator calls, the target calls. `answered` is the phase after the call.
    tlm_sync_enum fw(tlm_generic_payload& p, tlm_phase phase, sc_time delay = sc_core::SC_ZERO_TIME) {
        const auto status = initiator->nb_transport_fw(p, phase, delay);
        answered = phase;
        return status;
    }
    tlm_sync_enum bw(tlm_generic_payload& p, tlm_phase phase, sc_time delay = sc_core::SC_ZERO_TIME) {
        if (phase == tlm::BEGIN_RESP && fill_status)
            p.set_response_status(tlm::TLM_OK_RESPONSE);
        const auto status = target->nb_transport_bw(p, phase, delay);
        answered = phase;
        return status;
    }
    void b(tlm_generic_payload& p) {
        sc_time delay;
        initiator->b_transport(p, delay);
    }
    /// A whole transaction with explicit phases.
    void four_phases(tlm_generic_payload& p) {
        fw(p, tlm::BEGIN_REQ);
        wait(ns);
        bw(p, tlm::END_REQ);
        wait(ns);
        bw(p, tlm::BEGIN_RESP);
        wait(ns);
        fw(p, tlm::END_RESP);
    }
    tlm_phase answered;
    bool fill_status = true;

    /// Answers the next forward (backward) call so, and accepts again after it.
    void next_fw(tlm_sync_enum status, tlm_phase phase = tlm::UNINITIALIZED_PHASE, sc_time later = sc_time()) {
        on_fw = once(status, phase, later, &ends::on_fw);
    }
    void next_bw(tlm_sync_enum status, tlm_phase phase = tlm::UNINITIALIZED_PHASE, sc_time later = sc_time()) {
        on_bw = once(status, phase, later, &ends::on_bw);
    }

  private:
    answer once(tlm_sync_enum status, tlm_phase answer_phase, sc_time later, answer ends::*slot) {
        return [this, status, answer_phase, later, slot](tlm_generic_payload& p, tlm_phase& phase, sc_time& delay) {
            if (answer_phase != tlm::UNINITIALIZED_PHASE)
                phase = answer_phase;
            delay += later;
            if (fill_status && (answer_phase == tlm::BEGIN_RESP || status == tlm::TLM_COMPLETED))
                p.set_response_status(tlm::TLM_OK_RESPONSE);
            this->*slot = [](tlm_generic_payload&, tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
            return status;
        };
    }
    void run() { plan(); }
    void run_method() { method_plan(); }
    tlm_sync_enum nb_transport_fw(tlm_generic_payload& p, tlm_phase& phase, sc_time& delay) override {
        seen.push_back(std::string("fw ") + phase.get_name());
        const auto call = on_fw;
        return call(p, phase, delay);
    }
    tlm_sync_enum nb_transport_bw(tlm_generic_payload& p, tlm_phase& phase, sc_time& delay) override {
        seen.push_back(std::string("bw ") + phase.get_name());
        const auto call = on_bw;
        return call(p, phase, delay);
    }
    void b_transport(tlm_generic_payload& p, sc_time& delay) override {
        seen.emplace_back("b_transport");
        on_b(p, delay);
    }
    bool get_direct_mem_ptr(tlm_generic_payload&, tlm::tlm_dmi& dmi) override {
        dmi.set_end_address(77);
        return grant_dmi;
    }
    unsigned transport_dbg(tlm_generic_payload& p) override {
        return debug_bytes == ~0u ? p.get_data_length() : debug_bytes;
    }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64) override {
        seen.push_back("invalidate " + std::to_string(start));
    }
};

/// Runs `plan` over a checked link. Several may run in one simulation.
struct bench {
    protocol_checker check;
    ends e;
    explicit bench(const std::string& label = "") : check(("check" + label).c_str()), e(("ends" + label).c_str()) {
        e.initiator.bind(check.in);
        check.out.bind(e.target);
    }
    void plan(const std::function<void(ends&)>& what) {
        e.plan = [this, what] { what(e); };
    }
    void run(const std::function<void(ends&)>& what) {
        plan(what);
        sc_core::sc_start(1, sc_core::SC_US);
        check.finish();
    }
};

inline void expect_clean(const std::function<void(ends&)>& plan) {
    bench b;
    b.run(plan);
    for (const auto& violation : b.check.violations())
        UNSCOPED_INFO(violation.line());
    CHECK(b.check.clean());
    CHECK(b.check.in_flight() == 0);
}

}  // namespace pade::protocol_test
