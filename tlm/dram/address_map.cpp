#include "tlm/dram/address_map.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "model/errors.h"

namespace pade {
namespace {

constexpr std::array<const char*, 6> field_names = {"row", "bank", "column", "bank_group", "pseudo_channel", "offset"};

/// Bits of a count that must be a power of two.
unsigned bits_of(const char* key, std::uint64_t value) {
    unsigned bits = 0;
    while (bits < 40 && (std::uint64_t{1} << bits) < value)
        ++bits;
    if (value == 0 || (std::uint64_t{1} << bits) != value)
        throw input_error(std::string(key) + " is " + std::to_string(value) + "; allowed: powers of two");
    return bits;
}

std::string expected_text(const std::vector<std::size_t>& order, const std::array<unsigned, 6>& widths) {
    std::string text;
    for (const std::size_t f : order)
        text += (text.empty() ? "" : " ") + std::string(field_names[f]) + ":" + std::to_string(widths[f]);
    return text;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

}  // namespace

address_map::address_map(const dram_params& params) {
    const std::uint64_t atom = std::uint64_t{params.bus_bits} / 8 * params.burst_length;
    std::array<unsigned, fields> widths{};
    widths[row] = bits_of("dram.rows", params.rows);
    widths[bank] = bits_of("dram.banks_per_group", params.banks_per_group);
    widths[bank_group] = bits_of("dram.bank_groups", params.bank_groups);
    widths[pseudo_channel] = bits_of("dram.pseudo_channels", params.pseudo_channels);
    bits_of("dram.bus_bits", params.bus_bits);
    bits_of("dram.burst_length", params.burst_length);
    widths[offset] = bits_of("dram.bus_bits / 8 * dram.burst_length", atom);
    bits_of("dram.page_bytes", params.page_bytes);
    if (params.page_bytes < atom)
        throw input_error(
            "dram.page_bytes is " + std::to_string(params.page_bytes) +
            "; allowed: at least one burst, dram.bus_bits / 8 * dram.burst_length = " + std::to_string(atom) + " B");
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): atom has been set
    widths[column] = bits_of("dram.page_bytes / burst", params.page_bytes / atom);

    const bool widths_follow = words_of(params.mapping) == words_of(dram_params{}.mapping);
    const std::string allowed =
        "; allowed: each of these fields once, from the most to the least significant, the offset last and the others "
        "in any "
        "order: " +
        expected_text({row, bank, column, bank_group, pseudo_channel, offset}, widths) +
        " (widths follow dram.rows, banks_per_group, page_bytes, bank_groups, pseudo_channels, "
        "bus_bits and burst_length)";
    const auto fail = [&](const std::string& what) {
        throw input_error("dram.mapping \"" + params.mapping + "\": " + what + allowed);
    };

    std::vector<field> order;
    for (const std::string& word : words_of(params.mapping)) {
        const auto colon = word.find(':');
        const std::string name = word.substr(0, colon);
        const auto known = std::find(field_names.begin(), field_names.end(), name);
        if (known == field_names.end())
            fail("unknown field \"" + name + "\"");
        const auto f = static_cast<field>(known - field_names.begin());
        if (std::find(order.begin(), order.end(), f) != order.end())
            fail("field \"" + name + "\" is given twice");
        const std::string digits = colon == std::string::npos ? "" : word.substr(colon + 1);
        if (digits.empty() || digits.size() > 2 || digits.find_first_not_of("0123456789") != std::string::npos)
            fail("field \"" + name + "\" has no width of the form name:bits in \"" + word + "\"");
        const auto width = static_cast<unsigned>(std::stoul(digits));
        if (!widths_follow && width != widths[f])
            fail("field \"" + name + "\" has " + std::to_string(width) + " bits and needs " +
                 std::to_string(widths[f]));
        order.push_back(f);
    }
    for (std::size_t f = 0; f < fields; ++f)
        if (widths[f] != 0 && std::find(order.begin(), order.end(), static_cast<field>(f)) == order.end())
            fail("field \"" + std::string(field_names[f]) + "\" is missing");

    unsigned shift = 0;
    for (auto f = order.rbegin(); f != order.rend(); ++f) {
        places_[*f] = {shift, widths[*f], (std::uint64_t{1} << widths[*f]) - 1};
        shift += widths[*f];
    }
    // Else neighbouring bytes of a request would lie in different bursts.
    if (places_[offset].shift != 0)
        fail("field \"offset\" is not the least significant one");
    bytes_ = std::uint64_t{1} << shift;
}

void address_map::bad_address(std::uint64_t address) const {
    throw internal_error("address " + std::to_string(address) + " is beyond the " + std::to_string(bytes_) +
                         " B of DRAM");
}

void address_map::bad_field(field f, uint value) const {
    throw internal_error("DRAM " + std::string(field_names[f]) + " " + std::to_string(value) + " is beyond the last, " +
                         std::to_string(places_[f].mask));
}

}  // namespace pade
