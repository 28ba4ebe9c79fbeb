// The bindings of the chip: each link goes through a monitor that counts it, and, where that is asked for and only
// then, through a protocol checker, a module that holds back what passes, and one that loses it. Links of one name (the
// 128 plane links, say) are counted together.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tlm/clock.h"
#include "tlm/link_fault.h"
#include "tlm/link_module.h"
#include "tlm/link_monitor.h"
#include "tlm/memory_stall.h"
#include "tlm/protocol_checker.h"
#include "tlm/record/stream_record.h"
#include "tlm/stream_checker.h"
#include "tlm/stream_stall.h"
#include "tlm/trace/memory_trace.h"
#include "tlm/trace/stream_trace.h"
#include "tlm/wire_bytes.h"

namespace pade {

struct link_totals {
    std::uint64_t transactions = 0;
    std::uint64_t bytes = 0;
};

struct link_options {
    bool check = false;              ///< a checker on every link; on both sides of what else sits on it
    stall_params stall;              ///< what is held back at random
    std::vector<link_fault> faults;  ///< what is lost
    tracing* trace = nullptr;        ///< who looks at what passes; null: nobody
    rtl_record* record = nullptr;    ///< blocks whose ports are recorded; null: none
    make_link_module own_modules;    ///< modules of the user's own on memory links
};

class link_set {
  public:
    /// clock: of the chip, for the checkers of streams and for stalls.
    link_set(link_options options, clock_domain& clock)
        : options_(std::move(options)), clock_(clock), gate_("link_clock", clock) {}

    /// row: of the lanes at one of the ends, for the transaction log.
    template <typename Payload>
    void stream(const std::string& name, stream_initiator<Payload>& from, stream_target<Payload>& to,
                stallable what = stallable::items_and_credits, int row = -1) {
        // Each module on the way is bound to the one before it.
        tlm::tlm_initiator_socket<32, stream_traits<Payload>>* end = &from;
        const auto through = [&](auto module) {
            end->bind(module->in);
            end = &module->out;
            keep(std::move(module));
        };
        const auto check = [&] {
            if (!options_.check)
                return;
            auto checker = std::make_unique<stream_checker<Payload>>(unique("check_", name).c_str());
            checker->clk(gate_);
            watch(checker.get());
            through(std::move(checker));
        };
        const auto record = [&](record_end at, const std::string& socket) {
            auto recorder = recorder_at<Payload>(name, at, socket);
            if (recorder)
                through(std::move(recorder));
        };
        record(record_end::sender, from.name());
        if (options_.trace != nullptr)
            through(
                std::make_unique<stream_trace<Payload>>(unique("trace_", name).c_str(), scope_of(from.name()), row));
        check();
        const link_fault* fault = fault_on(name, &stream_fault<Payload>::can);
        if (fault != nullptr)
            through(std::make_unique<stream_fault<Payload>>(unique("fault_", name).c_str(), *fault));
        if (options_.stall.percent != 0) {
            auto stall = std::make_unique<stream_stall<Payload>>(unique("stall_", name).c_str(), options_.stall,
                                                                 from.name(), what);
            stall->clk(own_gate(name));
            through(std::move(stall));
        }
        if (end != &from && (fault != nullptr || options_.stall.percent != 0))
            check();
        record(record_end::receiver, to.name());
        end->bind(to);
        from.watch(&monitor_of<Payload>(name));
    }

    template <typename Initiator, typename Target>
    void memory(const std::string& name, Initiator& from, Target& to) {
        tlm::tlm_initiator_socket<>* end = nullptr;
        const auto through = [&](auto module) {
            chain(from, end, *module);
            keep(std::move(module));
        };
        if (options_.trace != nullptr)
            through(std::make_unique<memory_trace>(unique("trace_", name).c_str(), scope_of(from.name())));
        const auto check = [&] {
            if (!options_.check)
                return;
            chain(from, end, checker_of(name));
        };
        std::unique_ptr<memory_stall> stall;  // before the checkers, see memory_stall::let_go
        if (options_.stall.memory_percent != 0) {
            stall = std::make_unique<memory_stall>(unique("stall_", name).c_str(), options_.stall, from.name());
            stall->clk(own_gate(name));
            stalls_.push_back(stall.get());
        }
        check();
        const link_fault* fault = fault_on(name, &memory_fault::can);
        if (fault != nullptr)
            through(std::make_unique<memory_fault>(unique("fault_", name).c_str(), *fault));
        if (stall)
            through(std::move(stall));
        std::unique_ptr<link_module> own =
            options_.own_modules ? options_.own_modules(name, unique("own_", name).c_str()) : nullptr;
        const bool between = fault != nullptr || options_.stall.memory_percent != 0 || own != nullptr;
        if (own)
            through(std::move(own));
        if (between)
            check();
        auto monitor = std::make_unique<memory_monitor>(unique("link_", name).c_str());
        count(name, monitor.get());
        through(std::move(monitor));
        end->bind(to);
    }

    /// All links are bound. Throws input_error for a fault of a link that is not there, or that it cannot have.
    void bound() const;

    /// A socket at the edge of the chip and the one behind it. Checked like a link, not counted: what the host does
    /// there costs the chip nothing.
    /// `traced`: phases pass it; debug transport has none.
    template <typename Target>
    void edge(const std::string& name, tlm::tlm_target_socket<>& outside, Target& to, bool traced) {
        tlm::tlm_initiator_socket<>* end = nullptr;
        if (options_.check)
            chain(outside, end, checker_of(name));
        if (traced && options_.trace != nullptr) {
            auto trace = std::make_unique<memory_trace>(unique("trace_", name).c_str(), scope_of(outside.name()));
            chain(outside, end, *trace);
            keep(std::move(trace));
        }
        if (end == nullptr)
            outside.bind(to);
        else
            end->bind(to);
    }

    std::map<std::string, link_totals> totals() const;
    bool checked() const { return options_.check; }
    /// The run is over: what has not ended on a checked link is a violation.
    void finish();
    std::uint64_t violation_count() const;
    /// The first violations, a readable line each.
    std::vector<std::string> violations() const;

  private:
    /// The monitor that all streams of a name share.
    template <typename Payload>
    stream_monitor<Payload>& monitor_of(const std::string& name) {
        std::shared_ptr<void>& place = monitors_[name];
        if (!place) {
            auto made = std::make_shared<stream_monitor<Payload>>();
            count(name, made.get());
            place = made;
        }
        return *static_cast<stream_monitor<Payload>*>(place.get());
    }
    /// What records the block that `socket` (its whole name) belongs to, or null when it is not chosen.
    template <typename Payload>
    std::unique_ptr<stream_passage<Payload>> recorder_at(const std::string& link, record_end end,
                                                         const std::string& socket) {
        using writer = record_writer<Payload>;
        if constexpr (writer::at(record_end::sender) || writer::at(record_end::receiver)) {
            const std::size_t dot = socket.rfind('.');
            const std::string own = socket.substr(dot + 1);
            if (options_.record == nullptr || !writer::at(end) || !writer::wants(own))
                return nullptr;
            record_block* block = options_.record->block(socket.substr(0, dot));
            if (block != nullptr)
                return std::make_unique<stream_record<Payload>>(unique("record_", link).c_str(), *options_.record,
                                                                *block, end, own);
        }
        return nullptr;
    }
    protocol_checker& checker_of(const std::string& name) {
        auto checker = std::make_unique<protocol_checker>(unique("check_", name).c_str());
        protocol_checker* p = checker.get();
        at_end_.push_back([p] { p->finish(); });
        watch(p);
        keep(std::move(checker));
        return *p;
    }
    template <typename Monitor>
    void count(const std::string& name, const Monitor* monitor) {
        counted_[name].push_back([monitor] { return link_totals{monitor->transactions(), monitor->bytes()}; });
    }
    template <typename Checker>
    void watch(const Checker* checker) {
        checkers_.push_back([checker](std::vector<std::string>* lines) {
            if (lines != nullptr)
                for (const protocol_violation& v : checker->violations())
                    lines->push_back(v.line());
            return checker->violation_count();
        });
    }
    void keep(std::unique_ptr<sc_core::sc_module> module) { modules_.push_back(std::move(module)); }

    /// Binds `module` behind what is on the link so far: `end`, or nothing but its first socket.
    template <typename First, typename Module>
    static void chain(First& first, tlm::tlm_initiator_socket<>*& end, Module& module) {
        if (end == nullptr)
            first.bind(module.in);
        else
            end->bind(module.in);
        end = &module.out;
    }
    trace_scope scope_of(const std::string& path) const { return {*options_.trace, path, clock_.period().value()}; }
    static std::string unique(const char* what, const std::string& name) {
        return sc_core::sc_gen_unique_name((what + name).c_str());
    }
    clock_gate& own_gate(const std::string& name) {
        gates_.push_back(std::make_unique<clock_gate>(unique("clock_stall_", name).c_str(), clock_));
        return *gates_.back();
    }
    /// The fault of the link of this name that is bound now, if it has one.
    const link_fault* fault_on(const std::string& name, bool (*can)(link_fault::kind));

    const link_options options_;
    clock_domain& clock_;
    clock_gate gate_;
    std::vector<std::unique_ptr<clock_gate>> gates_;
    std::vector<memory_stall*> stalls_;
    std::map<std::string, unsigned> bound_;  // links so far, by name
    std::vector<const link_fault*> placed_;
    std::map<std::string, std::vector<std::function<link_totals()>>> counted_;
    std::vector<std::function<std::uint64_t(std::vector<std::string>*)>> checkers_;
    std::vector<std::function<void()>> at_end_;
    std::map<std::string, std::shared_ptr<void>> monitors_;
    std::vector<std::unique_ptr<sc_core::sc_module>> modules_;
};

}  // namespace pade
