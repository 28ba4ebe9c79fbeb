// An attention call as a GPU sees it, and what has to be computed and moved for it.
#pragma once

#include "model/gpu/gpu_choices.h"

namespace pade {

struct gpu_workload {
    gpu_phase phase = gpu_phase::prefill;
    double batch = 1;
    double heads = 1;  ///< query heads of one sequence; all layers together, if one likes
    double kv_heads = 1;
    double queries = 1;  ///< a head; in decode the steps, each a call of its own
    double keys = 1;     ///< that the last query may see; without mask: that each sees
    double head_dim = 128;
    bool causal = false;
    gpu_dtype dtype = gpu_dtype::fp16;

    /// Throws input_error: counts must be whole numbers from 1 on, at most 2^40, heads a multiple of kv_heads, and the
    /// first query of a causal call must see a key.
    void check() const;

    /// (query, key) pairs of all heads. Causal prefills count half of the square as FlashAttention's authors do:
    /// queries x (keys - queries / 2). Causal decodes: a step sees one key more than the one before.
    double pairs() const;
    /// Q K^T and P V: 4 head_dim a pair.
    double flops() const;
    /// Keys that a step of decode sees, mean over the steps; all keys in prefill.
    double mean_keys() const;
    double element_bytes() const;
    /// K and V, read once in prefill, once each step in decode.
    double kv_bytes() const;
    /// Q, the same as O.
    double q_bytes() const;
};

}  // namespace pade
