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
