#include "model/gpu/unfused_attention.h"

#include <catch2/catch.hpp>

using namespace pade;

TEST_CASE("three kernels with the scores between them: bytes and operations counted by hand") {
    gpu_workload w;
    w.heads = 2;
    w.kv_heads = 1;
    w.queries = 100;
    w.keys = 1000;
    w.head_dim = 64;
    gpu_rules rules;
    const auto kernels = unfused_kernels(w, rules);
    // Q 2 x 100 x 64 x 2 B, K the same as V 1000 x 64 x 2 B, scores 2 x 100 x 1000 x 2 B.
    CHECK(kernels[0].bytes == 25600 + 128000 + 400000);
    CHECK(kernels[1].bytes == 800000);
    CHECK(kernels[2].bytes == 400000 + 128000 + 25600);
    CHECK(kernels[0].flops == 2. * 64 * 200000);
    CHECK(kernels[1].flops == 0);
    CHECK(kernels[2].flops == 2. * 64 * 200000);

    rules.score_bytes = 4;
    CHECK(unfused_kernels(w, rules)[1].bytes == 1600000);
}

TEST_CASE("a mask that is laid on afterwards saves nothing, unless the rule says so") {
    gpu_workload w;
    w.queries = 256;
    w.keys = 256;
    gpu_rules rules;
    const auto plain = unfused_kernels(w, rules);
    w.causal = true;
    CHECK(unfused_kernels(w, rules)[1].bytes == plain[1].bytes);
    CHECK(unfused_kernels(w, rules)[0].flops == plain[0].flops);
    rules.mask = unfused_mask::half;
    CHECK(unfused_kernels(w, rules)[1].bytes == plain[1].bytes / 2);
    CHECK(unfused_kernels(w, rules)[0].flops == plain[0].flops / 2);
}
