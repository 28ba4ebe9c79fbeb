// The value rule against figures measured by others (testbench/data/value_rule.csv), and its invariants.
#include "testbench/golden/value_rule.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

#include "testbench/trace/test_files.h"
#include "testbench/trace/test_sets.h"

using namespace pade;
using namespace pade::golden;

namespace {

/// The rows of one set: column name to value.
std::vector<std::map<std::string, std::string>> csv_rows(const std::string& set) {
    std::ifstream file(PADE_TEST_DATA "/value_rule.csv");
    std::string line;
    const auto split = [&] {
        std::vector<std::string> cells;
        std::stringstream stream(line);
        for (std::string cell; std::getline(stream, cell, ',');)
            cells.push_back(cell);
        return cells;
    };
    REQUIRE(std::getline(file, line));
    const std::vector<std::string> names = split();
    std::vector<std::map<std::string, std::string>> rows;
    while (std::getline(file, line)) {
        const std::vector<std::string> cells = split();
        if (cells[0] != set)
            continue;
        rows.emplace_back();
        for (std::size_t i = 0; i < names.size(); ++i)
            rows.back()[names[i]] = cells[i];
    }
    return rows;
}

void compare_with_csv(const std::string& name) {
    const trace_set all = load_trace_set(test::real_set_or_skip(name));
    const auto rows = csv_rows(name);
    REQUIRE(rows.size() == 2);
    for (const auto& row : rows) {
        INFO(name << ", alpha " << row.at("alpha"));
        const std::string& queries = row.at("queries");
        const std::size_t colon = queries.find(':');
        const trace_set set =
            select(all, {std::nullopt, std::make_pair(static_cast<unsigned>(std::stoul(queries)),
                                                      static_cast<unsigned>(std::stoul(queries.substr(colon + 1))))});
        // Fractions per head, over unmasked pairs; then the mean over heads.
        const auto mean = [&](plane_order order, std::uint32_t tile, auto&& figure) {
            double sum = 0;
            for (unsigned head = 0; head < set.heads.size(); ++head)
                sum += figure(value_rule(set, head, {std::stod(row.at("alpha")), 5.0, tile, order}));
            return sum / static_cast<double>(set.heads.size());
        };
        const auto planes = [](const value_rule_result& r) { return r.planes_per_pair(); };
        const auto check = [&](const char* column, double found, double digits) {
            INFO(column);
            CHECK(found == Approx(std::stod(row.at(column))).margin(0.51 * digits).epsilon(0));
        };
        check("planes_lockstep", mean(plane_order::lockstep, 64, planes), 1e-3);
        check("planes_sequential_64", mean(plane_order::sequential, 64, planes), 1e-3);
        check("planes_head_tail_64", mean(plane_order::head_tail, 64, planes), 1e-3);
        check("planes_head_tail_16", mean(plane_order::head_tail, 16, planes), 1e-3);
        check("planes_oracle", mean(plane_order::oracle, 64, planes), 1e-3);
        check("retained_at_line",
              mean(plane_order::oracle, 64, [](const value_rule_result& r) { return r.at_line_fraction(); }), 1e-4);
        check("retained_head_tail_64",
              mean(plane_order::head_tail, 64, [](const value_rule_result& r) { return r.retained_fraction(); }), 1e-4);
        check("lost_mass", mean(plane_order::oracle, 64, [](const value_rule_result& r) { return r.lost_mass; }), 1e-4);
    }
}

}  // namespace

TEST_CASE("figures of an encoder prefill are reproduced") {
    compare_with_csv("use-lite/l0-prefill-s128-gpl3");
}
TEST_CASE("figures of an encoder decode are reproduced") {
    compare_with_csv("use-lite/l0-decode8-s128-gpl3");
}
TEST_CASE("figures of a grouped decode are reproduced") {
    compare_with_csv("qwen2.5-coder-0.5b/l22-decode8-s512-argparse");
}
TEST_CASE("figures of a head of 128 dims are reproduced") {
    compare_with_csv("qwen2.5-coder-1.5b/l26-decode8-s512-kjv");
}
TEST_CASE("figures of the end of a long causal prefill are reproduced") {
    compare_with_csv("qwen2.5-coder-0.5b/l14-prefill-s2048-kjv");
}

TEST_CASE("whatever the order and the signs, the rule is sound and its counts balance") {
    // Mixed, non-negative, negative, constant and extreme operands: a rule that relied on luck in the signs would show.
    for (int kind = 0; kind < 5; ++kind)
        for (unsigned seed = 0; seed < 4; ++seed) {
            INFO("kind " << kind << ", seed " << seed);
            trace_set set = test::random_set(100 + seed, 6, 150, 16, 1, 1, true);
            set.heads[0].scale_q = 0.004;
            for (std::vector<std::int8_t>* m : {&set.heads[0].q, &set.kv_heads[0].k})
                for (std::int8_t& x : *m) {
                    const int bits = x & 127;
                    const int values[] = {x, bits, -bits - 1, 77, -128};
                    x = static_cast<std::int8_t>(values[kind]);
                }
            for (const plane_order order :
                 {plane_order::lockstep, plane_order::sequential, plane_order::head_tail, plane_order::oracle}) {
                const value_rule_result r = value_rule(set, 0, {0.3, 5.0, 64, order});
                CHECK(r.pairs == 6 * 145 + 15);
                CHECK(r.retained >= r.at_line);
                CHECK(r.at_line >= 6);
                std::uint64_t pruned = 0;
                std::uint64_t planes = 8 * r.retained;
                for (unsigned plane = 0; plane < 8; ++plane) {
                    pruned += r.pruned_after[plane];
                    planes += (plane + 1) * r.pruned_after[plane];
                }
                CHECK(pruned + r.retained == r.pairs);
                CHECK(planes == r.planes);
                const double n = 150.0 * std::exp(-0.3 * 5);
                CHECK(r.lost_mass <= n / (1 + n));
                if (order == plane_order::oracle)
                    CHECK(r.retained == r.at_line);
            }
        }
}
