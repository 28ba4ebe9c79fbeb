#include "model/energy/energy_model.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "model/energy/full_load.h"

using namespace pade;

namespace {

double sum(const std::vector<account_line>& lines) {
    double all = 0;
    for (const account_line& line : lines)
        all += line.amount;
    return all;
}

double amount(const std::vector<account_line>& lines, const std::string& name) {
    for (const account_line& line : lines)
        if (line.name == name)
            return line.amount;
    throw std::out_of_range(name);
}

/// The built-in table with one entry times `factor`.
energy_table with(const std::string& name, double factor, const params& p) {
    const energy_table plain(p);
    std::string text = R"({"name": "changed", "entries": [)";
    for (const energy_entry& e : plain.entries()) {
        const double value = e.value * (e.name == name ? factor : 1);
        text += (text.back() == '[' ? "" : ",") + std::string(R"({"name": ")") + e.name +
                R"(", "unit": "", "value": )" + std::to_string(value) +
                R"(, "band": [1, 1], "basis": "guess", "source": "test", "text": "test"})";
    }
    return energy_table(text + "]}", "test", p);
}

struct account {
    std::vector<account_line> area;
    std::vector<account_line> energy;
    double total() const { return sum(area) + sum(energy); }
};

account account_of(const params& p, const energy_table& table, energy_corner corner = energy_corner::value) {
    const unit_costs cost(table, corner);
    account all;
    all.area = area_lines(p, cost);
    all.energy = energy_lines(full_load(p, 1000), p, cost, sum(all.area));
    return all;
}

/// Full load with two groups, the second with three times the work of the first.
stats two_groups(const params& p) {
    stats load = full_load(p, 1000);
    for (unsigned group = 0; group < 2; ++group) {
        const std::string path = "per_group[" + std::to_string(group) + "].";
        for (const char* key : {"lanes.busy", "planes.processed", "vpu.macs", "vpu.v_rows_needed", "dram.bytes_read"})
            load.add(path + key, "", "", std::uint64_t{group == 0 ? 100U : 300U});
    }
    return load;
}

}  // namespace

TEST_CASE("parts add up to the total, lines to their part, at the value and at both ends of the bands") {
    const params p;
    stats f = two_groups(p);
    add_energy(f, p, energy_table(p));
    std::map<std::string, double> sums;
    for (const stat& s : f.entries()) {
        for (const std::string key : {"energy_pj.", "area_mm2.", "energy_band_pj.low.", "energy_band_pj.high.",
                                      "area_band_mm2.low.", "area_band_mm2.high."})
            if (s.path.rfind(key, 0) == 0 && s.path != key + "total" && s.path != key + "core")
                sums[key + "total"] += std::get<double>(s.value);
        for (const std::string key : {"energy_detail_pj.", "area_detail_mm2."})
            if (s.path.rfind(key, 0) == 0)
                sums[key == "energy_detail_pj." ? "energy_pj.total " : "area_mm2.total "] += std::get<double>(s.value);
    }
    REQUIRE(sums.size() == 8);
    for (const auto& [key, value] : sums) {
        INFO(key);
        CHECK(f.number(key.back() == ' ' ? key.substr(0, key.size() - 1) : key) == Approx(value).epsilon(1e-12));
    }
    CHECK(f.number("energy_core_pj") ==
          Approx(f.number("energy_pj.total") - f.number("energy_pj.dram")).epsilon(1e-12));
    CHECK(f.number("energy_band_pj.low.total") < f.number("energy_pj.total"));
    CHECK(f.number("energy_pj.total") < f.number("energy_band_pj.high.total"));
    CHECK(f.number("area_band_mm2.low.total") < f.number("area_mm2.total"));
    CHECK(f.number("area_mm2.total") < f.number("area_band_mm2.high.total"));
}

TEST_CASE("groups share each part by their work, and their shares are the whole") {
    const params p;
    stats f = two_groups(p);
    add_energy(f, p, energy_table(p));
    for (const char* part :
         {"total", "qkpu", "guard", "buffers", "vpu", "softmax", "dram", "control", "clock", "leakage"}) {
        INFO(part);
        const double first = f.number(std::string("per_group[0].energy_pj.") + part);
        const double second = f.number(std::string("per_group[1].energy_pj.") + part);
        CHECK(second == Approx(3 * first).epsilon(1e-12));
        CHECK(first + second == Approx(f.number(std::string("energy_pj.") + part)).epsilon(1e-12));
    }
}

TEST_CASE("zeroing an entry removes its part and nothing else, twice the entry adds that part once more") {
    // Each line is linear in each entry, so that what an entry costs is well defined.
    const params p;
    const double whole = account_of(p, with("", 1, p)).total();
    const energy_table plain(p);
    for (const energy_entry& entry : plain.entries()) {
        INFO(entry.name);
        if (entry.name == "head_dim_max")  // a size: widths go with its logarithm
            continue;
        const double without = account_of(p, with(entry.name, 0, p)).total();
        const double twice = account_of(p, with(entry.name, 2, p)).total();
        CHECK(without < whole);
        CHECK(twice - whole == Approx(whole - without).epsilon(1e-6));
    }
}

TEST_CASE("area follows the parameters") {
    const params plain;
    const auto area = [](const params& p, const char* name) {
        return amount(account_of(p, energy_table(p)).area, name);
    };
    params p;
    p.rows.count = 16;
    CHECK(area(p, "lanes_gsat") == Approx(2 * area(plain, "lanes_gsat")));
    p = {};
    p.lane.scoreboard_entries = 16;
    CHECK(area(p, "lanes_scoreboard") == Approx(area(plain, "lanes_scoreboard") / 2));
    p = {};
    p.buffer.kv_bytes *= 2;
    CHECK(area(p, "kv_buffer") == Approx(2 * area(plain, "kv_buffer")));
    p = {};
    p.vpu.macs_per_row = 32;
    CHECK(area(p, "vpu_macs") == Approx(2 * area(plain, "vpu_macs")));
    p = {};
    p.ista.enabled = false;
    CHECK(area(p, "score_memory") > 0);
    CHECK_THROWS_AS(area(plain, "score_memory"), std::out_of_range);
}

TEST_CASE("energy follows its counter alone") {
    const params p;
    const energy_table table(p);
    const unit_costs cost(table, energy_corner::value);
    const auto lines = [&](std::uint64_t cycles) { return energy_lines(full_load(p, cycles), p, cost, 1); };
    CHECK(sum(lines(2000)) == Approx(2 * sum(lines(1000))));
    // One ACT costs what the table says.
    CHECK(amount(lines(1000), "dram_activate") ==
          Approx(full_load(p, 1000).number("dram.activates") * p.dram.e_activate));
    // An all-bank refresh is 16 banks, a bank's own is one.
    params by_bank;
    by_bank.dram.refresh = dram_refresh::per_bank;
    const energy_table same(by_bank);
    CHECK(amount(energy_lines(full_load(p, 1000), by_bank, unit_costs(same, energy_corner::value), 1),
                 "dram_refresh") == Approx(amount(lines(1000), "dram_refresh") / 16));
}

TEST_CASE("a larger SRAM costs more a bit, between the two sizes that are known") {
    const auto q = [](unsigned bytes) {
        params p;
        p.buffer.q_bytes = bytes;
        return amount(account_of(p, energy_table(p)).energy, "q_sram");
    };
    // Halves of 8 KB and of 32 KB: .10 and .19 pJ a bit.
    CHECK(q(65536) == Approx(1.9 * q(16384)));
    CHECK(q(8192) == Approx(q(16384)));
    CHECK(q(32768) == Approx(1.45 * q(16384)));
}

TEST_CASE("at full load a group selects the minority of eight random bits") {
    double sum = 0;
    for (unsigned bits = 0; bits < 256; ++bits) {
        const int ones = __builtin_popcount(bits);
        sum += std::min(ones, 8 - ones);
    }
    const stats load = full_load(params{}, 1000);
    CHECK(load.number("lanes.selected") == Approx(load.number("lanes.busy") * 8 * sum / 256));
}
