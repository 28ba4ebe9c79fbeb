// The judge is judged: a faithful design passes, and each kind of fault is found and named.
#include "testbench/golden/reference.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "testbench/trace/test_files.h"

using namespace pade;
using namespace pade::golden;
using Catch::Matchers::Contains;

namespace {

/// A design under test that computes what the specification says, in the plainest way, from a trace of its own.
class faithful {
  public:
    faithful(const trace_set& set, const golden_options& options) : set_(set), options_(options) {}

    std::vector<retained_key> retained(unsigned head, unsigned query) const {
        const std::vector<retained_key> all = scores(head, query);
        std::int32_t most = all[0].score;
        for (const retained_key& k : all)
            most = std::max(most, k.score);
        const double offset = std::ceil(options_.alpha * options_.radius / set_.heads[head].logit_scale);
        std::vector<retained_key> kept;
        for (const retained_key& k : all)
            if (!options_.guard_enabled || k.score >= most - offset)
                kept.push_back(k);
        return kept;
    }

    std::vector<float> output(unsigned head, unsigned query) const { return output(head, retained(head, query)); }

    std::vector<float> output(unsigned head, const std::vector<retained_key>& kept) const {
        const trace_head& h = set_.heads[head];
        std::vector<double> sum(set_.head_dim);
        double total = 0;
        for (const retained_key& k : kept) {
            const double weight = std::exp(h.logit_scale * (k.score - kept[0].score));
            total += weight;
            for (unsigned e = 0; e < set_.head_dim; ++e)
                sum[e] += weight * set_.kv_heads[h.kv].v[k.key * set_.head_dim + e];
        }
        std::vector<float> out;
        for (const double x : sum)
            out.push_back(static_cast<float>(x / total * h.scale_v));
        return out;
    }

  private:
    std::vector<retained_key> scores(unsigned head, unsigned query) const {
        const trace_head& h = set_.heads[head];
        std::vector<retained_key> all;
        for (std::uint32_t j = 0; j < set_.visible_keys(query); ++j) {
            std::int32_t sum = 0;
            for (unsigned e = 0; e < set_.head_dim; ++e)
                sum += h.q[query * set_.head_dim + e] * set_.kv_heads[h.kv].k[j * set_.head_dim + e];
            all.push_back({j, sum});
        }
        return all;
    }

    const trace_set& set_;
    golden_options options_;
};

query_report check(reference& judge, const faithful& design, unsigned head, unsigned query) {
    return judge.check_query(head, query, design.retained(head, query), design.output(head, query));
}

trace_set peaked_set(unsigned seed) {
    trace_set set = test::random_set(seed, 8, 40, 16, 2, 2, true, true);
    for (trace_head& head : set.heads)
        head.logit_scale = (head.scale_q = 0.002) * head.scale_k * set.softmax_scale;
    return set;
}

}  // namespace

TEST_CASE("a faithful design passes, with the mass that it lost below the certified bound") {
    for (const bool guard : {true, false}) {
        const trace_set set = peaked_set(11);
        golden_options options;
        options.guard_enabled = guard;
        options.p_bits = 24;
        options.alpha = 0.02;
        const faithful design(set, options);
        reference judge(set, options);
        CHECK_FALSE(judge.soundness_held());
        CHECK_FALSE(judge.output_held());
        CHECK_FALSE(judge.overall().lost_mass_mean);
        double lost = 0;
        std::uint32_t pruned = 0;
        for (unsigned query : {3U, 0U, 7U, 1U, 2U, 4U, 6U, 5U})
            for (unsigned head : {1U, 0U}) {
                const auto kept = design.retained(head, query);
                const query_report report = check(judge, design, head, query);
                CHECK_FALSE(report.soundness);
                CHECK_FALSE(report.output);
                CHECK(report.retained == kept.size());
                CHECK(report.retained + report.pruned == set.visible_keys(query));
                CHECK(report.rel_l2_vs_own_retained < 1e-6);
                CHECK(report.lost_mass <= report.certified_bound);
                const double e = report.pruned * std::exp(-0.02 * 5);
                CHECK(report.certified_bound == Approx(e / (1 + e)));
                CHECK((report.lost_mass > 0) == (report.pruned > 0));
                lost += report.lost_mass;
                pruned += report.pruned;
            }
        CHECK((pruned > 0) == guard);
        CHECK(judge.complete());
        CHECK(judge.soundness_held() == true);
        CHECK(judge.output_held() == true);
        const accuracy all = judge.overall();
        CHECK(all.queries == 16);
        CHECK(*all.lost_mass_mean == Approx(lost / 16));
        CHECK(*all.lost_mass_max >= *all.lost_mass_mean);
        CHECK(*all.rel_l2_vs_own_retained < 1e-6);
        if (!guard) {
            CHECK(*all.rel_l2_vs_dense_int8 < 1e-6);
            CHECK(*all.rel_l2_vs_fp32 > 0);
        } else {
            CHECK(*all.rel_l2_vs_dense_int8 > 1e-3);
        }
    }
}

TEST_CASE("float data that are the INT8 data in other units give the same dense output") {
    trace_set set = test::random_set(12, 4, 20, 8, 1, 1, true, true);
    set.softmax_scale = 0.5;
    golden_options options;
    options.guard_enabled = false;
    options.p_bits = 24;
    set.heads[0].logit_scale = set.heads[0].scale_q * set.heads[0].scale_k * 0.5;
    const faithful design(set, options);
    reference judge(set, options);
    for (unsigned query = 0; query < 4; ++query)
        check(judge, design, 0, query);
    CHECK(*judge.head_accuracy(0).rel_l2_vs_fp32 < 1e-5);
    CHECK(*judge.head_accuracy(0).rel_l2_vs_dense_int8 < 1e-6);
}

TEST_CASE("errors against the dense outputs are Frobenius norms of a head, and the mean of the heads") {
    const trace_set set = peaked_set(13);
    golden_options options;
    options.guard_enabled = false;
    const faithful design(set, options);
    reference judge(set, options);
    std::vector<double> expected;
    for (unsigned head = 0; head < 2; ++head) {
        double off = 0;
        double norm = 0;
        for (unsigned query = 0; query < 8; ++query) {
            std::vector<float> output = design.output(head, query);
            for (float& x : output) {
                const float wrong = x * (head == 0 ? 1.25F : 1.5F) + static_cast<float>(query);
                off += std::pow(static_cast<double>(wrong) - static_cast<double>(x), 2);
                norm += static_cast<double>(x) * static_cast<double>(x);
                x = wrong;
            }
            judge.check_query(head, query, design.retained(head, query), output);
        }
        expected.push_back(std::sqrt(off / norm));
        CHECK(*judge.head_accuracy(head).rel_l2_vs_dense_int8 == Approx(expected[head]).epsilon(1e-6));
    }
    CHECK(*judge.overall().rel_l2_vs_dense_int8 == Approx((expected[0] + expected[1]) / 2).epsilon(1e-6));
    CHECK(*judge.overall().rel_l2_vs_own_retained > expected[0]);
    CHECK_FALSE(judge.output_held());  // 20 bits with the guard off: no tolerance is promised
    CHECK(judge.first_output_failure() == std::nullopt);
}

TEST_CASE("without float data the error against FP32 is null") {
    trace_set set = peaked_set(14);
    set.heads[1].q_real.clear();
    golden_options options;
    const faithful design(set, options);
    reference judge(set, options);
    check(judge, design, 0, 0);
    CHECK(judge.overall().rel_l2_vs_fp32);
    check(judge, design, 1, 0);
    CHECK_FALSE(judge.head_accuracy(1).rel_l2_vs_fp32);
    CHECK_FALSE(judge.overall().rel_l2_vs_fp32);
}

TEST_CASE("every fault in the retained keys is named with head, query, key and values") {
    const trace_set all = peaked_set(15);
    const trace_set set = select(all, {std::nullopt, std::make_pair(2U, 6U)});
    golden_options options;
    options.alpha = 0.02;
    const faithful design(set, options);
    std::vector<retained_key> kept = design.retained(1, 1);
    REQUIRE(kept.size() > 3);
    const std::vector<float> output = design.output(1, 1);
    const auto soundness_of = [&](const std::vector<retained_key>& keys) {
        reference judge(set, options);
        const auto found = judge.check_query(1, 1, keys, output).soundness;
        REQUIRE(found);
        CHECK(judge.soundness_held() == false);
        CHECK_THAT(found->text,
                   Contains("head 1 (l0h1), query 1 (3 of the trace), key " + std::to_string(*found->key)));
        CHECK(found->head == 1);
        CHECK(found->query == 1);
        return *found;
    };
    SECTION("a wrong score") {
        const auto right = kept[2];
        kept[2].score += 1;
        const failure found = soundness_of(kept);
        CHECK(found.key == right.key);
        CHECK_THAT(found.text, Contains("score " + std::to_string(right.score + 1) + "; its exact score is " +
                                        std::to_string(right.score)));
    }
    SECTION("the first of several wrong scores") {
        for (retained_key& k : kept)
            k.score -= 3;
        CHECK(soundness_of(kept).key == kept[0].key);
    }
    SECTION("a masked key") {
        kept.push_back({set.visible_keys(1), 0});
        const failure found = soundness_of(kept);
        CHECK(found.key == set.visible_keys(1));
        CHECK_THAT(found.text, Contains("although masked: the query sees keys 0 to " + std::to_string(*found.key - 1)));
    }
    SECTION("a key that is not in the sequence") {
        kept.push_back({40, 0});
        CHECK_THAT(soundness_of(kept).text, Contains("only keys 0 to 39"));
    }
    SECTION("a key twice") {
        kept.insert(kept.begin() + 1, kept[1]);
        CHECK_THAT(soundness_of(kept).text, Contains("retained twice"));
    }
    SECTION("keys out of order") {
        std::swap(kept[0], kept[1]);
        CHECK_THAT(soundness_of(kept).text, Contains("keys must ascend"));
    }
    SECTION("a key at or above the line is missing") {
        const retained_key gone = kept[1];
        kept.erase(kept.begin() + 1);
        const failure found = soundness_of(kept);
        CHECK(found.key == gone.key);
        CHECK_THAT(found.text, Contains("pruned although its exact score " + std::to_string(gone.score)));
    }
    SECTION("nothing retained") {
        reference judge(set, options);
        const query_report report = judge.check_query(1, 1, {}, output);
        CHECK(report.soundness);
        CHECK(report.output);
        CHECK(report.lost_mass == Approx(1));
    }
    SECTION("a wrong score is named before the keys that it made miss") {
        kept.erase(kept.begin());
        kept.back().score += 7;
        CHECK(soundness_of(kept).key == kept.back().key);
    }
}

TEST_CASE("the line itself is retained, a key below it need not be") {
    trace_set set = test::random_set(16, 1, 3, 1);
    set.heads[0].q = {1};
    set.kv_heads[0].k = {100, 90, 89};
    set.heads[0].scale_q = 0.5;
    set.heads[0].scale_k = 1;
    set.softmax_scale = 1;
    golden_options options;
    options.alpha = 1;
    options.radius = 5;  // offset 10 in units of the score
    const auto sound = [&](const std::vector<retained_key>& kept) {
        return !reference(set, options).check_query(0, 0, kept, std::vector<float>{0}).soundness;
    };
    CHECK(sound({{0, 100}, {1, 90}, {2, 89}}));
    CHECK(sound({{0, 100}, {1, 90}}));
    CHECK_FALSE(sound({{0, 100}}));
    CHECK_FALSE(sound({{0, 100}, {2, 89}}));
    CHECK_FALSE(sound({{1, 90}, {2, 89}}));
    options.guard_enabled = false;
    CHECK(sound({{0, 100}, {1, 90}, {2, 89}}));
    const auto found = reference(set, options)
                           .check_query(0, 0, std::vector<retained_key>{{0, 100}, {1, 90}}, std::vector<float>{0})
                           .soundness;
    REQUIRE(found);
    CHECK_THAT(found->text, Contains("key 2: not retained although the guard is off; its exact score is 89"));
}

TEST_CASE("a flipped bit of what the design read is found where it shows") {
    const trace_set set = peaked_set(17);
    golden_options options;
    options.alpha = 0.02;
    trace_set spoilt = set;
    const faithful right(set, options);
    const faithful design(spoilt, options);
    SECTION("V: query and dimension") {
        const auto kept = right.retained(0, 4);
        const auto best = std::max_element(
            kept.begin(), kept.end(), [](const retained_key& a, const retained_key& b) { return a.score < b.score; });
        std::int8_t& v = spoilt.kv_heads[0].v[best->key * 16 + 5];
        v = static_cast<std::int8_t>(v ^ 64);
        reference judge(set, options);
        const query_report report = check(judge, design, 0, 4);
        CHECK_FALSE(report.soundness);
        REQUIRE(report.output);
        CHECK(report.output->dimension == 5U);
        CHECK_THAT(report.output->text, Contains("head 0 (l0h0), query 4:") && Contains("most in dimension 5: "));
        CHECK(judge.output_held() == false);
    }
    SECTION("K sign: query and key") {
        const std::uint32_t key = right.retained(0, 4)[1].key;
        std::int8_t& k = spoilt.kv_heads[0].k[key * 16 + 3];
        k = static_cast<std::int8_t>(k ^ 0x80);
        reference judge(set, options);
        const query_report report = check(judge, design, 0, 4);
        REQUIRE(report.soundness);
        CHECK(report.soundness->query == 4);
        CHECK(report.soundness->key == key);
    }
    SECTION("Q: query and its first wrong key") {
        std::int8_t& q = spoilt.heads[1].q[6 * 16 + 2];
        q = static_cast<std::int8_t>(q ^ 0x10);
        reference judge(set, options);
        for (unsigned query = 0; query < 8; ++query)
            CHECK(check(judge, design, 1, query).soundness.has_value() == (query == 6));
        std::uint32_t first = 0;
        for (const retained_key& k : design.retained(1, 6))
            if (judge.exact_scores(1, 6)[k.key] != k.score) {
                first = k.key;
                break;
            }
        CHECK(judge.first_soundness_failure()->key == first);
        CHECK(judge.soundness_failures() == 1);
    }
}

TEST_CASE("the failure of the lowest head and query is kept, whatever the order of the calls") {
    const trace_set set = peaked_set(18);
    const golden_options options;
    const faithful design(set, options);
    reference judge(set, options);
    for (const auto& [head, query] : {std::pair{1U, 2U}, {0U, 5U}, {1U, 0U}, {0U, 6U}}) {
        std::vector<float> output = design.output(head, query);
        output[1] += 1;
        judge.check_query(head, query, {}, output);
    }
    CHECK(judge.first_soundness_failure()->query == 5);
    CHECK(judge.first_output_failure()->head == 0);
    CHECK(judge.soundness_failures() == 4);
    CHECK(judge.output_failures() == 4);
}

TEST_CASE("the output tolerance is 1e-4 of the query's norm, and promised from 20 or 24 bits of p on") {
    const trace_set set = peaked_set(19);
    struct row {
        bool guard;
        unsigned p_bits;
        bool promised;
    };
    for (const row& r : {row{true, 19, false}, row{true, 20, true}, row{false, 23, false}, row{false, 24, true}}) {
        INFO(r.guard << ' ' << r.p_bits);
        golden_options options;
        options.guard_enabled = r.guard;
        options.p_bits = r.p_bits;
        const faithful design(set, options);
        for (const auto& [error, within] : {std::pair{0.9e-4, true}, {1.1e-4, false}}) {
            std::vector<float> output = design.output(0, 7);
            for (float& x : output)
                x = static_cast<float>(x * (1 + error));
            reference judge(set, options);
            const query_report report = judge.check_query(0, 7, design.retained(0, 7), output);
            CHECK(report.rel_l2_vs_own_retained == Approx(error).epsilon(0.01));
            CHECK(report.output.has_value() == (r.promised && !within));
            CHECK(judge.output_held() == (r.promised ? std::optional<bool>(within) : std::nullopt));
        }
    }
}

TEST_CASE("what the units of p must hide is counted, a unit more fails") {
    // One large weight meets a V of zeros: the output is that of the other, smaller key alone.
    trace_set set = peaked_set(24);
    for (trace_head& head : set.heads) {
        std::fill(head.q.begin(), head.q.end(), std::int8_t{0});
        for (unsigned query = 0; query < set.queries; ++query)
            head.q[query * set.head_dim] = 100;
        head.logit_scale = 1e-3;
        head.scale_q = head.logit_scale / (head.scale_k * set.softmax_scale);
    }
    trace_kv_head& kv = set.kv_heads[0];
    std::fill(kv.k.begin(), kv.k.end(), std::int8_t{-100});
    std::fill(kv.v.begin(), kv.v.end(), std::int8_t{0});
    kv.k[0] = 100;  // ahead of the others by 20 logits, key 1 by 8
    kv.k[set.head_dim] = 20;
    std::fill_n(kv.v.begin() + set.head_dim, set.head_dim, std::int8_t{50});
    golden_options options;
    options.alpha = 3;
    const faithful design(set, options);
    const std::vector<float> exact = design.output(0, 0);
    REQUIRE(design.retained(0, 0).size() == 2);
    const double weight = std::exp(-8.0);
    for (const auto& [units, held] : {std::pair{0.0, true}, {1.9, true}, {-1.9, true}, {2.1, false}, {-2.1, false}}) {
        INFO(units << " units of p");
        std::vector<float> output = exact;
        for (float& x : output)
            x = static_cast<float>(x * (1 + units * std::ldexp(1.0, -20) / weight));
        reference judge(set, options);
        const query_report report = judge.check_query(0, 0, design.retained(0, 0), output);
        INFO((report.output ? report.output->text : ""));
        CHECK(report.output.has_value() != held);
        CHECK(report.output_below_resolution == (held && units != 0));
        CHECK(judge.output_held() == held);
        CHECK(judge.overall().output_below_resolution == (held && units != 0 ? 1U : 0U));
    }
}

TEST_CASE("an output that is not finite fails, promised or not") {
    const trace_set set = peaked_set(20);
    golden_options options;
    options.p_bits = 8;
    const faithful design(set, options);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        std::vector<float> output = design.output(0, 1);
        output[3] = bad;
        reference judge(set, options);
        const query_report report = judge.check_query(0, 1, design.retained(0, 1), output);
        REQUIRE(report.output);
        CHECK(report.output->dimension == 3U);
        CHECK(std::isinf(report.rel_l2_vs_own_retained));
        CHECK(judge.output_held() == false);
    }
}

TEST_CASE("with fewer key bits scores are those of the rounded keys, the dense output stays on 8 bits") {
    const trace_set set = peaked_set(21);
    trace_set rounded = set;
    for (trace_kv_head& kv : rounded.kv_heads)
        for (std::int8_t& k : kv.k)
            k = rounded_key(k, 5);
    for (trace_head& head : rounded.heads)
        head.logit_scale *= 8;
    golden_options options;
    options.key_bits = 5;
    options.guard_enabled = false;
    options.p_bits = 24;
    const faithful design(rounded, options);
    reference judge(set, options);
    for (unsigned query = 0; query < 8; ++query) {
        const query_report report = check(judge, design, 0, query);
        CHECK_FALSE(report.soundness);
        CHECK_FALSE(report.output);
    }
    CHECK(*judge.head_accuracy(0).rel_l2_vs_dense_int8 > 1e-3);
    const faithful eight(set, options);
    reference dense(set, options);
    dense.check_query(0, 0, design.retained(0, 0), eight.output(0, 0));
    CHECK(*dense.head_accuracy(0).rel_l2_vs_dense_int8 < 1e-6);
}

TEST_CASE("a V of zeros has an output of zeros") {
    trace_set set = peaked_set(22);
    std::fill(set.kv_heads[0].v.begin(), set.kv_heads[0].v.end(), std::int8_t{0});
    const golden_options options;
    const faithful design(set, options);
    reference judge(set, options);
    CHECK(check(judge, design, 0, 0).rel_l2_vs_own_retained == 0);
    CHECK(judge.check_query(0, 1, design.retained(0, 1), std::vector<float>(16, 1e-30F)).output);
}

TEST_CASE("queries outside the run, twice, or with an output of another size are the caller's mistake") {
    const trace_set set = peaked_set(23);
    const golden_options options;
    const faithful design(set, options);
    reference judge(set, options);
    check(judge, design, 0, 0);
    CHECK_THROWS_WITH(check(judge, design, 0, 0), Contains("query 0 came twice"));
    CHECK_THROWS_AS(judge.check_query(2, 0, {}, std::vector<float>(16)), std::logic_error);
    CHECK_THROWS_AS(judge.check_query(0, 8, {}, std::vector<float>(16)), std::logic_error);
    CHECK_THROWS_AS(judge.check_query(0, 1, {}, std::vector<float>(15)), std::logic_error);
    CHECK_FALSE(judge.complete());
    golden_options bad;
    bad.key_bits = 3;
    CHECK_THROWS_AS(reference(set, bad), std::invalid_argument);
}
