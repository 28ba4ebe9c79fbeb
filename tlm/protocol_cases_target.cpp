// What a bad target does, behind an initiator that keeps the rules.
#include "tlm/protocol_cases.h"

namespace pade::protocol_test {

namespace {

using rule = protocol_rule;

void respond(ends& e, tlm_generic_payload& p) {
    e.bw(p, tlm::BEGIN_RESP);
    e.fw(p, tlm::END_RESP);
}

void add_phases(std::vector<violation_case>& all) {
    all.push_back({rule::phase_order, "END_REQ twice", "END_REQ after END_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::END_REQ);
                       e.bw(p, tlm::END_REQ);
                       respond(e, p);
                   }});
    all.push_back(
        {rule::phase_order, "END_REQ after the response that implies it", "END_REQ after BEGIN_RESP", [](ends& e) {
             auto& p = e.read();
             e.fw(p, tlm::BEGIN_REQ);
             e.bw(p, tlm::BEGIN_RESP);
             e.bw(p, tlm::END_REQ);
             e.fw(p, tlm::END_RESP);
         }});
    all.push_back({rule::phase_order, "BEGIN_RESP twice", "BEGIN_RESP after BEGIN_RESP", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                       respond(e, p);
                   }});
    all.push_back({rule::phase_order, "a response to nothing", "BEGIN_RESP for a transaction not in flight",
                   [](ends& e) { e.bw(e.read(), tlm::BEGIN_RESP); }});
    all.push_back({rule::phase_order, "a response after early completion", "BEGIN_RESP for a transaction not in flight",
                   [](ends& e) {
                       auto& p = e.read();
                       e.next_fw(tlm::TLM_COMPLETED);
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                   }});
    all.push_back({rule::phase_order, "BEGIN_RESP returned for an ignorable phase after BEGIN_RESP",
                   "BEGIN_RESP after BEGIN_RESP", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                       e.next_fw(tlm::TLM_UPDATED, tlm::BEGIN_RESP);
                       e.fw(p, extra);
                       e.fw(p, tlm::END_RESP);
                   }});
    const auto backward = [&all](const std::string& name, unsigned phase) {
        all.push_back({rule::phase_direction, name, name + " from the target", [phase](ends& e) {
                           auto& p = e.read();
                           e.fw(p, tlm::BEGIN_REQ);
                           e.bw(p, tlm_phase(phase));
                           respond(e, p);
                       }});
        all.push_back(
            {rule::phase_direction, name + " on the return path", name + " from the target", [phase](ends& e) {
                 auto& p = e.read();
                 e.next_fw(tlm::TLM_UPDATED, tlm_phase(phase));
                 e.fw(p, tlm::BEGIN_REQ);
                 respond(e, p);
             }});
    };
    backward("BEGIN_REQ", tlm::BEGIN_REQ);
    backward("END_RESP", tlm::END_RESP);
    all.push_back({rule::phase_direction, "UNINITIALIZED_PHASE", "UNINITIALIZED_PHASE from the target", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::UNINITIALIZED_PHASE);
                       respond(e, p);
                   }});
}

void add_returns(std::vector<violation_case>& all) {
    all.push_back({rule::return_value, "TLM_UPDATED for END_RESP", "TLM_UPDATED returned for END_RESP", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                       e.next_fw(tlm::TLM_UPDATED);
                       e.fw(p, tlm::END_RESP);
                   }});
    all.push_back({rule::return_value, "TLM_COMPLETED after the response was sent from inside the request",
                   "TLM_COMPLETED returned for BEGIN_REQ in state BEGIN_RESP", [](ends& e) {
                       auto& p = e.read();
                       e.on_fw = [&e](tlm_generic_payload& q, tlm_phase&, sc_time&) {
                           e.bw(q, tlm::BEGIN_RESP);
                           return tlm::TLM_COMPLETED;
                       };
                       e.fw(p, tlm::BEGIN_REQ);
                   }});
    all.push_back({rule::return_value, "TLM_COMPLETED for an ignorable phase",
                   "TLM_COMPLETED returned for extra in state BEGIN_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.next_fw(tlm::TLM_COMPLETED);
                       e.fw(p, extra);
                   }});
    all.push_back({rule::return_value, "TLM_COMPLETED for a request that has ended inside the call",
                   "TLM_COMPLETED returned for BEGIN_REQ although the transaction has ended", [](ends& e) {
                       auto& p = e.read();
                       e.on_fw = [&e](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
                           if (phase != tlm::BEGIN_REQ)
                               return tlm::TLM_ACCEPTED;
                           respond(e, q);
                           return tlm::TLM_COMPLETED;
                       };
                       e.fw(p, tlm::BEGIN_REQ);
                   }});
    all.push_back({rule::accepted_unchanged, "TLM_ACCEPTED with the phase changed",
                   "BEGIN_REQ with the phase changed to END_REQ", [](ends& e) {
                       auto& p = e.read();
                       e.next_fw(tlm::TLM_ACCEPTED, tlm::END_REQ);
                       e.fw(p, tlm::BEGIN_REQ);
                       respond(e, p);
                   }});
    all.push_back({rule::accepted_unchanged, "TLM_ACCEPTED with the time changed", "BEGIN_REQ with the time changed",
                   [](ends& e) {
                       auto& p = e.read();
                       e.next_fw(tlm::TLM_ACCEPTED, tlm::UNINITIALIZED_PHASE, ns);
                       e.fw(p, tlm::BEGIN_REQ);
                       respond(e, p);
                   }});
    all.push_back({rule::response_exclusion, "a second response before the first has ended",
                   "BEGIN_RESP while the response of transaction 0 has not ended", [](ends& e) {
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
                   }});
    all.push_back({rule::response_exclusion, "early completion while a response is under way",
                   "TLM_COMPLETED while the response of transaction 0 has not ended", [](ends& e) {
                       auto& a = e.read();
                       auto& b = e.read();
                       e.fw(a, tlm::BEGIN_REQ);
                       e.bw(a, tlm::BEGIN_RESP);
                       e.next_fw(tlm::TLM_COMPLETED);
                       e.fw(b, tlm::BEGIN_REQ);
                       e.fw(a, tlm::END_RESP);
                   }});
    all.push_back({rule::unfinished, "a request without END_REQ", "in state BEGIN_REQ at the end of the run",
                   [](ends& e) { e.fw(e.read(), tlm::BEGIN_REQ); }});
    all.push_back(
        {rule::unfinished, "a request without response", "in state END_REQ at the end of the run", [](ends& e) {
             auto& p = e.read();
             e.fw(p, tlm::BEGIN_REQ);
             e.bw(p, tlm::END_REQ);
         }});
}

void add_payload(std::vector<violation_case>& all) {
    const auto inside = [&all](rule which, const std::string& text,
                               const std::function<void(tlm_generic_payload&)>& spoil) {
        all.push_back({which, text + ", inside nb_transport_fw", text, [spoil](ends& e) {
                           auto& p = e.write();
                           e.on_fw = [spoil](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
                               if (phase == tlm::BEGIN_REQ)
                                   spoil(q);
                               return tlm::TLM_ACCEPTED;
                           };
                           e.fw(p, tlm::BEGIN_REQ);
                           respond(e, p);
                       }});
        all.push_back({which, text + ", before END_REQ", text, [spoil](ends& e) {
                           auto& p = e.write();
                           e.fw(p, tlm::BEGIN_REQ);
                           spoil(p);
                           e.bw(p, tlm::END_REQ);
                           respond(e, p);
                       }});
        all.push_back({which, text + ", inside b_transport", text, [spoil](ends& e) {
                           e.on_b = [spoil](tlm_generic_payload& q, sc_time&) {
                               spoil(q);
                               q.set_response_status(tlm::TLM_OK_RESPONSE);
                           };
                           e.b(e.write());
                       }});
    };
    inside(rule::attribute_changed, "the command changed", [](tlm_generic_payload& p) { p.set_read(); });
    inside(rule::attribute_changed, "the data length changed",
           [](tlm_generic_payload& p) { p.set_data_length(p.get_data_length() - 1); });
    inside(rule::attribute_changed, "a byte of the data of a write changed",
           [](tlm_generic_payload& p) { p.get_data_ptr()[0] ^= 1; });
    inside(rule::payload_option, "the option changed",
           [](tlm_generic_payload& p) { p.set_gp_option(tlm::TLM_FULL_PAYLOAD_ACCEPTED); });
    all.push_back({rule::attribute_changed, "the response status, after BEGIN_RESP",
                   "the response status changed after the response was made", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ);
                       e.bw(p, tlm::BEGIN_RESP);
                       p.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
                       e.fw(p, tlm::END_RESP);
                   }});
    all.push_back({rule::status_at_response, "BEGIN_RESP without a response status", "no response status at BEGIN_RESP",
                   [](ends& e) {
                       e.fill_status = false;
                       e.four_phases(e.read());
                   }});
    all.push_back({rule::status_at_response, "BEGIN_RESP on the return path without a response status",
                   "no response status at BEGIN_RESP", [](ends& e) {
                       e.fill_status = false;
                       auto& p = e.read();
                       e.next_fw(tlm::TLM_UPDATED, tlm::BEGIN_RESP);
                       e.fw(p, tlm::BEGIN_REQ);
                       e.fw(p, tlm::END_RESP);
                   }});
    all.push_back({rule::status_at_response, "TLM_COMPLETED without a response status",
                   "no response status at TLM_COMPLETED", [](ends& e) {
                       e.fill_status = false;
                       e.next_fw(tlm::TLM_COMPLETED);
                       e.fw(e.read(), tlm::BEGIN_REQ);
                   }});
    all.push_back({rule::status_at_response, "b_transport without a response status",
                   "no response status at the return of b_transport", [](ends& e) {
                       e.on_b = [](tlm_generic_payload&, sc_time&) {};
                       e.b(e.read());
                   }});
    all.push_back({rule::reference_count, "the target releases what it has not acquired",
                   "BEGIN_RESP with a payload that nobody holds", [](ends& e) {
                       auto& p = e.read();
                       e.on_fw = [](tlm_generic_payload& q, tlm_phase& phase, sc_time&) {
                           if (phase == tlm::BEGIN_REQ)
                               q.release();
                           return tlm::TLM_ACCEPTED;
                       };
                       e.fw(p, tlm::BEGIN_REQ);
                       respond(e, p);
                   }});
}

void add_interfaces(std::vector<violation_case>& all) {
    all.push_back({rule::mixed_transport, "nb_transport_bw while b_transport is running",
                   "nb_transport_bw while b_transport is running", [](ends& e) {
                       e.on_b = [&e](tlm_generic_payload& q, sc_time&) { e.bw(q, tlm::BEGIN_RESP); };
                       e.b(e.read());
                   }});
    all.push_back({rule::time_backwards, "END_REQ earlier than BEGIN_REQ", "3 ns after 5 ns", [](ends& e) {
                       auto& p = e.read();
                       e.fw(p, tlm::BEGIN_REQ, 5 * ns);
                       wait(2 * ns);
                       e.bw(p, tlm::END_REQ, 1 * ns);
                       wait(5 * ns);
                       respond(e, p);
                   }});
    all.push_back(
        {rule::time_backwards, "the return of nb_transport_fw earlier than the call", "1 ns after 4 ns", [](ends& e) {
             auto& p = e.read();
             e.on_fw = [](tlm_generic_payload&, tlm_phase& phase, sc_time& delay) {
                 if (phase != tlm::BEGIN_REQ)
                     return tlm::TLM_ACCEPTED;
                 phase = tlm::END_REQ;
                 delay = ns;
                 return tlm::TLM_UPDATED;
             };
             e.fw(p, tlm::BEGIN_REQ, 4 * ns);
             wait(5 * ns);
             respond(e, p);
         }});
    all.push_back(
        {rule::time_backwards, "the return of b_transport earlier than the call", "0 s after 4 ns", [](ends& e) {
             e.on_b = [](tlm_generic_payload& q, sc_time& delay) {
                 delay = sc_core::SC_ZERO_TIME;
                 q.set_response_status(tlm::TLM_OK_RESPONSE);
             };
             sc_time delay = 4 * ns;
             e.initiator->b_transport(e.read(), delay);
         }});
    all.push_back(
        {rule::debug_access, "more bytes than asked for", "transport_dbg returned 33 of 32 bytes", [](ends& e) {
             e.debug_bytes = 33;
             e.initiator->transport_dbg(e.read());
         }});
}

}  // namespace

void let_go(tlm_generic_payload& payload) {
    payload.release();
}

std::vector<violation_case> bad_targets() {
    std::vector<violation_case> all;
    add_phases(all);
    add_returns(all);
    add_payload(all);
    add_interfaces(all);
    return all;
}

}  // namespace pade::protocol_test
