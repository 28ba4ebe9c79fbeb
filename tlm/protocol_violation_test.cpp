// Each rule, broken once, is caught once, by name.
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "tlm/protocol_test_bench.h"

using namespace pade;
using namespace pade::protocol_test;

// ---- each rule broken once ----------------------------------------------------------------------------------------

TEST_CASE("caught: END_REQ twice") {
    expect(protocol_rule::phase_order, "END_REQ after END_REQ", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::END_REQ);
        e.bw(p, tlm::END_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: BEGIN_RESP twice") {
    expect(protocol_rule::phase_order, "BEGIN_RESP after BEGIN_RESP", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: END_RESP before the response") {
    expect(protocol_rule::phase_order, "END_RESP after END_REQ", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::END_REQ);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: a response to nothing") {
    expect(protocol_rule::phase_order, "BEGIN_RESP for a transaction not in flight", [](ends& e) {
        auto& p = e.read();
        e.bw(p, tlm::BEGIN_RESP);
    });
}

TEST_CASE("caught: END_RESP after early completion") {
    expect(protocol_rule::phase_order, "END_RESP for a transaction not in flight", [](ends& e) {
        auto& p = e.read();
        e.next_fw(tlm::TLM_COMPLETED);
        e.fw(p, tlm::BEGIN_REQ);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: BEGIN_REQ again for a transaction in flight") {
    expect(protocol_rule::phase_order, "BEGIN_REQ after END_REQ", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::END_REQ);
        e.four_phases(p);
    });
}

TEST_CASE("caught: an ignorable phase outside of a transaction") {
    expect(protocol_rule::phase_order, "extra for a transaction not in flight", [](ends& e) {
        auto& p = e.read();
        e.fw(p, extra);
        e.four_phases(p);
    });
}

TEST_CASE("caught: a target's phase from the initiator") {
    expect(protocol_rule::phase_direction, "END_REQ on the forward path", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.fw(p, tlm::END_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: an initiator's phase from the target") {
    expect(protocol_rule::phase_direction, "END_RESP from the target", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.bw(p, tlm::END_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: an initiator's phase from the target on the return path") {
    expect(protocol_rule::phase_direction, "END_RESP from the target", [](ends& e) {
        auto& p = e.read();
        e.next_fw(tlm::TLM_UPDATED, tlm::END_RESP);
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: the uninitialised phase") {
    expect(protocol_rule::phase_direction, "UNINITIALIZED_PHASE on the forward path", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.fw(p, tlm::UNINITIALIZED_PHASE);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: TLM_UPDATED for END_RESP") {
    expect(protocol_rule::return_value, "TLM_UPDATED returned for END_RESP", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.next_fw(tlm::TLM_UPDATED);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: TLM_COMPLETED for END_REQ") {
    expect(protocol_rule::return_value, "TLM_COMPLETED returned for END_REQ", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.next_bw(tlm::TLM_COMPLETED);
        e.bw(p, tlm::END_REQ);
    });
}

TEST_CASE("caught: END_RESP returned for END_REQ") {
    expect(protocol_rule::return_value, "TLM_UPDATED with END_RESP returned for END_REQ", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.next_bw(tlm::TLM_UPDATED, tlm::END_RESP);
        e.bw(p, tlm::END_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: TLM_COMPLETED after the response was already sent from inside the request") {
    expect(protocol_rule::return_value, "TLM_COMPLETED returned for BEGIN_REQ in state BEGIN_RESP", [](ends& e) {
        auto& p = e.read();
        e.on_fw = [&](tlm_generic_payload& q, tlm_phase&, sc_time&) {
            e.bw(q, tlm::BEGIN_RESP);
            return tlm::TLM_COMPLETED;
        };
        e.fw(p, tlm::BEGIN_REQ);
    });
}

TEST_CASE("caught: TLM_COMPLETED for a response that END_RESP has already ended") {
    expect(protocol_rule::return_value, "although the transaction has ended", [](ends& e) {
        auto& p = e.read();
        e.on_bw = [&](tlm_generic_payload& q, tlm_phase&, sc_time&) {
            e.fw(q, tlm::END_RESP);
            return tlm::TLM_COMPLETED;
        };
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
    });
}

TEST_CASE("caught: TLM_ACCEPTED with the phase changed") {
    expect(protocol_rule::accepted_unchanged, "BEGIN_REQ with the phase changed to END_REQ", [](ends& e) {
        auto& p = e.read();
        e.next_fw(tlm::TLM_ACCEPTED, tlm::END_REQ);
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: TLM_ACCEPTED with the time changed, backward") {
    expect(protocol_rule::accepted_unchanged, "BEGIN_RESP with the time changed", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.next_bw(tlm::TLM_ACCEPTED, tlm::UNINITIALIZED_PHASE, ns);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: a second request before the first has ended") {
    expect(protocol_rule::request_exclusion,
           "transaction 1 (write 0x200, 32 B): BEGIN_REQ while the request of transaction 0 has not ended",
           [](ends& e) {
               auto& a = e.read();
               auto& b = e.write();
               e.fw(a, tlm::BEGIN_REQ);
               e.fw(b, tlm::BEGIN_REQ);
               e.bw(a, tlm::BEGIN_RESP);
               e.fw(a, tlm::END_RESP);
               e.bw(b, tlm::BEGIN_RESP);
               e.fw(b, tlm::END_RESP);
           });
}

TEST_CASE("caught: a response of another transaction does not end a request") {
    expect(protocol_rule::request_exclusion, "the request of transaction 1 has not ended", [](ends& e) {
        auto& a = e.read();
        auto& b = e.read();
        auto& c = e.read();
        e.fw(a, tlm::BEGIN_REQ);
        e.bw(a, tlm::END_REQ);
        e.fw(b, tlm::BEGIN_REQ);
        e.bw(a, tlm::BEGIN_RESP);
        e.fw(a, tlm::END_RESP);
        e.fw(c, tlm::BEGIN_REQ);
        for (auto* p : {&b, &c}) {
            e.bw(*p, tlm::BEGIN_RESP);
            e.fw(*p, tlm::END_RESP);
        }
    });
}

TEST_CASE("caught: a second response before the first has ended") {
    expect(protocol_rule::response_exclusion, "BEGIN_RESP while the response of transaction 0 has not ended",
           [](ends& e) {
               auto& a = e.read();
               auto& b = e.read();
               e.fw(a, tlm::BEGIN_REQ);
               e.bw(a, tlm::END_REQ);
               e.fw(b, tlm::BEGIN_REQ);
               e.bw(b, tlm::END_REQ);
               e.bw(a, tlm::BEGIN_RESP);
               e.bw(b, tlm::BEGIN_RESP);
               e.fw(a, tlm::END_RESP);
               e.fw(b, tlm::END_RESP);
           });
}

TEST_CASE("caught: early completion while a response is under way") {
    expect(protocol_rule::response_exclusion, "TLM_COMPLETED while the response of transaction 0 has not ended",
           [](ends& e) {
               auto& a = e.read();
               auto& b = e.read();
               e.fw(a, tlm::BEGIN_REQ);
               e.bw(a, tlm::BEGIN_RESP);
               e.next_fw(tlm::TLM_COMPLETED);
               e.fw(b, tlm::BEGIN_REQ);
               e.fw(a, tlm::END_RESP);
           });
}

namespace {

void attribute(const std::string& text, const std::function<void(tlm_generic_payload&)>& change) {
    expect(protocol_rule::attribute_changed, text, [&](ends& e) {
        auto& p = e.write();
        unsigned char enable[4] = {1, 1, 1, 1};
        p.set_byte_enable_ptr(enable);
        p.set_byte_enable_length(4);
        e.fw(p, tlm::BEGIN_REQ);
        change(p);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

}  // namespace

TEST_CASE("caught: command changed") {
    attribute("the command changed", [](tlm_generic_payload& p) { p.set_read(); });
}
TEST_CASE("caught: data pointer changed") {
    static unsigned char other[32];
    attribute("the data pointer changed", [](tlm_generic_payload& p) { p.set_data_ptr(other); });
}
TEST_CASE("caught: data length changed") {
    attribute("the data length changed", [](tlm_generic_payload& p) { p.set_data_length(16); });
}
TEST_CASE("caught: byte enable pointer changed") {
    attribute("the byte enable pointer changed", [](tlm_generic_payload& p) { p.set_byte_enable_ptr(nullptr); });
}
TEST_CASE("caught: byte enable length changed") {
    attribute("the byte enable length changed", [](tlm_generic_payload& p) { p.set_byte_enable_length(2); });
}
TEST_CASE("caught: streaming width changed") {
    attribute("the streaming width changed", [](tlm_generic_payload& p) { p.set_streaming_width(8); });
}
TEST_CASE("caught: the last byte of a write overwritten") {
    attribute("a byte of the data of a write changed", [](tlm_generic_payload& p) { p.get_data_ptr()[31] ^= 1; });
}

TEST_CASE("caught: a request with an old response status") {
    expect(protocol_rule::status_at_request, "request with response status TLM_OK_RESPONSE", [](ends& e) {
        auto& p = e.read();
        p.set_response_status(tlm::TLM_OK_RESPONSE);
        e.four_phases(p);
    });
}

TEST_CASE("caught: a request with the DMI hint set") {
    expect(protocol_rule::dmi_hint_at_request, "request with the DMI hint set", [](ends& e) {
        auto& p = e.read();
        p.set_dmi_allowed(true);
        e.four_phases(p);
    });
}

TEST_CASE("caught: BEGIN_RESP without a response status") {
    expect(protocol_rule::status_at_response, "no response status at BEGIN_RESP", [](ends& e) {
        e.fill_status = false;
        e.four_phases(e.read());
    });
}

TEST_CASE("caught: TLM_COMPLETED without a response status") {
    expect(protocol_rule::status_at_response, "no response status at TLM_COMPLETED", [](ends& e) {
        e.fill_status = false;
        e.next_fw(tlm::TLM_COMPLETED);
        e.fw(e.read(), tlm::BEGIN_REQ);
    });
}

TEST_CASE("caught: b_transport without a response status") {
    expect(protocol_rule::status_at_response, "no response status at the return of b_transport", [](ends& e) {
        e.on_b = [](tlm_generic_payload&, sc_time&) {};
        e.b(e.read());
    });
}

namespace {

void plain(tlm_generic_payload& p, unsigned char* data) {
    p.set_command(tlm::TLM_READ_COMMAND);
    p.set_data_ptr(data);
    p.set_data_length(8);
    p.set_streaming_width(8);
}

}  // namespace

TEST_CASE("caught: nb_transport without a memory manager") {
    expect(protocol_rule::memory_manager, "without a memory manager", [](ends& e) {
        unsigned char data[8] = {};
        tlm_generic_payload p;
        plain(p, data);
        e.four_phases(p);
    });
}

TEST_CASE("caught: nb_transport with a payload that nobody holds") {
    expect(protocol_rule::reference_count, "nobody has acquired", [](ends& e) {
        unsigned char data[8] = {};
        tlm_generic_payload p(&e.pool);
        plain(p, data);
        e.four_phases(p);
    });
}

TEST_CASE("caught: b_transport for a transaction of nb_transport") {
    expect(protocol_rule::mixed_transport, "b_transport for a transaction in state END_REQ", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::END_REQ);
        e.b(p);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: nb_transport while b_transport is running") {
    expect(protocol_rule::mixed_transport, "nb_transport_fw while b_transport is running", [](ends& e) {
        auto& p = e.read();
        e.on_b = [&](tlm_generic_payload& q, sc_time&) { e.four_phases(q); };
        e.b(p);
    });
}

TEST_CASE("caught: b_transport inside b_transport for the same payload") {
    expect(protocol_rule::reentrant_b_transport, "b_transport while b_transport is running", [](ends& e) {
        auto& p = e.read();
        bool inner = false;
        e.on_b = [&](tlm_generic_payload& q, sc_time&) {
            if (!inner) {
                inner = true;
                e.b(q);
            }
            q.set_response_status(tlm::TLM_OK_RESPONSE);
        };
        e.b(p);
    });
}

TEST_CASE("caught: time goes backwards from call to call") {
    expect(protocol_rule::time_backwards, "3 ns after 5 ns", [](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ, 5 * ns);
        wait(2 * ns);
        e.bw(p, tlm::END_REQ, 1 * ns);
        wait(5 * ns);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("caught: time goes backwards over the return of b_transport") {
    expect(protocol_rule::time_backwards, "0 s after 4 ns", [](ends& e) {
        auto& p = e.read();
        e.on_b = [](tlm_generic_payload& q, sc_time& delay) {
            delay = sc_core::SC_ZERO_TIME;
            q.set_response_status(tlm::TLM_OK_RESPONSE);
        };
        sc_time delay = 4 * ns;
        e.initiator->b_transport(p, delay);
    });
}

TEST_CASE("caught: data length 0") {
    expect(protocol_rule::data_length, "data length 0", [](ends& e) {
        auto& p = e.read();
        p.set_data_length(0);
        e.four_phases(p);
    });
}

TEST_CASE("caught: no data array") {
    expect(protocol_rule::data_pointer, "without a data array", [](ends& e) {
        auto& p = e.read();
        p.set_data_ptr(nullptr);
        e.four_phases(p);
    });
}

TEST_CASE("caught: streaming width 0") {
    expect(protocol_rule::streaming_width, "streaming width 0", [](ends& e) {
        auto& p = e.read();
        p.set_streaming_width(0);
        e.four_phases(p);
    });
}

TEST_CASE("caught: byte enable array of length 0") {
    expect(protocol_rule::byte_enable, "byte enable array of length 0", [](ends& e) {
        unsigned char enable[1] = {255};
        auto& p = e.read();
        p.set_byte_enable_ptr(enable);
        e.four_phases(p);
    });
}

TEST_CASE("caught: a transaction that never ended, once, in a readable line") {
    bench b;
    b.run([](ends& e) {
        wait(3 * ns);
        e.fw(e.read(0x1240), tlm::BEGIN_REQ);
    });
    b.check.finish();
    REQUIRE(b.check.violation_count() == 1);
    CHECK(b.check.violations().front().line() ==
          "check at 1 us: unfinished transaction (IEEE 1666-2011, 15.2.3 n): transaction 0 (read 0x1240, 32 B): "
          "in state BEGIN_REQ at the end of the run");
}

TEST_CASE("caught: SystemC's own end of simulation asks for what is unfinished") {
    bench b;
    b.e.plan = [&] {
        b.e.fw(b.e.read(), tlm::BEGIN_REQ);
        sc_core::sc_stop();
    };
    sc_core::sc_start(1, sc_core::SC_US);
    CHECK(b.check.violation_count() == 1);
}

TEST_CASE("a flood of violations is counted, the first hundred are kept") {
    bench b;
    b.run([](ends& e) {
        auto& p = e.read();
        for (int i = 0; i < 1000; ++i)
            e.bw(p, tlm::END_REQ);
    });
    CHECK(b.check.violation_count() == 1000);
    CHECK(b.check.violations().size() == violation_log::kept);
}
