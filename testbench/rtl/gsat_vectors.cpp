// Vectors for testbench/rtl/bench/gsat_bench.sv, from the model's arithmetic: in each group every pattern of bits, with
// operands that reach the ends of the ranges. A line: a number(48)_bits(64)_q(64 x 8)_selectors(8 x 16)_complements(8)_
// sum(14)_passes(4), selectors as {valid, which input} of each, the lowest first; `gsat-vectors 0`: without the
// minority symbol, selectors and complements then 0.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>

#include "model/numeric/group_selection.h"
#include "model/numeric/query_operand.h"

namespace {

using namespace pade::numeric;

std::int8_t element(unsigned set, unsigned e, std::mt19937& random) {
    switch (set) {
        case 0:
            return -128;
        case 1:
            return 127;
        case 2:
            return e % 2 == 0 ? -128 : 127;
        default:
            return static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128);
    }
}

void print(unsigned number, std::uint64_t bits, const std::int8_t* q, bool bidirectional) {
    std::printf("%012x_%016llx_", number, static_cast<unsigned long long>(bits));
    for (unsigned e = 64; e-- > 0;)
        std::printf("%02x", static_cast<unsigned>(static_cast<std::uint8_t>(q[e])));
    std::putchar('_');
    unsigned complements = 0;
    for (unsigned group = 8; group-- > 0;) {
        const group_selection s = select_group(static_cast<std::uint8_t>(bits >> 8 * group));
        unsigned wiring = 0;
        for (unsigned i = 0; i < s.count; ++i)
            wiring |= (8U | (unsigned{s.position[i]} - unsigned{s.selector[i]})) << 4 * s.selector[i];
        std::printf("%04x", bidirectional ? wiring : 0);
        complements |= (bidirectional && s.complemented ? 1U : 0U) << group;
    }
    const std::int32_t sum = selected_sum(bits, q);
    const unsigned passes = select_word(bits, bidirectional).cycles;
    std::printf("_%02x_%04x_%x  // sum %d, %u passes\n", complements, static_cast<unsigned>(sum) & 0x3fff, passes, sum,
                passes);
}

}  // namespace

int main(int count, char** arguments) {
    const bool bidirectional = count < 2 || std::strcmp(arguments[1], "0") != 0;
    std::mt19937 random(10);
    unsigned number = 0;
    for (unsigned set = 0; set < 8; ++set)
        for (unsigned pattern = 0; pattern < 256; ++pattern) {
            std::uint64_t bits = 0;
            std::int8_t q[64];
            // Every group sees every pattern, beside other ones in its neighbours.
            for (unsigned group = 0; group < 8; ++group)
                bits |= std::uint64_t{(pattern * (2 * set + 1) + 37 * group) % 256} << 8 * group;
            for (unsigned e = 0; e < 64; ++e)
                q[e] = element(set, e, random);
            if (selected_sum(bits, q) != query_operand(q, 64).word_sum(bits, 0)) {
                std::fputs("the two ways of summing differ\n", stderr);
                return 1;
            }
            print(number++, bits, q, bidirectional);
        }
    return 0;
}
