// With check_tlm every base-protocol socket of the chip, and of the host in front of it, speaks through a checker of
// its own: found by walking the objects that SystemC knows, not by asking who built them.
#include "testbench/unit/checked_links.h"
#include "model/accelerator/chip_bench.h"

using namespace pade;
using namespace pade::test;

namespace {

/// Per lane one K port, the V ports, per channel the buffer's and the arbiter's socket, Q, O and the spill, and the two
/// sockets of the host.
std::size_t links_of(const params& p) {
    return p.lane.count + p.vpu.v_rows_per_round + 2 * p.dram.pseudo_channels + 3 + 2;
}

/// Passes everything on.
struct wire : link_module, private tlm::tlm_fw_transport_if<>, private tlm::tlm_bw_transport_if<> {
    explicit wire(sc_core::sc_module_name name) : link_module(name) {
        in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
        out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
    }
    using payload = tlm::tlm_generic_payload;
    tlm::tlm_sync_enum nb_transport_fw(payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
        return out->nb_transport_fw(p, phase, delay);
    }
    tlm::tlm_sync_enum nb_transport_bw(payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
        return in->nb_transport_bw(p, phase, delay);
    }
    void b_transport(payload& p, sc_core::sc_time& delay) override { out->b_transport(p, delay); }
    bool get_direct_mem_ptr(payload& p, tlm::tlm_dmi& dmi) override { return out->get_direct_mem_ptr(p, dmi); }
    unsigned transport_dbg(payload& p) override { return out->transport_dbg(p); }
    void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
        in->invalidate_direct_mem_ptr(start, end);
    }
};

}  // namespace

TEST_CASE("with check_tlm every base-protocol socket of chip and host has a checker of its own") {
    const params p;
    bench b(p, "", {true, false});
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    links_found found = find_links();
    CHECK(found.initiators.size() == links_of(p));
    CHECK(found.checkers.size() == found.initiators.size());
    const auto names = unchecked(found);
    for (const std::string& name : names)
        UNSCOPED_INFO(name);
    CHECK(names.empty());
    for (const auto& [in, bound] : found.checkers)
        CHECK(bound == 1);
}

TEST_CASE("also with other numbers of lanes and channels") {
    params p;
    p.lane.count = 5;
    p.dram.pseudo_channels = 4;
    bench b(p, "", {true, true});
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    links_found found = find_links();
    CHECK(found.initiators.size() == links_of(p));
    CHECK(unchecked(found).empty());
}

TEST_CASE("without check_tlm the same walk names every socket") {
    const params p;
    bench b(p);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    links_found found = find_links();
    CHECK(found.checkers.empty());
    CHECK(unchecked(found).size() == links_of(p));
}

TEST_CASE("a module of the user's own lies on each link of the name, and has a checker on either side") {
    params p;
    p.dram.pseudo_channels = 4;
    std::map<std::string, unsigned> asked;
    accelerator_options options{true, false};
    options.own_modules = [&](const std::string& link, const char* name) -> std::unique_ptr<link_module> {
        ++asked[link];
        return link == "dram" ? std::make_unique<wire>(name) : nullptr;
    };
    bench b(p, "", options);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    CHECK(asked == std::map<std::string, unsigned>{{"k_port", p.lane.count},
                                                   {"v_port", p.vpu.v_rows_per_round},
                                                   {"kv_memory", 4},
                                                   {"dram", 4},
                                                   {"q_memory", 1},
                                                   {"o_memory", 1},
                                                   {"spill_memory", 1}});
    links_found found = find_links();
    CHECK(found.initiators.size() == links_of(p) + 4);
    CHECK(unchecked(found).empty());
}
