// For the tests of this folder: an initiator that works through a list of accesses on one socket.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tlm/dram/hbm2_controller.h"
#include "tlm/payload_pool.h"

namespace pade::test {

struct access {
    bool write = false;
    std::uint64_t address = 0;
    double not_before_ns = 0;
    unsigned bytes = 32;
    std::vector<unsigned char> data = {};
    std::vector<unsigned char> enables = {};
    unsigned streaming_width = ~0u;  // ~0: the length
    int command = -1;                // a tlm_command other than what `write` says

    // what came of it
    double accepted_ns = -1;
    double done_ns = -1;
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
};

class traffic : public sc_core::sc_module {
  public:
    PADE_HAS_PROCESS(traffic);
    /// How END_RESP comes: by return value, by a call later or from inside the call of BEGIN_RESP, or by a return value
    /// that says it is to come `annotated_ns` later.
    enum class ending { completed, updated, later, nested, annotated };
    static constexpr double annotated_ns = 2.5;

    tlm_utils::simple_initiator_socket<traffic> socket{"socket"};
    std::vector<access> list;
    unsigned outstanding = 32;
    ending end_by = ending::completed;
    double end_after_ns = 0;              // ending::later
    std::function<double()> random_end;   // ending::later: how long after, instead of end_after_ns
    std::function<ending()> random_kind;  // instead of end_by, for each response
    unsigned done = 0;
    payload_pool pool;

    explicit traffic(sc_core::sc_module_name name) : sc_module(name) {
        socket.register_nb_transport_bw(this, &traffic::backward);
        SC_METHOD(issue);
        sensitive << go_;
        SC_METHOD(end_response);
        sensitive << end_;
        dont_initialize();
    }

    bool all_done() const { return done == list.size(); }
    double last_ns() const {
        double last = 0;
        for (const access& each : list)
            last = std::max(last, each.done_ns);
        return last;
    }

  private:
    static double now_ns() { return sc_core::sc_time_stamp().to_seconds() * 1e9; }

    void issue() {
        while (!request_open_ && next_ < list.size() && in_flight_ < outstanding) {
            access& a = list[next_];
            if (a.not_before_ns > now_ns() + 1e-6) {
                go_.notify(sc_core::sc_time(a.not_before_ns, sc_core::SC_NS) - sc_core::sc_time_stamp());
                return;
            }
            auto& payload = pool.acquire(a.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, a.address, a.bytes);
            if (a.command >= 0)
                payload.set_command(static_cast<tlm::tlm_command>(a.command));
            if (a.streaming_width != ~0u)
                payload.set_streaming_width(a.streaming_width);
            std::memset(payload.get_data_ptr(), 0xee, payload_pool::max_bytes);
            if (a.write && !a.data.empty())
                std::memcpy(payload.get_data_ptr(), a.data.data(), std::min(a.data.size(), std::size_t{a.bytes}));
            if (!a.enables.empty()) {
                payload.set_byte_enable_ptr(a.enables.data());
                payload.set_byte_enable_length(static_cast<unsigned>(a.enables.size()));
            }
            numbers_[&payload] = next_++;
            ++in_flight_;
            request_open_ = true;
            open_ = &payload;
            tlm::tlm_phase phase = tlm::BEGIN_REQ;
            sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
            const auto result = socket->nb_transport_fw(payload, phase, delay);
            if (result == tlm::TLM_UPDATED && phase == tlm::END_REQ)
                accepted(payload);
            else if (result == tlm::TLM_COMPLETED) {
                accepted(payload);
                finished(payload);
            }
        }
    }

    void accepted(tlm::tlm_generic_payload& payload) {
        list[numbers_.at(&payload)].accepted_ns = now_ns();
        request_open_ = false;
        open_ = nullptr;
    }

    void finished(tlm::tlm_generic_payload& payload) {
        const auto found = numbers_.find(&payload);
        access& a = list[found->second];
        numbers_.erase(found);
        a.done_ns = now_ns();
        a.status = payload.get_response_status();
        if (!a.write)
            a.data.assign(payload.get_data_ptr(), payload.get_data_ptr() + std::min(a.bytes, payload_pool::max_bytes));
        ++done;
        --in_flight_;
        payload.release();
        go_.notify(sc_core::SC_ZERO_TIME);
    }

    tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
        if (phase == tlm::END_REQ) {
            accepted(payload);
            go_.notify(sc_core::SC_ZERO_TIME);
            return tlm::TLM_ACCEPTED;
        }
        if (phase != tlm::BEGIN_RESP || ending_ != nullptr)
            SC_REPORT_ERROR("traffic", "the target broke the protocol");
        if (open_ == &payload)
            accepted(payload);
        const ending how = random_kind ? random_kind() : end_by;
        if (how == ending::later) {
            ending_ = &payload;
            end_.notify(sc_core::sc_time(random_end ? random_end() : end_after_ns, sc_core::SC_NS));
            return tlm::TLM_ACCEPTED;
        }
        if (how == ending::nested) {
            ending_ = &payload;
            end_response();
            return tlm::TLM_ACCEPTED;
        }
        finished(payload);
        if (how == ending::annotated)
            delay += sc_core::sc_time(annotated_ns, sc_core::SC_NS);
        if (how == ending::completed || how == ending::annotated)
            return tlm::TLM_COMPLETED;
        phase = tlm::END_RESP;
        return tlm::TLM_UPDATED;
    }

    void end_response() {
        tlm::tlm_generic_payload& payload = *ending_;
        payload.acquire();
        ending_ = nullptr;
        finished(payload);
        tlm::tlm_phase phase = tlm::END_RESP;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        socket->nb_transport_fw(payload, phase, delay);
        payload.release();
    }

    sc_core::sc_event go_{"go"}, end_{"end"};
    std::size_t next_ = 0;
    unsigned in_flight_ = 0;
    bool request_open_ = false;
    tlm::tlm_generic_payload* open_ = nullptr;
    tlm::tlm_generic_payload* ending_ = nullptr;
    std::unordered_map<tlm::tlm_generic_payload*, std::size_t> numbers_;
};

/// A controller with a traffic generator on each pseudo channel, and the log of its commands.
struct bench {
    explicit bench(const std::string& name, const dram_params& params, const clock_params& clocks = {},
                   bool reverse = false)
        : dram((name + "_dram").c_str(), params, clocks), drivers(dram.channel.size()) {
        dram.log_commands([this](const dram_command& c) { log.push_back(c); });
        for (std::size_t k = 0; k < drivers.size(); ++k) {
            const std::size_t n = reverse ? drivers.size() - 1 - k : k;
            drivers[n] = std::make_unique<traffic>((name + "_traffic_" + std::to_string(n)).c_str());
            drivers[n]->socket.bind(dram.channel[static_cast<unsigned>(n)]);
        }
    }
    std::uint64_t at(unsigned row, unsigned bank, unsigned group, unsigned column, unsigned channel = 0) const {
        return dram.map().encode({row, bank, group, channel, column, 0});
    }
    traffic& driver(std::size_t n = 0) { return *drivers[n]; }
    /// Cycle of the n-th command of a kind.
    cycle_t cycle_of(dram_command_kind kind, std::size_t n = 0) const {
        for (const dram_command& c : log)
            if (c.kind == kind && n-- == 0)
                return c.cycle;
        throw std::runtime_error(std::string("no such command in the log: ") + name_of(kind));
    }

    hbm2_controller dram;
    std::vector<std::unique_ptr<traffic>> drivers;
    std::vector<dram_command> log;
};

inline dram_params channels(unsigned count) {
    dram_params params;
    params.pseudo_channels = count;
    return params;
}

}  // namespace pade::test
