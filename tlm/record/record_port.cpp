#include "tlm/record/record_port.h"

#include "model/errors.h"

namespace pade {

namespace {

constexpr std::size_t piece_bytes = 16384;

void append_hex(std::string& text, std::uint64_t value, unsigned digits) {
    static const char of[] = "0123456789abcdef";
    for (unsigned i = digits; i-- > 0;)
        text += of[i < 16 ? value >> (4 * i) & 15 : 0];
}

std::uint64_t low_bits(std::uint64_t value, unsigned bits) {
    return bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
}

/// All elements of a field as one number, element 0 lowest, in whole digits.
void append_field(std::string& text, const record_field& field, const std::uint64_t* elements) {
    const unsigned bits = field.bits * field.count;
    for (unsigned digit = (bits + 3) / 4; digit-- > 0;) {
        unsigned value = 0;
        for (unsigned bit = 4; bit-- > 0;) {
            const unsigned at = 4 * digit + bit;
            const auto one = at < bits ? static_cast<unsigned>(elements[at / field.bits] >> (at % field.bits) & 1) : 0U;
            value = 2 * value + one;
        }
        text += "0123456789abcdef"[value];
    }
}

}  // namespace

record_port::record_port(const std::string& block, std::string name, bool input, std::vector<record_field> fields,
                         std::unique_ptr<text_sink> file)
    : block_(block), name_(std::move(name)), input_(input), fields_(std::move(fields)), file_(std::move(file)) {
    text_ = "// " + block + "." + name_ + (input_ ? ", input of the block. " : ", output of the block. ") +
            "A line: cycle(48)";
    for (const record_field& field : fields_) {
        text_ += std::string("_") + field.name + "(";
        if (field.count > 1)
            text_ += std::to_string(field.count) + " x ";
        text_ += std::to_string(field.bits) + (field.is_signed ? " signed)" : ")");
    }
    text_ += "\n";
}

void record_port::begin(cycle_t visible) {
    const cycle_t cycle = visible - 1;
    if (records_ != 0 && cycle <= cycle_)
        throw input_error("--record-rtl: " + block_ + "." + name_ + " has two items for edge " + std::to_string(cycle) +
                          " (or an earlier one after it), its wires carry one; allowed: "
                          "guard.bui_latency of at least guard.broadcast_latency, and the other latencies of a preset");
    cycle_ = cycle;
    elements_.clear();
}

void record_port::put(std::uint64_t value) {
    elements_.push_back(value);
}

void record_port::end() {
    append_hex(text_, cycle_, cycle_digits);
    std::string note = "  // " + std::to_string(cycle_) + ":";
    std::size_t at = 0;
    for (const record_field& field : fields_) {
        if (at + field.count > elements_.size())
            throw internal_error("record of " + block_ + "." + name_ + ": too few elements");
        for (unsigned i = 0; i < field.count; ++i)
            elements_[at + i] = low_bits(elements_[at + i], field.bits);
        text_ += '_';
        append_field(text_, field, &elements_[at]);
        if (field.count == 1 && field.bits < 64) {
            const std::uint64_t value = elements_[at];
            const bool negative = field.is_signed && (value >> (field.bits - 1) & 1) != 0;
            note += std::string(" ") + field.name + " " + (negative ? "-" : "") +
                    std::to_string(negative ? (std::uint64_t{1} << field.bits) - value : value);
        }
        at += field.count;
    }
    if (at != elements_.size())
        throw internal_error("record of " + block_ + "." + name_ + ": too many elements");
    text_ += note;
    text_ += '\n';
    ++records_;
    if (text_.size() >= piece_bytes)
        flush();
}

void record_port::count(cycle_t visible) {
    if (counted_ != 0 && visible != counted_at_) {
        begin(counted_at_);
        put(counted_);
        end();
        counted_ = 0;
    }
    counted_at_ = visible;
    ++counted_;
}

void record_port::finish() {
    if (counted_ != 0) {
        begin(counted_at_);
        put(counted_);
        end();
        counted_ = 0;
    }
    flush();
}

void record_port::flush() {
    file_->append(text_.data(), text_.size());
    text_.clear();
}

}  // namespace pade
