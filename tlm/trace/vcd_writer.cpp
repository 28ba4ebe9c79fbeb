#include "tlm/trace/vcd_writer.h"

#include <map>
#include <memory>
#include <utility>

#include "model/errors.h"

namespace pade {

namespace {

using wave_detail::signal;

/// Bytes kept free below the cap for the comment and the last time.
constexpr std::uint64_t reserve = 256;

/// The shortest printable name of signal `number` (IEEE 1364-2005, 18.2.1: characters ! to ~).
std::string code_of(std::uint32_t number) {
    std::string code;
    do {
        code += static_cast<char>('!' + number % 94);
        number /= 94;
    } while (number-- != 0);
    return code;
}

/// Scopes and signals in the order in which they were declared.
struct scope {
    std::vector<std::pair<std::string, std::unique_ptr<scope>>> inner;
    std::vector<std::pair<std::string, const signal*>> signals;
    std::map<std::string, scope*> by_name;

    scope& at(const std::string& name) {
        scope*& found = by_name[name];
        if (found == nullptr) {
            inner.emplace_back(name, std::make_unique<scope>());
            found = inner.back().second.get();
        }
        return *found;
    }
    void print(std::string& to) const {
        for (const auto& [name, s] : signals)
            to += "$var wire " + std::to_string(s->width) + " " + code_of(s->number) + " " + name +
                  (s->width == 1 ? "" : " [" + std::to_string(s->width - 1) + ":0]") + " $end\n";
        for (const auto& [name, below] : inner) {
            to += "$scope module " + name + " $end\n";
            below->print(to);
            to += "$upscope $end\n";
        }
    }
};

}  // namespace

vcd_writer::vcd_writer(text_sink& sink, std::string version, std::string note, std::uint64_t most_bytes)
    : sink_(sink), version_(std::move(version)), note_(std::move(note)), most_bytes_(most_bytes) {}

void vcd_writer::put(const std::string& text) {
    bytes_ += text.size();
    sink_.append(text.data(), text.size());
}

void vcd_writer::begin(const std::vector<const signal*>& signals) {
    scope top;
    for (const signal* s : signals) {
        scope* at = &top;
        std::size_t from = 0;
        for (auto dot = s->path.find('.'); dot != std::string::npos; dot = s->path.find('.', from)) {
            at = &at->at(s->path.substr(from, dot - from));
            from = dot + 1;
        }
        at->signals.emplace_back(s->path.substr(from), s);
    }
    std::string header =
        "$version\n    " + version_ + "\n$end\n$comment\n    " + note_ + "\n$end\n$timescale\n    1 ps\n$end\n";
    top.print(header);
    header += "$enddefinitions $end\n";
    if (header.size() + reserve > most_bytes_)
        throw input_error("--wave: the names of the " + std::to_string(signals.size()) + " signals alone take " +
                          std::to_string(header.size()) + " bytes; allowed: a larger --wave-max-mb, or fewer signals " +
                          "(--wave-scope)");
    put(header);
}

void vcd_writer::value_of(const signal& s, std::uint64_t value, std::string& to) {
    if (s.width == 1) {
        to += value != 0 ? '1' : '0';
    } else {
        // Leading zeros may be left out: the value is extended by them (18.2.1).
        to += 'b';
        int bit = 63;
        while (bit > 0 && (value >> bit & 1) == 0)
            --bit;
        for (; bit >= 0; --bit)
            to += (value >> bit & 1) != 0 ? '1' : '0';
        to += ' ';
    }
    to += code_of(s.number);
    to += '\n';
}

void vcd_writer::time(wave_detail::tick at) {
    end_moment();
    moment_time_ = at;
    moment_ = "#" + std::to_string(at) + "\n";
}

void vcd_writer::end_moment() {
    if (cut_ || moment_.empty())
        return;
    if (bytes_ + moment_.size() + reserve > most_bytes_) {
        cut_ = true;
        put("$comment cut here: the file would grow beyond the " + std::to_string(most_bytes_) +
            " bytes that --wave-max-mb allows $end\n");
    } else {
        put(moment_);
        written_time_ = moment_time_;
    }
    moment_.clear();
}

void vcd_writer::change(const signal& s) {
    value_of(s, s.value, moment_);
}

void vcd_writer::all(const std::vector<const signal*>& signals) {
    moment_ += "$dumpvars\n";
    for (const signal* s : signals)
        value_of(*s, s->written, moment_);
    moment_ += "$end\n";
}

}  // namespace pade
