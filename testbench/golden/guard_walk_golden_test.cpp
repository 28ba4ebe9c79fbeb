// The model's own walk by the value rule against the golden reference's, which shares no code with it: the same planes
// and the same retained keys, to the pair.
#include <catch2/catch.hpp>
#include <cmath>

#include "model/numeric/guard_walk.h"
#include "testbench/golden/integer_scores.h"
#include "testbench/golden/value_rule.h"
#include "testbench/trace/test_sets.h"

using namespace pade;

namespace {

void compare(const std::string& name, unsigned first_query, unsigned last_query) {
    const trace_set set =
        select(load_trace_set(test::real_set_or_skip(name)), {std::nullopt, std::make_pair(first_query, last_query)});
    for (const double alpha : {1.0, 0.6})
        for (const auto& [order, golden_order] :
             {std::make_pair(numeric::walk_order::head_tail, golden::plane_order::head_tail),
              std::make_pair(numeric::walk_order::sequential, golden::plane_order::sequential)})
            for (unsigned head = 0; head < set.heads.size(); ++head) {
                INFO(name << ", head " << head << ", alpha " << alpha);
                const trace_head& trace = set.heads[head];
                const double c = golden::logit_scale(trace, set.softmax_scale, 8);
                const std::int64_t offset = numeric::guard_offset(alpha, 5.0, c);
                numeric::guard_walk walk(set.kv_heads[trace.kv].k.data(), set.keys, set.head_dim,
                                         {8, 64, order, true, false});
                numeric::guard_walk checked(set.kv_heads[trace.kv].k.data(), set.keys, set.head_dim,
                                            {8, 64, order, true, true});
                std::uint64_t planes = 0;
                std::uint64_t retained = 0;
                std::uint64_t at_line = 0;
                for (std::uint32_t query = 0; query < set.queries; ++query) {
                    const numeric::query_operand q(trace.q.data() + std::size_t{query} * set.head_dim, set.head_dim);
                    const numeric::interval_table intervals = numeric::bui_rule().intervals(q, 8);
                    walk.row(q, intervals, set.visible_keys(query), offset);
                    checked.row(q, intervals, set.visible_keys(query), offset);
                    planes += walk.planes();
                    retained += walk.retained().size();
                    at_line += checked.retained().size();
                }
                const golden::value_rule_result golden = golden::value_rule(set, head, {alpha, 5.0, 64, golden_order});
                CHECK(planes == golden.planes);
                CHECK(retained == golden.retained);
                CHECK(at_line == golden.at_line);
            }
}

}  // namespace

TEST_CASE("an encoder's prefill is walked as the golden reference does") {
    compare("use-lite/l0-prefill-s128-gpl3", 0, 128);
}
TEST_CASE("a grouped decode is walked as the golden reference does") {
    compare("qwen2.5-coder-0.5b/l7-decode8-s2048-kjv", 0, 8);
}
TEST_CASE("the end of a long causal prefill is walked as the golden reference does") {
    compare("qwen2.5-coder-0.5b/l14-prefill-s2048-kjv", 1920, 1984);
}
