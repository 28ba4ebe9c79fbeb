// The accelerator's registers: 64 bit each, at byte offsets from the base of the register file. Numbers are integers
// unless a comment says double (IEEE 754 bits).
#pragma once

#include <cstdint>

namespace pade::reg {

inline constexpr std::uint64_t control = 0x000;  ///< write 1: start the job; write 2: acknowledge the interrupt
inline constexpr std::uint64_t status = 0x008;   ///< read only: bit 0 busy, bit 1 done (interrupt pending)

inline constexpr std::uint64_t phase = 0x040;  ///< 0 prefill, 1 decode
inline constexpr std::uint64_t queries = 0x048;
inline constexpr std::uint64_t first_query = 0x050;  ///< index of query 0 for the causal mask
inline constexpr std::uint64_t keys = 0x058;
inline constexpr std::uint64_t head_dim = 0x060;
inline constexpr std::uint64_t causal = 0x068;         ///< 0 or 1
inline constexpr std::uint64_t causal_offset = 0x070;  ///< two's complement
inline constexpr std::uint64_t alpha = 0x078;          ///< double
inline constexpr std::uint64_t radius = 0x080;         ///< double, logits
inline constexpr std::uint64_t o_row_bytes = 0x088;    ///< stride of O
inline constexpr std::uint64_t heads = 0x090;          ///< 1 .. max_heads
inline constexpr std::uint64_t kv_heads = 0x098;       ///< 1 .. max_heads
inline constexpr std::uint64_t spill_address = 0x0a0;  ///< ISTA off: where retained pairs may be spilled to
inline constexpr std::uint64_t job_end = 0x0a8;

inline constexpr std::uint64_t max_heads = 256;

/// Query heads: head_base + head * head_stride + one of these.
inline constexpr std::uint64_t head_base = 0x1000;
inline constexpr std::uint64_t head_stride = 0x40;
inline constexpr std::uint64_t head_kv = 0x00;           ///< its KV head
inline constexpr std::uint64_t head_logit_scale = 0x08;  ///< double
inline constexpr std::uint64_t head_v_scale = 0x10;      ///< double
inline constexpr std::uint64_t head_q_address = 0x18;
inline constexpr std::uint64_t head_o_address = 0x20;
inline constexpr std::uint64_t head_fields_end = 0x28;

/// KV heads: kv_base + kv * kv_stride + one of these.
inline constexpr std::uint64_t kv_base = 0x8000;
inline constexpr std::uint64_t kv_stride = 0x10;
inline constexpr std::uint64_t kv_k_row = 0x00;  ///< first DRAM row of its K
inline constexpr std::uint64_t kv_v_address = 0x08;

inline constexpr std::uint64_t space = kv_base + max_heads * kv_stride;

}  // namespace pade::reg
