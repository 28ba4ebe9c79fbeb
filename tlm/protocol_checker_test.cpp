// Legal traffic, in every variant of phases that table 57 of IEEE 1666-2011 allows, is clean.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tlm/protocol_test_bench.h"

using namespace pade;
using namespace pade::protocol_test;

// ---- legal traffic: the rows of table 57 --------------------------------------------------------------------------

TEST_CASE("clean: four explicit phases, read and write, the payload used again") {
    expect_clean([](ends& e) {
        auto& r = e.read();
        e.four_phases(r);
        r.release();
        auto& w = e.write();
        REQUIRE(&w == &r);
        e.four_phases(w);
        w.release();
    });
}

TEST_CASE("clean: END_REQ on the return path, END_RESP on the return path") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.next_fw(tlm::TLM_UPDATED, tlm::END_REQ, ns);
        CHECK(e.fw(p, tlm::BEGIN_REQ) == tlm::TLM_UPDATED);
        CHECK(e.answered == tlm::END_REQ);
        wait(2 * ns);
        e.next_bw(tlm::TLM_UPDATED, tlm::END_RESP, ns);
        CHECK(e.bw(p, tlm::BEGIN_RESP) == tlm::TLM_UPDATED);
        p.release();
    });
}

TEST_CASE("clean: BEGIN_RESP on the return path, then END_RESP answered with TLM_COMPLETED") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.next_fw(tlm::TLM_UPDATED, tlm::BEGIN_RESP);
        e.fw(p, tlm::BEGIN_REQ);
        e.next_fw(tlm::TLM_COMPLETED);
        CHECK(e.fw(p, tlm::END_RESP) == tlm::TLM_COMPLETED);
        p.release();
    });
}

TEST_CASE("clean: early completion by the target, by the initiator, and a response without END_REQ") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.next_fw(tlm::TLM_COMPLETED, tlm::UNINITIALIZED_PHASE, ns);
        CHECK(e.fw(p, tlm::BEGIN_REQ) == tlm::TLM_COMPLETED);
        p.release();
        auto& q = e.write();
        e.fw(q, tlm::BEGIN_REQ, 2 * ns);
        e.next_bw(tlm::TLM_COMPLETED);
        e.bw(q, tlm::BEGIN_RESP, 2 * ns);
        q.release();
    });
}

TEST_CASE("clean: requests and responses pipelined and out of order") {
    expect_clean([](ends& e) {
        auto& a = e.read(0x0);
        auto& b = e.write(0x20);
        auto& c = e.read(0x40);
        e.fw(a, tlm::BEGIN_REQ);
        e.bw(a, tlm::END_REQ);
        e.fw(b, tlm::BEGIN_REQ);
        e.bw(b, tlm::BEGIN_RESP);  // implies END_REQ of b
        e.fw(c, tlm::BEGIN_REQ);
        e.fw(b, tlm::END_RESP);
        e.bw(c, tlm::END_REQ);
        e.bw(c, tlm::BEGIN_RESP);
        e.fw(c, tlm::END_RESP);
        e.bw(a, tlm::BEGIN_RESP);
        e.fw(a, tlm::END_RESP);
        a.release();
        b.release();
        c.release();
    });
}

TEST_CASE("clean: the initiator lets go of the payload inside the response, the pool hands it out again") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        p.acquire();  // the target's own reference
        e.on_bw = [&](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
            q.release();
            phase = tlm::END_RESP;
            return tlm::TLM_UPDATED;
        };
        e.bw(p, tlm::BEGIN_RESP);
        p.release();
        CHECK(e.pool.in_use() == 0);
        auto& again = e.write();
        e.next_fw(tlm::TLM_COMPLETED);
        e.fw(again, tlm::BEGIN_REQ);
        again.release();
    });
}

TEST_CASE("clean: calls nested in calls") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.on_fw = [&](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
            if (phase == tlm::BEGIN_REQ) {
                e.bw(q, tlm::END_REQ);
                e.bw(q, tlm::BEGIN_RESP);
            }
            return tlm::TLM_ACCEPTED;
        };
        e.on_bw = [&](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
            if (phase == tlm::BEGIN_RESP)
                e.fw(q, tlm::END_RESP);
            return tlm::TLM_ACCEPTED;
        };
        e.fw(p, tlm::BEGIN_REQ);
        p.release();
    });
}

TEST_CASE("clean: b_transport, also one inside the other for another payload, without memory manager") {
    expect_clean([](ends& e) {
        unsigned char data[8] = {};
        tlm_generic_payload a;
        tlm_generic_payload b;
        for (auto* p : {&a, &b}) {
            p->set_command(tlm::TLM_WRITE_COMMAND);
            p->set_data_ptr(data);
            p->set_data_length(8);
            p->set_streaming_width(8);
        }
        e.on_b = [&](tlm_generic_payload& p, sc_time& delay) {
            if (&p == &a) {
                wait(ns);
                e.b(b);
            }
            delay += ns;
            p.set_response_status(tlm::TLM_OK_RESPONSE);
        };
        e.b(a);
    });
}

TEST_CASE("clean: an ignorable phase between BEGIN_REQ and END_RESP, address and DMI hint changed on the way") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.fw(p, extra);
        e.bw(p, extra);
        p.set_address(0x99);
        p.set_dmi_allowed(true);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
        p.release();
    });
}

TEST_CASE("all calls pass unchanged, DMI and debug too") {
    bench b;
    b.run([](ends& e) {
        auto& p = e.read();
        e.four_phases(p);
        p.release();
        auto& q = e.read();
        e.b(q);
        tlm::tlm_dmi dmi;
        CHECK(e.initiator->get_direct_mem_ptr(q, dmi));
        CHECK(dmi.get_end_address() == 77);
        CHECK(e.initiator->transport_dbg(q) == 32);
        e.target->invalidate_direct_mem_ptr(5, 6);
        q.release();
    });
    CHECK(b.e.seen == std::vector<std::string>{"fw BEGIN_REQ", "bw END_REQ", "bw BEGIN_RESP", "fw END_RESP",
                                               "b_transport", "invalidate 5"});
    CHECK(b.check.clean());
    CHECK(b.check.transactions() == 2);
}

TEST_CASE("clean: the bytes of a read are the target's to write") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        p.get_data_ptr()[31] ^= 1;
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("clean: the same effective time, reached by waiting") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ, 5 * ns);
        wait(2 * ns);
        e.bw(p, tlm::END_REQ, 3 * ns);
        wait(3 * ns);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

// ---- and what is easily taken for an error ------------------------------------------------------------------------

TEST_CASE("clean: ignorable phases answered with TLM_UPDATED and with another phase") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.next_fw(tlm::TLM_UPDATED, tlm::END_REQ);
        e.fw(p, extra);
        e.next_bw(tlm::TLM_UPDATED, extra);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("clean: a new request in the call that answers the last one, and before its response has ended") {
    expect_clean([](ends& e) {
        auto& a = e.read(0x0);
        auto& b = e.write(0x20);
        e.on_bw = [&](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
            if (&q == &a && phase == tlm::BEGIN_RESP)
                e.fw(b, tlm::BEGIN_REQ);
            return tlm::TLM_ACCEPTED;
        };
        e.fw(a, tlm::BEGIN_REQ);
        e.bw(a, tlm::BEGIN_RESP);
        e.fw(a, tlm::END_RESP);
        e.bw(b, tlm::BEGIN_RESP);
        e.fw(b, tlm::END_RESP);
    });
}

TEST_CASE("clean: error responses, on every path") {
    expect_clean([](ends& e) {
        e.fill_status = false;
        auto& a = e.read();
        e.fw(a, tlm::BEGIN_REQ);
        a.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        e.bw(a, tlm::BEGIN_RESP);
        e.fw(a, tlm::END_RESP);
        auto& b = e.read();
        e.on_fw = [](tlm_generic_payload& q, tlm_phase&, sc_time&) {
            q.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
            return tlm::TLM_COMPLETED;
        };
        e.fw(b, tlm::BEGIN_REQ);
        e.on_b = [](tlm_generic_payload& q, sc_time&) { q.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE); };
        e.b(e.read());
    });
}

TEST_CASE("clean: a write with byte enables, a narrow streaming width, and an ignored command without data") {
    expect_clean([](ends& e) {
        unsigned char enable[4] = {255, 0, 255, 0};
        auto& w = e.write();
        w.set_byte_enable_ptr(enable);
        w.set_byte_enable_length(4);
        w.set_streaming_width(8);
        e.four_phases(w);
        auto& n = e.read();
        n.set_command(tlm::TLM_IGNORE_COMMAND);
        n.set_data_ptr(nullptr);
        n.set_data_length(0);
        e.four_phases(n);
    });
}

TEST_CASE("clean: the data array of a write is the initiator's again with the response") {
    expect_clean([](ends& e) {
        auto& p = e.write();
        e.fw(p, tlm::BEGIN_REQ);
        e.bw(p, tlm::BEGIN_RESP);
        p.get_data_ptr()[0] ^= 1;
        e.fw(p, tlm::END_RESP);
    });
}

TEST_CASE("clean: b_transport that waits, with a pooled payload, the same one then over nb_transport and back") {
    expect_clean([](ends& e) {
        e.on_b = [](tlm_generic_payload& q, sc_time&) {
            wait(ns);
            q.set_response_status(tlm::TLM_OK_RESPONSE);
            q.set_dmi_allowed(true);
        };
        auto& p = e.read();
        for (int round = 0; round < 2; ++round) {
            e.b(p);
            p.set_dmi_allowed(false);
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
            e.four_phases(p);
            p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        }
        p.release();
    });
}

TEST_CASE("clean: DMI refused, debug access to some and to no bytes, in the midst of a transaction") {
    expect_clean([](ends& e) {
        auto& p = e.read();
        e.fw(p, tlm::BEGIN_REQ);
        e.grant_dmi = false;
        tlm::tlm_dmi dmi;
        CHECK_FALSE(e.initiator->get_direct_mem_ptr(e.read(), dmi));
        dmi.init();
        CHECK_FALSE(e.initiator->get_direct_mem_ptr(e.read(), dmi));
        e.debug_bytes = 8;
        CHECK(e.initiator->transport_dbg(e.read()) == 8);
        auto& none = e.read();
        none.set_data_ptr(nullptr);
        none.set_data_length(0);
        e.debug_bytes = 0;
        CHECK(e.initiator->transport_dbg(none) == 0);
        e.bw(p, tlm::BEGIN_RESP);
        e.fw(p, tlm::END_RESP);
    });
}
