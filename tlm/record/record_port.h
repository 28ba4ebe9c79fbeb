// One port of a block that is recorded for RTL (docs/rtl.md): a line a record, hexadecimal fields with an underscore
// between them, the core clock edge at which the wires of the port are captured first. `$readmemh` reads it; the
// comment behind each record is for people.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tlm/cycle.h"
#include "tlm/trace/text_sink.h"

namespace pade {

/// A field of `count` elements of `bits` bits each, element 0 in the lowest bits; padded with zeros to whole digits.
struct record_field {
    const char* name;
    unsigned bits;
    bool is_signed = false;
    unsigned count = 1;
};

class record_port {
  public:
    static constexpr unsigned cycle_digits = 12;

    record_port(const std::string& block, std::string name, bool input, std::vector<record_field> fields,
                std::unique_ptr<text_sink> file);

    /// A record begins: the item may be used at edge `visible`, so the wires hold it at the edge before. A port has one
    /// item an edge, and edges ascend: throws input_error, kept by `file`, when the model does otherwise.
    void begin(cycle_t visible);
    /// The next element of the record's fields. Fields are given in their order, elements of a field from 0 on.
    void put(std::uint64_t value);
    void put_signed(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
    void end();
    /// A port whose only field says how many: counts up the record of this edge.
    void count(cycle_t visible);
    /// Nothing follows.
    void finish();

    const std::string& name() const { return name_; }
    bool input() const { return input_; }
    const std::vector<record_field>& fields() const { return fields_; }
    std::uint64_t records() const { return records_; }

  private:
    void flush();

    std::string block_;
    std::string name_;
    bool input_;
    std::vector<record_field> fields_;
    std::unique_ptr<text_sink> file_;
    std::string text_;                     // not yet in the file
    std::vector<std::uint64_t> elements_;  // of the record under way
    std::uint64_t records_ = 0;
    cycle_t cycle_ = 0;
    cycle_t counted_at_ = 0;
    std::uint64_t counted_ = 0;
};

}  // namespace pade
