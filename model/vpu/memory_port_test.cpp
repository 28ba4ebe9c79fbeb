// The port in front of a memory that answers in every way that the base protocol allows, and in some that it does not.
#include "model/vpu/memory_port.h"

#include <cstring>

#include "testbench/unit/memory_peers.h"

using namespace pade;
using namespace pade::test;

namespace {

/// Writes `count` atoms and reads each back when its write is done.
struct client : clocked_module {
    tlm::tlm_initiator_socket<> socket{"socket"};
    memory_port port;
    unsigned count;
    unsigned next = 0;
    unsigned accepted = 0;
    std::vector<std::uint32_t> to_read;
    unsigned read = 0;
    unsigned wrong = 0;

    client(sc_core::sc_module_name name, unsigned n) : clocked_module(name), count(n) {
        port.bind(socket, this, 7, &client::on_answer);
    }
    static std::uint64_t address(std::uint32_t n) { return std::uint64_t{n} * 32; }
    static unsigned char value(std::uint32_t n) { return static_cast<unsigned char>(3 * n + 1); }

  private:
    void start_of_simulation() override {
        port.set_clock(clk.operator->());
        wake();
    }
    void step(cycle_t now) override {
        if (next == count && to_read.empty())
            return;
        wake();
        if (!port.can_request(now))
            return;
        if (!to_read.empty()) {
            const std::uint32_t n = to_read.back();
            to_read.pop_back();
            port.read(address(n), 32, n);
        } else {
            unsigned char data[32];
            std::memset(data, value(next), sizeof data);
            const std::uint32_t n = next++;
            port.write(address(n), data, 32, n);
        }
    }
    static void on_answer(void* owner, unsigned number, std::uint32_t tag, tlm::tlm_generic_payload* payload) {
        auto& self = *static_cast<client*>(owner);
        CHECK(number == 7);
        self.wake();
        if (payload == nullptr) {
            ++self.accepted;
        } else if (payload->is_write()) {
            self.to_read.push_back(tag);
        } else {
            ++self.read;
            for (unsigned i = 0; i < 32; ++i)
                self.wrong += payload->get_data_ptr()[i] != value(tag) ? 1 : 0;
        }
    }
};

void check_traffic(hesitation h, unsigned spread) {
    bench_clock clock;
    client c("client", 500);
    memory_stub memory("memory", 12, spread, h);
    checked_links links;
    clock.drive(c);
    clock.drive(memory);
    links.bind(c.socket, memory.socket);
    clock.run_to(20000);
    CHECK(c.read == 500);
    CHECK(c.wrong == 0);
    CHECK(c.accepted == 1000);
    CHECK(c.port.in_flight() == 0);
    CHECK((memory.answered_at_once > 200) == (h.at_once > 0));
    links.expect_clean();
}

/// Answers each request as it is told to.
struct hand : sc_core::sc_module, tlm::tlm_fw_transport_if<> {
    tlm::tlm_target_socket<> socket{"socket"};
    std::function<tlm::tlm_sync_enum(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&)> answer;
    explicit hand(sc_core::sc_module_name name) : sc_module(name) {
        socket.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    }
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override {
        return answer(p, phase, delay);
    }
    void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
    bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
    unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }
};

}  // namespace

TEST_CASE("answers later, in any order, after requests accepted late") {
    check_traffic({0.2, 0.4, 6, 11}, 30);
}

TEST_CASE("answers by early completion and by BEGIN_RESP in the return value, among later ones") {
    check_traffic({0.2, 0.4, 6, 12, 0.5}, 30);
}

TEST_CASE("every answer at once") {
    check_traffic({0, 0, 8, 13, 1}, 0);
}

TEST_CASE("what no memory of this chip may answer is an error that says so") {
    bench_clock clock;
    client c("client", 0);
    hand target("target");
    clock.drive(c);
    c.socket.bind(target.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    tlm::tlm_generic_payload* asked = nullptr;
    target.answer = [&](tlm::tlm_generic_payload& p, tlm::tlm_phase&, sc_core::sc_time&) {
        asked = &p;
        return tlm::TLM_ACCEPTED;
    };
    c.port.read(0x40, 32, 1);
    const auto backward = [&](unsigned phase, double ns, tlm::tlm_response_status status) {
        asked->set_response_status(status);
        tlm::tlm_phase sent(phase);
        sc_core::sc_time delay(ns, sc_core::SC_NS);
        return target.socket->nb_transport_bw(*asked, sent, delay);
    };
    CHECK_THROWS_WITH(backward(tlm::BEGIN_REQ, 0, tlm::TLM_OK_RESPONSE),
                      "memory port: an unexpected phase for a read of address 64");
    CHECK_THROWS_WITH(backward(tlm::END_REQ, 2, tlm::TLM_OK_RESPONSE), Catch::Contains("an annotated delay of 2 ns"));
    CHECK(backward(1000, 0, tlm::TLM_OK_RESPONSE) == tlm::TLM_ACCEPTED);  // an ignorable phase
    target.socket->invalidate_direct_mem_ptr(0, ~std::uint64_t{0});       // there is no DMI to give up
    CHECK_THROWS_WITH(backward(tlm::BEGIN_RESP, 0, tlm::TLM_ADDRESS_ERROR_RESPONSE),
                      "memory port: TLM_ADDRESS_ERROR_RESPONSE for a read of address 64");
    CHECK_THROWS_WITH(backward(tlm::BEGIN_RESP, 0, tlm::TLM_OK_RESPONSE),
                      Catch::Contains("a response to a request that is not in flight"));

    target.answer = [&](tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
        phase = tlm::END_RESP;
        return tlm::TLM_UPDATED;
    };
    const unsigned char data[32] = {};
    CHECK_THROWS_WITH(c.port.write(0x60, data, 32, 2), "memory port: an unexpected phase for a write of address 96");
}
