// What a bad initiator does, in front of a target that keeps the rules.
#include "tlm/protocol_cases.h"

namespace pade::protocol_test {

namespace {

using rule = protocol_rule;

void respond(ends& e, tlm_generic_payload& p) {
    e.bw(p, tlm::BEGIN_RESP);
    e.fw(p, tlm::END_RESP);
}

void plain(tlm_generic_payload& p, unsigned char* data) {
    p.set_command(tlm::TLM_READ_COMMAND);
    p.set_data_ptr(data);
    p.set_data_length(8);
    p.set_streaming_width(8);
}

void add_phases(std::vector<violation_case>& all) {
    all.push_back({rule::phase_order, "END_RESP before the response", "END_RESP after END_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::END_REQ);
                       e.fw(p, tlm::END_RESP);
                   }});
    all.push_back(
        {rule::phase_order, "END_RESP after early completion", "END_RESP for a transaction not in flight", [](ends& e) {
             auto& p = e.read();
             e.next_fw(tlm::TLM_COMPLETED);
             e.fw(p, tlm::BEGIN_REQ);
             e.fw(p, tlm::END_RESP);
         }});
    all.push_back({rule::phase_order, "END_RESP twice", "END_RESP for a transaction not in flight", [](ends& e) {
                       auto& p = e.read();
                       e.four_phases(p);
                       e.fw(p, tlm::END_RESP);
                   }});
    all.push_back(
        {rule::phase_order, "BEGIN_REQ again for a transaction in flight", "BEGIN_REQ after END_REQ", [](ends& e) {
             auto& p = e.read();
             e.fw(p, tlm::BEGIN_REQ);
             e.bw(p, tlm::END_REQ);
             e.four_phases(p);
         }});
    all.push_back(
        {rule::phase_order, "a payload used again before END_RESP", "BEGIN_REQ after BEGIN_RESP", [](ends& e) {
             auto& p = e.read();
             e.fw(p, tlm::BEGIN_REQ);
             e.bw(p, tlm::BEGIN_RESP);
             p.set_address(0x300);
             p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
             e.four_phases(p);
         }});
    all.push_back({rule::phase_order, "an ignorable phase outside of a transaction",
                   "extra for a transaction not in flight", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, extra);
                       e.four_phases(p);
                   }});
    const auto forward = [&all](const std::string& name, unsigned phase) {
        all.push_back({rule::phase_direction, name, name + " on the forward path", [phase](ends& e) {
                           auto& p = e.read();
                           e.fw(p, tlm::BEGIN_REQ);
                           e.fw(p, tlm_phase(phase));
                           respond(e, p);
                       }});
    };
    forward("END_REQ", tlm::END_REQ);
    forward("BEGIN_RESP", tlm::BEGIN_RESP);
    forward("UNINITIALIZED_PHASE", tlm::UNINITIALIZED_PHASE);
    all.push_back({rule::return_value, "TLM_COMPLETED for END_REQ", "TLM_COMPLETED returned for END_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.next_bw(tlm::TLM_COMPLETED);
                       e.bw(p, tlm::END_REQ);
                   }});
    all.push_back({rule::return_value, "END_RESP returned for END_REQ",
                   "TLM_UPDATED with END_RESP returned for END_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.next_bw(tlm::TLM_UPDATED, tlm::END_RESP);
                       e.bw(p, tlm::END_REQ);
                       respond(e, p);
                   }});
    all.push_back({rule::return_value, "BEGIN_REQ returned for BEGIN_RESP",
                   "TLM_UPDATED with BEGIN_REQ returned for BEGIN_RESP", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.next_bw(tlm::TLM_UPDATED, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                       e.fw(p, tlm::END_RESP);
                   }});
    all.push_back({rule::return_value, "TLM_COMPLETED for a response that END_RESP has already ended",
                   "although the transaction has ended", [](ends& e) {
                       auto& p = e.read();
                       e.on_bw = [&e](tlm_generic_payload& q, tlm_phase&, sc_time&) {
                           e.fw(q, tlm::END_RESP);
                           return tlm::TLM_COMPLETED;
                       };
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                   }});
    all.push_back({rule::accepted_unchanged, "TLM_ACCEPTED with the time changed", "BEGIN_RESP with the time changed",
                   [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.next_bw(tlm::TLM_ACCEPTED, tlm::UNINITIALIZED_PHASE, ns);
                       respond(e, p);
                   }});
    all.push_back({rule::accepted_unchanged, "TLM_ACCEPTED with the phase changed",
                   "BEGIN_RESP with the phase changed to END_RESP", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.next_bw(tlm::TLM_ACCEPTED, tlm::END_RESP);
                       respond(e, p);
                   }});
}

void add_exclusion(std::vector<violation_case>& all) {
    all.push_back({rule::request_exclusion, "a second request before the first has ended",
                   "transaction 1 (write 0x200, 32 B): BEGIN_REQ while the request of transaction 0 has not ended",
                   [](ends& e) {
                       auto& a = e.read();
                       auto& b = e.write();
                       e.fw(a, tlm::BEGIN_REQ);
                       e.fw(b, tlm::BEGIN_REQ);
                       respond(e, a);
                       respond(e, b);
                   }});
    all.push_back({rule::request_exclusion, "a response of another transaction does not end a request",
                   "the request of transaction 1 has not ended", [](ends& e) {
                       auto& a = e.read();
                       auto& b = e.read();
                       auto& c = e.read();
                       e.fw(a, tlm::BEGIN_REQ);
                       e.bw(a, tlm::END_REQ);
                       e.fw(b, tlm::BEGIN_REQ);
                       respond(e, a);
                       e.fw(c, tlm::BEGIN_REQ);
                       respond(e, b);
                       respond(e, c);
                   }});
    all.push_back(
        {rule::unfinished, "a response without END_RESP", "in state BEGIN_RESP at the end of the run", [](ends& e) {
             auto& p = e.read();
             e.fw(p, tlm::BEGIN_REQ);
             e.bw(p, tlm::BEGIN_RESP);
         }});
}

void add_changes(std::vector<violation_case>& all) {
    const auto changed = [&all](const std::string& what, const std::function<void(tlm_generic_payload&)>& change) {
        all.push_back({rule::attribute_changed, what, what + " changed after the request was made", [change](ends& e) {
                           auto& p = e.write();
                           unsigned char enable[4] = {255, 255, 255, 255};
                           p.set_byte_enable_ptr(enable);
                           p.set_byte_enable_length(4);
                           e.fw(p, tlm::BEGIN_REQ);
                           change(p);
                           respond(e, p);
                       }});
    };
    static unsigned char other[32];
    changed("the command", [](tlm_generic_payload& p) { p.set_read(); });
    changed("the data pointer", [](tlm_generic_payload& p) { p.set_data_ptr(other); });
    changed("the data length", [](tlm_generic_payload& p) { p.set_data_length(16); });
    changed("the byte enable pointer", [](tlm_generic_payload& p) { p.set_byte_enable_ptr(nullptr); });
    changed("the byte enable length", [](tlm_generic_payload& p) { p.set_byte_enable_length(2); });
    changed("a byte enable", [](tlm_generic_payload& p) { p.get_byte_enable_ptr()[3] = 0; });
    changed("the streaming width", [](tlm_generic_payload& p) { p.set_streaming_width(8); });
    changed("a byte of the data of a write", [](tlm_generic_payload& p) { p.get_data_ptr()[31] ^= 1; });
    all.push_back({rule::attribute_changed, "the response status, before END_RESP",
                   "the response status changed after the response was made", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                       p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
                       e.fw(p, tlm::END_RESP);
                   }});
}

void add_request_state(std::vector<violation_case>& all) {
    const auto request = [&all](rule which, const std::string& text,
                                const std::function<void(tlm_generic_payload&)>& spoil) {
        all.push_back({which, text + ", nb_transport", text, [spoil](ends& e) {
                           auto& p = e.read();
                           spoil(p);
                           e.four_phases(p);
                       }});
        all.push_back({which, text + ", b_transport", text, [spoil](ends& e) {
                           auto& p = e.read();
                           spoil(p);
                           e.b(p);
                       }});
    };
    static unsigned char enable[1] = {255};
    request(rule::status_at_request, "request with response status TLM_OK_RESPONSE",
            [](tlm_generic_payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); });
    request(rule::dmi_hint_at_request, "request with the DMI hint set",
            [](tlm_generic_payload& p) { p.set_dmi_allowed(true); });
    request(rule::payload_option, "request with another option",
            [](tlm_generic_payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD); });
    request(rule::data_length, "request with data length 0", [](tlm_generic_payload& p) { p.set_data_length(0); });
    request(rule::data_pointer, "request without a data array",
            [](tlm_generic_payload& p) { p.set_data_ptr(nullptr); });
    request(rule::streaming_width, "request with streaming width 0",
            [](tlm_generic_payload& p) { p.set_streaming_width(0); });
    request(rule::byte_enable, "byte enable array of length 0",
            [](tlm_generic_payload& p) { p.set_byte_enable_ptr(enable); });
}

void add_memory(std::vector<violation_case>& all) {
    all.push_back({rule::memory_manager, "no memory manager", "without a memory manager", [](ends& e) {
                       unsigned char data[8] = {};
                       tlm_generic_payload p;
                       plain(p, data);
                       e.four_phases(p);
                   }});
    all.push_back({rule::reference_count, "never acquired", "BEGIN_REQ with a payload that nobody holds", [](ends& e) {
                       unsigned char data[8] = {};
                       tlm_generic_payload p(&e.pool);
                       plain(p, data);
                       e.four_phases(p);
                   }});
    all.push_back({rule::reference_count, "never acquired, b_transport", "b_transport with a payload that nobody holds",
                   [](ends& e) {
                       unsigned char data[8] = {};
                       tlm_generic_payload p(&e.pool);
                       plain(p, data);
                       e.b(p);
                   }});
    all.push_back({rule::reference_count, "released before the response", "BEGIN_RESP with a payload that nobody holds",
                   [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       let_go(p);
                       respond(e, p);
                   }});
}

void add_interfaces(std::vector<violation_case>& all) {
    all.push_back({rule::mixed_transport, "b_transport for a transaction of nb_transport",
                   "b_transport for a transaction in state END_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.on_b = [](tlm_generic_payload&, sc_time&) {};
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::END_REQ);
                       e.b(p);
                       respond(e, p);
                   }});
    all.push_back({rule::mixed_transport, "BEGIN_REQ while b_transport is running",
                   "nb_transport_fw while b_transport is running", [](ends& e) {
                       auto& p = e.read();
                       e.on_b = [&e](tlm_generic_payload& q, sc_time&) { e.four_phases(q); };
                       e.b(p);
                   }});
    all.push_back({rule::mixed_transport, "END_RESP while b_transport is running",
                   "nb_transport_fw while b_transport is running", [](ends& e) {
                       auto& p = e.read();
                       e.on_b = [&e](tlm_generic_payload& q, sc_time&) {
                           e.fw(q, tlm::END_RESP);
                           q.set_response_status(tlm::TLM_OK_RESPONSE);
                       };
                       e.b(p);
                   }});
    all.push_back({rule::reentrant_b_transport, "b_transport inside b_transport for the same payload",
                   "b_transport while b_transport is running", [](ends& e) {
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
                   }});
    all.push_back({rule::blocking_from_method, "b_transport from a method",
                   "b_transport called from the method process", [](ends& e) {
                       auto& p = e.read();
                       e.method_plan = [&] { e.b(p); };
                       e.call_method.notify();
                       wait(ns);
                   }});
    all.push_back({rule::time_backwards, "END_RESP earlier than BEGIN_RESP", "2 ns after 3 ns", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP, 3 * ns);
                       e.fw(p, tlm::END_RESP, 2 * ns);
                   }});
    const auto descriptor = [&all](const std::string& name, const std::function<void(tlm::tlm_dmi&)>& spoil) {
        all.push_back(
            {rule::dmi_descriptor, name, "get_direct_mem_ptr with a descriptor that is in use", [spoil](ends& e) {
                 tlm::tlm_dmi dmi;
                 spoil(dmi);
                 e.initiator->get_direct_mem_ptr(e.read(), dmi);
             }});
    };
    static unsigned char memory[1];
    descriptor("pointer", [](tlm::tlm_dmi& dmi) { dmi.set_dmi_ptr(memory); });
    descriptor("access", [](tlm::tlm_dmi& dmi) { dmi.allow_read_write(); });
    descriptor("start address", [](tlm::tlm_dmi& dmi) { dmi.set_start_address(1); });
    descriptor("end address", [](tlm::tlm_dmi& dmi) { dmi.set_end_address(1); });
    descriptor("read latency", [](tlm::tlm_dmi& dmi) { dmi.set_read_latency(ns); });
    descriptor("write latency", [](tlm::tlm_dmi& dmi) { dmi.set_write_latency(ns); });
    all.push_back(
        {rule::debug_access, "transport_dbg without an array", "transport_dbg without a data array", [](ends& e) {
             auto& p = e.read();
             p.set_data_ptr(nullptr);
             e.initiator->transport_dbg(p);
         }});
}

}  // namespace

std::vector<violation_case> bad_initiators() {
    std::vector<violation_case> all;
    add_phases(all);
    add_exclusion(all);
    add_changes(all);
    add_request_state(all);
    add_memory(all);
    add_interfaces(all);
    return all;
}

}  // namespace pade::protocol_test
