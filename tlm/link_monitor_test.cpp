// Monitors count what passes and change nothing.
#include "tlm/link_monitor.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "tlm/payload_pool.h"
#include "tlm/wire_bytes.h"

using namespace pade;
using tlm::tlm_generic_payload;
using tlm::tlm_phase;

namespace {

TLM_DECLARE_EXTENDED_PHASE(ignorable);

/// Both ends of a memory link: answers END_REQ at once, responds when told.
struct memory_ends : sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
    tlm::tlm_initiator_socket<> initiator{"initiator"};
    tlm::tlm_target_socket<> target{"target"};
    explicit memory_ends(sc_core::sc_module_name name) : sc_module(name) {
        initiator.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
        target.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    }
    std::vector<const tlm_generic_payload*> forward;
    std::vector<const tlm_generic_payload*> backward;

    tlm::tlm_sync_enum nb_transport_fw(tlm_generic_payload& p, tlm_phase& phase, sc_core::sc_time& delay) override {
        forward.push_back(&p);
        if (phase != tlm::BEGIN_REQ)
            return tlm::TLM_ACCEPTED;
        phase = tlm::END_REQ;
        delay += sc_core::sc_time(3, sc_core::SC_NS);
        return tlm::TLM_UPDATED;
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm_generic_payload& p, tlm_phase& phase, sc_core::sc_time&) override {
        backward.push_back(&p);
        phase = tlm::END_RESP;
        return tlm::TLM_UPDATED;
    }
    void b_transport(tlm_generic_payload& p, sc_core::sc_time&) override {
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    bool get_direct_mem_ptr(tlm_generic_payload&, tlm::tlm_dmi&) override { return true; }
    unsigned transport_dbg(tlm_generic_payload& p) override { return p.get_data_length(); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64) override { invalidated = start; }
    sc_dt::uint64 invalidated = 0;
};

/// Both ends of a stream.
template <typename Payload>
struct stream_ends : sc_core::sc_module {
    stream_initiator<Payload> from{"from"};
    stream_target<Payload> to{"to"};
    explicit stream_ends(sc_core::sc_module_name name) : sc_module(name) {
        to.template on_item<stream_ends, &stream_ends::on_item>(this);
        from.on_credit(this, &stream_ends::on_credit);
    }
    std::vector<Payload> items;
    std::vector<cycle_t> credits;

  private:
    void on_item(unsigned, Payload& item) { items.push_back(item); }
    void on_credit(unsigned, cycle_t edge) { credits.push_back(edge); }
};

block_ptr block_of(unsigned valid, unsigned head_dim) {
    auto block = std::make_shared<block_info>();
    block->head_dim = head_dim;
    block->rows.resize(8);
    for (unsigned i = 0; i < valid; ++i)
        block->rows[i].valid = true;
    return block;
}

}  // namespace

TEST_CASE("memory monitor: one transaction for a request with all its phases, bytes of its data length") {
    memory_ends e("ends");
    memory_monitor monitor("monitor");
    e.initiator.bind(monitor.in);
    monitor.out.bind(e.target);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);

    payload_pool pool;
    auto& p = pool.acquire(tlm::TLM_READ_COMMAND, 0, 32);
    tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay(1, sc_core::SC_NS);
    CHECK(e.initiator->nb_transport_fw(p, phase, delay) == tlm::TLM_UPDATED);
    CHECK(phase == tlm::END_REQ);
    CHECK(delay == sc_core::sc_time(4, sc_core::SC_NS));
    CHECK(monitor.transactions() == 1);
    CHECK(monitor.bytes() == 32);
    phase = ignorable;
    CHECK(e.initiator->nb_transport_fw(p, phase, delay) == tlm::TLM_ACCEPTED);
    CHECK(monitor.transactions() == 1);
    phase = tlm::BEGIN_RESP;
    CHECK(e.target->nb_transport_bw(p, phase, delay) == tlm::TLM_UPDATED);
    CHECK(phase == tlm::END_RESP);
    CHECK(e.initiator->nb_transport_fw(p, phase, delay) == tlm::TLM_ACCEPTED);
    CHECK(monitor.transactions() == 1);
    CHECK(e.forward == std::vector<const tlm_generic_payload*>{&p, &p, &p});
    CHECK(e.backward == std::vector<const tlm_generic_payload*>{&p});

    auto& q = pool.acquire(tlm::TLM_WRITE_COMMAND, 0, 64);
    e.initiator->b_transport(q, delay);
    CHECK(q.is_response_ok());
    CHECK(monitor.transactions() == 2);
    CHECK(monitor.bytes() == 96);

    tlm::tlm_dmi dmi;
    CHECK(e.initiator->get_direct_mem_ptr(q, dmi));
    CHECK(e.initiator->transport_dbg(q) == 64);
    e.target->invalidate_direct_mem_ptr(9, 10);
    CHECK(e.invalidated == 9);
    CHECK(monitor.transactions() == 2);
    p.release();
    q.release();
}

TEST_CASE("stream monitor: counts items and their bytes, passes credits uncounted") {
    stream_ends<plane_item> e("ends");
    stream_monitor<plane_item> monitor;
    e.from.bind(e.to);
    e.from.watch(&monitor);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);

    plane_item item;
    item.what = plane_item::kind::admit;
    item.key = 17;
    e.from.send(item, 5);
    item.what = plane_item::kind::plane;
    item.bits[0] = 0xdead;
    e.from.send(item, 6);
    item.words = 2;
    e.from.send(item, 7);
    CHECK(monitor.transactions() == 3);
    CHECK(monitor.bytes() == 4 + 12 + 20);
    REQUIRE(e.items.size() == 3);
    CHECK(e.items[0].key == 17);
    CHECK(e.items[0].visible == 5);
    CHECK(e.items[1].bits[0] == 0xdead);
    CHECK(e.items[2].visible == 7);
    e.to.give_credit(8);
    e.to.give_credit(9);
    CHECK(e.credits == std::vector<cycle_t>{8, 9});
    CHECK(monitor.transactions() == 3);
}

TEST_CASE("wire bytes of the payloads") {
    CHECK(wire_bytes(verdict_item{}) == 4);
    CHECK(wire_bytes(bound_item{}) == 4);
    CHECK(wire_bytes(score_item{}) == 8);
    CHECK(wire_bytes(query_loaded{}) == 4);
    CHECK(wire_bytes(arrived_item{}) == 4);
    CHECK(wire_bytes(level_item{}) == 4);
    CHECK(wire_bytes(done_item{}) == 4);
    CHECK(wire_bytes(job_item{}) == 4);

    query_item query;
    CHECK(wire_bytes(query) == 4);
    query.block = block_of(8, 80);
    CHECK(wire_bytes(query) == 84);

    query_command command;
    command.block = block_of(3, 64);
    CHECK(wire_bytes(command) == 4 + 3 * 8);
    command.what = query_command::kind::load;
    CHECK(wire_bytes(command) == 4);

    fetch_item fetch;
    CHECK(wire_bytes(fetch) == 16);
    fetch.what = fetch_item::kind::release;
    CHECK(wire_bytes(fetch) == 16);
    fetch.what = fetch_item::kind::flush;
    CHECK(wire_bytes(fetch) == 4);

    tile_item tile;
    CHECK(wire_bytes(tile) == 8);
    tile.what = tile_item::kind::block_begin;
    tile.block = block_of(5, 64);
    CHECK(wire_bytes(tile) == 4 + 5 * 24);
}

TEST_CASE("wire bytes of the rows and of the output side") {
    CHECK(wire_bytes(threshold_item{}) == 4);
    row_item row;
    CHECK(wire_bytes(row) == 4);
    row.what = row_item::kind::query;
    const std::vector<std::int8_t> q(80, 1);
    row.query = std::make_shared<const row_query>(
        row_query{numeric::query_operand(q.data(), 80), numeric::interval_table{}, 0, 0, 0});
    CHECK(wire_bytes(row) == 4 + 80 + 64);

    pair_item pair;
    CHECK(wire_bytes(pair) == 8);
    auto head = std::make_shared<tile_head>();
    head->row_mask = 0b10010110;
    pair.head = head;
    CHECK(wire_bytes(pair) == 8 + 4 * 4);
    CHECK(wire_bytes(v_reserved_item{}) == 4);
    weight_item weight;
    CHECK(wire_bytes(weight) == 8);
    weight.what = weight_item::kind::rescale;
    CHECK(wire_bytes(weight) == 4);
    weight.what = weight_item::kind::head;
    CHECK(wire_bytes(weight) == 8);
    round_item round;
    CHECK(wire_bytes(round) == 4);
    round.v_rows = 2;
    round.rows[1].what = row_work::kind::mac;
    round.rows[7].what = row_work::kind::rescale;
    CHECK(wire_bytes(round) == 4 + 16 + 8);
    o_row_item o;
    CHECK(wire_bytes(o) == 4);
    o.block = block_of(1, 80);
    CHECK(wire_bytes(o) == 4 + 320);
}

namespace {

struct own_item : stream_item {
    unsigned bytes = 0;
};
std::uint32_t wire_bytes(const own_item& item) {
    return item.bytes;
}

}  // namespace

TEST_CASE("stream monitor: a payload of another header brings its own size") {
    stream_ends<own_item> e("ends");
    stream_monitor<own_item> monitor;
    e.from.bind(e.to);
    e.from.watch(&monitor);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    own_item item;
    item.bytes = 13;
    e.from.send(item, 1);
    e.from.send(item, 1);
    CHECK(monitor.transactions() == 2);
    CHECK(monitor.bytes() == 26);
}
