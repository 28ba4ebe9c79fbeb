// The bindings of the chip: each link goes through a monitor that counts it, and each memory link through a protocol
// checker where that is asked for. Links of one name (the 128 plane links, say) are counted together.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tlm/clock.h"
#include "tlm/link_monitor.h"
#include "tlm/protocol_checker.h"
#include "tlm/stream_checker.h"
#include "tlm/wire_bytes.h"

namespace pade {

struct link_totals {
    std::uint64_t transactions = 0;
    std::uint64_t bytes = 0;
};

class link_set {
  public:
    /// check: put a checker on every link. clock: a gate of the senders' domain, for the checkers of streams.
    link_set(bool check, clock_if& clock) : check_(check), clock_(clock) {}

    template <typename Payload>
    void stream(const std::string& name, stream_initiator<Payload>& from, stream_target<Payload>& to) {
        if (check_) {
            auto checker =
                std::make_unique<stream_checker<Payload>>(sc_core::sc_gen_unique_name(("check_" + name).c_str()));
            checker->clk(clock_);
            from.bind(checker->in);
            checker->out.bind(to);
            watch(checker.get());
            keep(std::move(checker));
        } else {
            from.bind(to);
        }
        from.watch(&monitor_of<Payload>(name));
    }

    template <typename Initiator, typename Target>
    void memory(const std::string& name, Initiator& from, Target& to) {
        auto monitor = std::make_unique<memory_monitor>(sc_core::sc_gen_unique_name(("link_" + name).c_str()));
        if (check_) {
            auto checker = std::make_unique<protocol_checker>(sc_core::sc_gen_unique_name(("check_" + name).c_str()));
            from.bind(checker->in);
            checker->out.bind(monitor->in);
            protocol_checker* p = checker.get();
            at_end_.push_back([p] { p->finish(); });
            watch(p);
            keep(std::move(checker));
        } else {
            from.bind(monitor->in);
        }
        monitor->out.bind(to);
        count(name, monitor.get());
        keep(std::move(monitor));
    }

    std::map<std::string, link_totals> totals() const;
    bool checked() const { return check_; }
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

    bool check_;
    clock_if& clock_;
    std::map<std::string, std::vector<std::function<link_totals()>>> counted_;
    std::vector<std::function<std::uint64_t(std::vector<std::string>*)>> checkers_;
    std::vector<std::function<void()>> at_end_;
    std::map<std::string, std::shared_ptr<void>> monitors_;
    std::vector<std::unique_ptr<sc_core::sc_module>> modules_;
};

}  // namespace pade
