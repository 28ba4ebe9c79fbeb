// The KV buffer among stub peers: requesters on every port, a memory behind every channel, checkers on all memory
// links.
#pragma once

#include "model/buffer/kv_buffer.h"
#include "testbench/unit/memory_peers.h"

namespace pade::test {

inline fetch_item k_fetch(std::uint64_t address, std::uint32_t bank = 0, std::uint32_t tag = 0) {
    fetch_item item;
    item.of = fetch_item::tensor::k;
    item.address = address;
    item.bank = bank;
    item.tag = tag;
    item.useful.fill(~0u);
    return item;
}
inline fetch_item v_fetch(std::uint64_t address, unsigned atoms, std::uint32_t bank = 0) {
    fetch_item item = k_fetch(address, bank);
    item.of = fetch_item::tensor::v;
    item.atoms = static_cast<std::uint8_t>(atoms);
    return item;
}
inline fetch_item release_of(fetch_item item) {
    item.what = fetch_item::kind::release;
    return item;
}

struct kv_params {
    buffer_params buffer;
    lane_params lane;
    vpu_params vpu;
    dram_params dram;
    link_params link;

    kv_params() {
        lane.count = 8;
        dram.pseudo_channels = 4;
    }
};

struct kv_bench {
    bench_clock clock;
    kv_buffer kv;
    item_source<fetch_item> k{"k"};
    item_source<fetch_item> v{"v"};
    item_source<fetch_item> v_release{"v_release"};
    item_sink<arrived_item> arrived{"arrived"};
    std::vector<std::unique_ptr<requester>> k_readers;
    std::vector<std::unique_ptr<requester>> v_readers;
    std::vector<std::unique_ptr<memory_stub>> memory;
    checked_links links;

    explicit kv_bench(const kv_params& p = {}, unsigned dram_latency = 20)
        : kv("kv_buffer", p.buffer, p.lane, p.vpu, p.dram, p.link) {
        clock.drive(kv);
        clock.drive(k);
        clock.drive(v);
        clock.drive(v_release);
        k.out.bind(kv.k_fetch);
        v.out.bind(kv.v_fetch);
        v_release.out.bind(kv.v_release);
        kv.k_arrived.bind(arrived.in);
        for (unsigned i = 0; i < p.lane.count; ++i) {
            k_readers.push_back(std::make_unique<requester>(sc_core::sc_gen_unique_name("k_reader")));
            clock.drive(*k_readers.back());
            links.bind(k_readers.back()->socket, kv.k_port[i]);
        }
        for (unsigned i = 0; i < p.vpu.v_rows_per_round; ++i) {
            v_readers.push_back(std::make_unique<requester>(sc_core::sc_gen_unique_name("v_reader")));
            clock.drive(*v_readers.back());
            links.bind(v_readers.back()->socket, kv.v_port[i]);
        }
        for (unsigned i = 0; i < p.dram.pseudo_channels; ++i) {
            memory.push_back(std::make_unique<memory_stub>(sc_core::sc_gen_unique_name("memory"), dram_latency));
            clock.drive(*memory.back());
            links.bind(kv.memory[i], memory.back()->socket);
        }
    }
    std::size_t dram_reads() const {
        std::size_t n = 0;
        for (const auto& m : memory)
            n += m->requests.size();
        return n;
    }
    /// Ends the run at edge `cycle` and checks what must hold after any run.
    void finish(cycle_t cycle) {
        clock.run_to(cycle);
        kv.finish(cycle);
        links.expect_clean();
        const kv_buffer_counters& c = kv.counters();
        const atom_counters all = c.all();
        CHECK(all.bytes_read == all.bytes_used + all.bytes_unused + all.bytes_padding);
        CHECK(all.bytes_read == 32 * c.fills);
        CHECK(c.k_feed.total() == c.cycles);
        CHECK(c.v_ports.total() == c.cycles * v_readers.size());
    }
};

}  // namespace pade::test
