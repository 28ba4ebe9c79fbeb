#include "model/gpu/gpu_workload.h"

#include <catch2/catch.hpp>
#include <limits>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;

TEST_CASE("work of a prefill: 4 d a pair, half of the square with a causal mask, K and V once") {
    gpu_workload w;
    w.batch = 2;
    w.heads = 8;
    w.kv_heads = 2;
    w.queries = 512;
    w.keys = 512;
    w.head_dim = 64;
    w.check();
    CHECK(w.flops() == 2. * 8 * 4 * 64 * 512 * 512);
    CHECK(w.kv_bytes() == 2. * 2 * 2 * 512 * 64 * 2);  // batch, KV heads, K and V, FP16
    CHECK(w.q_bytes() == 2. * 8 * 512 * 64 * 2);
    w.causal = true;
    CHECK(w.flops() == 2. * 8 * 4 * 64 * 512 * 512 / 2);
    w.queries = 128;  // the last 128 of 512 tokens: 384 keys before them, and half of their own square
    CHECK(w.pairs() == 2. * 8 * 128 * (384 + 64));
    w.dtype = gpu_dtype::int8;
    CHECK(w.kv_bytes() == 2. * 2 * 2 * 512 * 64);
}

TEST_CASE("work of a decode: K and V once each step, one key more a step with a causal mask") {
    gpu_workload w;
    w.phase = gpu_phase::decode;
    w.heads = 4;
    w.kv_heads = 2;
    w.queries = 3;
    w.keys = 100;
    w.head_dim = 128;
    w.check();
    CHECK(w.pairs() == 4 * 300);
    CHECK(w.kv_bytes() == 2. * 2 * 300 * 128 * 2);
    w.causal = true;
    CHECK(w.mean_keys() == 99);
    CHECK(w.pairs() == 4 * (98 + 99 + 100));
    CHECK(w.kv_bytes() == 2. * 2 * (98 + 99 + 100) * 128 * 2);
}

TEST_CASE("what is no workload is refused") {
    struct bad {
        const char* says;
        void (*spoil)(gpu_workload&);
    };
    const bad cases[] = {
        {"batch is 0", [](gpu_workload& w) { w.batch = 0; }},
        {"heads is -1", [](gpu_workload& w) { w.heads = -1; }},
        {"kv_heads is 0", [](gpu_workload& w) { w.kv_heads = 0; }},
        {"queries is 1.5", [](gpu_workload& w) { w.queries = 1.5; }},
        {"keys is nan", [](gpu_workload& w) { w.keys = std::numeric_limits<double>::quiet_NaN(); }},
        {"head_dim is inf", [](gpu_workload& w) { w.head_dim = std::numeric_limits<double>::infinity(); }},
        {"keys is 2000000000000", [](gpu_workload& w) { w.keys = 2e12; }},
        {"heads is 8; allowed: multiples of kv_heads, which is 3", [](gpu_workload& w) { w.kv_heads = 3; }},
        {"queries is 65; allowed: with a causal mask",
         [](gpu_workload& w) {
             w.causal = true;
             w.queries = 65;
         }},
    };
    for (const bad& each : cases) {
        gpu_workload w;
        w.heads = 8;
        w.queries = 64;
        w.keys = 64;
        w.check();
        each.spoil(w);
        INFO(each.says);
        CHECK_THROWS_WITH(w.check(), Contains(each.says) && Contains("allowed"));
        CHECK_THROWS_AS(w.check(), input_error);
    }
}
