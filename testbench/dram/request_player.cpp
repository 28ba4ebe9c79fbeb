#include "testbench/dram/request_player.h"

#include <algorithm>

#include "model/errors.h"
#include "tlm/payload_pool.h"

namespace pade {

using sc_core::sc_time;

namespace {

/// A division, so that whole nanoseconds come out whole.
double in_ns(sc_time::value_type ticks) {
    static const double ticks_per_ns = sc_time(1, sc_core::SC_NS) / sc_core::sc_get_time_resolution();
    return static_cast<double>(ticks) / ticks_per_ns;
}

/// A payload that knows its request.
struct played : tlm::tlm_generic_payload {
    explicit played(tlm::tlm_mm_interface* manager) : tlm::tlm_generic_payload(manager) {}
    std::uint32_t line = 0;
    sc_time::value_type accepted = 0;
};

}  // namespace

/// The initiator of one pseudo channel.
class request_player::port : public tlm::tlm_bw_transport_if<>, public tlm::tlm_mm_interface {
  public:
    tlm::tlm_initiator_socket<> socket;
    std::vector<std::uint32_t> in_order;  // lines without `after`

    port(request_player& owner, unsigned index) : socket(("socket_" + std::to_string(index)).c_str()), owner_(owner) {
        socket.bind(*this);
    }

    void released(std::uint32_t line) { ready_.push(line); }

    /// Takes the next request if it may go at `now`; otherwise the cycle to ask again, no_edge if a callback will tell.
    cycle_t issue(cycle_t now) {
        if (open_ != nullptr)
            return no_edge;
        if (issued_at_ == now)
            return anything_left() ? now + 1 : no_edge;
        if (!anything_left())
            return no_edge;
        const auto due = [&](std::uint32_t line) { return owner_.requests_[line].cycle; };
        const bool from_ready =
            !ready_.empty() && (next_ == in_order.size() || due(ready_.top()) <= now || due(in_order[next_]) > now);
        const std::uint32_t line = from_ready ? ready_.top() : in_order[next_];
        const memory_request& request = owner_.requests_[line];
        if (request.cycle > now)
            return next_ == in_order.size() ? request.cycle : std::min(request.cycle, due(in_order[next_]));
        if (!request.write && owner_.outstanding_ != 0 && reads_ >= owner_.outstanding_)
            return no_edge;
        if (from_ready)
            ready_.pop();
        else
            ++next_;
        send(line, request, now);
        return anything_left() && open_ == nullptr ? now + 1 : no_edge;
    }

    bool busy() const { return open_ != nullptr || reads_ != 0; }
    std::string waits_for() const {
        if (open_ != nullptr)
            return "line " + std::to_string(open_->line) + " waits for END_REQ";
        return reads_ == 0 ? "" : std::to_string(reads_) + " reads wait for their data";
    }

    void free(tlm::tlm_generic_payload* payload) override { free_.push_back(static_cast<played*>(payload)); }

  private:
    bool anything_left() const { return next_ != in_order.size() || !ready_.empty(); }

    void send(std::uint32_t line, const memory_request& request, cycle_t now) {
        if (free_.empty()) {
            all_.push_back(std::make_unique<played>(this));
            free_.push_back(all_.back().get());
        }
        played& payload = *free_.back();
        free_.pop_back();
        const unsigned bytes = owner_.memory_.map().atom_bytes();
        payload.line = line;
        payload.set_command(request.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
        payload.set_address(request.address);
        payload.set_data_ptr(data_);
        payload.set_data_length(bytes);
        payload.set_streaming_width(bytes);
        payload.set_byte_enable_ptr(nullptr);
        payload.set_dmi_allowed(false);
        payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        payload.acquire();
        reads_ += request.write ? 0 : 1;
        issued_at_ = now;
        owner_.first_issue_ = std::min(owner_.first_issue_, now);
        open_ = &payload;
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_time delay = sc_core::SC_ZERO_TIME;
        if (socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_UPDATED && phase == tlm::END_REQ)
            accepted(payload);
    }

    void accepted(played& payload) {
        payload.accepted = sc_core::sc_time_stamp().value();
        open_ = nullptr;
    }

    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& base, tlm::tlm_phase& phase, sc_time&) override {
        auto& payload = static_cast<played&>(base);
        owner_.issue_.notify(sc_core::SC_ZERO_TIME);
        if (phase == tlm::END_REQ) {
            accepted(payload);
            return tlm::TLM_ACCEPTED;
        }
        if (open_ == &payload)
            accepted(payload);
        if (payload.get_response_status() != tlm::TLM_OK_RESPONSE)
            throw internal_error("line " + std::to_string(payload.line) + ": the controller answered with " +
                                 payload.get_response_string());
        const bool read = payload.is_read();
        reads_ -= read ? 1 : 0;
        owner_.completed(payload.line, read, in_ns(sc_core::sc_time_stamp().value() - payload.accepted));
        payload.release();
        return tlm::TLM_COMPLETED;
    }

    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

    request_player& owner_;
    std::size_t next_ = 0;
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready_;  // their `after` has come
    unsigned reads_ = 0;                                                                    // in flight
    cycle_t issued_at_ = no_edge;
    played* open_ = nullptr;  // BEGIN_REQ without END_REQ
    unsigned char data_[payload_pool::max_bytes] = {};
    std::vector<std::unique_ptr<played>> all_;
    std::vector<played*> free_;
};

request_player::request_player(sc_core::sc_module_name name, hbm2_controller& memory, const request_list& requests,
                               unsigned outstanding, bool check_tlm)
    : sc_module(name),
      memory_(memory),
      requests_(requests),
      outstanding_(outstanding),
      period_(memory.clock.period().value()) {
    if (memory.map().atom_bytes() > payload_pool::max_bytes)
        throw input_error("dram.bus_bits / 8 * dram.burst_length is " + std::to_string(memory.map().atom_bytes()) +
                          " B; allowed: at most " + std::to_string(payload_pool::max_bytes) + " B");
    for (unsigned n = 0; n < memory.channel.size(); ++n) {
        ports_.push_back(std::make_unique<port>(*this, n));
        auto& socket = ports_.back()->socket;
        if (check_tlm) {
            checkers_.push_back(std::make_unique<protocol_checker>(("check_" + std::to_string(n)).c_str()));
            socket.bind(checkers_.back()->in);
            checkers_.back()->out.bind(memory.channel[n]);
        } else {
            socket.bind(memory.channel[n]);
        }
    }
    std::size_t reads = 0, waiting = 0;
    for (const memory_request& request : requests) {
        reads += request.write ? 0 : 1;
        waiting += request.after == memory_request::no_line ? 0 : 1;
    }
    latencies_.reserve(reads);
    if (waiting != 0) {
        first_dependent_.resize(requests.size() + 1);
        dependents_.resize(waiting);
        port_of_.resize(requests.size());
        for (const memory_request& request : requests)
            if (request.after != memory_request::no_line)
                ++first_dependent_[request.after + 1];
        for (std::size_t n = 0; n < requests.size(); ++n)
            first_dependent_[n + 1] += first_dependent_[n];
    }
    std::vector<std::uint32_t> filled(first_dependent_);
    for (std::uint32_t line = 0; line < requests.size(); ++line) {
        const memory_request& request = requests[line];
        port& at = *ports_[memory.map().decode(request.address).pseudo_channel];
        if (waiting != 0)
            port_of_[line] = &at;
        if (request.after == memory_request::no_line)
            at.in_order.push_back(line);
        else
            dependents_[filled[request.after]++] = line;
    }
    SC_METHOD(edge);
    sensitive << edge_;
    dont_initialize();
    SC_METHOD(issue);
    sensitive << issue_;
}

request_player::~request_player() = default;

void request_player::edge() {
    edge_set_ = no_edge;
    issue_.notify(sc_core::SC_ZERO_TIME);
}

void request_player::wake(cycle_t cycle) {
    if (cycle >= edge_set_)
        return;
    edge_set_ = cycle;
    edge_.cancel();
    edge_.notify(sc_time::from_value(cycle * period_) - sc_core::sc_time_stamp());
}

void request_player::issue() {
    // Callbacks come at edges of the DRAM clock, and so does edge().
    const cycle_t now = sc_core::sc_time_stamp().value() / period_;
    cycle_t next = no_edge;
    for (auto& each : ports_)
        next = std::min(next, each->issue(now));
    if (next != no_edge)
        wake(next);
}

void request_player::completed(std::uint32_t line, bool read, double latency_ns) {
    if (read) {
        latencies_.push_back(latency_ns);
        last_read_ns_ = in_ns(sc_core::sc_time_stamp().value());
    }
    if (!dependents_.empty())
        for (std::uint32_t n = first_dependent_[line]; n < first_dependent_[line + 1]; ++n)
            port_of_[dependents_[n]]->released(dependents_[n]);
    if ((++completed_ & 0xffff) == 0 && progress_)
        progress_(completed_);
}

bool request_player::busy() const {
    return std::any_of(ports_.begin(), ports_.end(), [](const auto& each) { return each->busy(); });
}

std::uint64_t request_player::protocol_violations(std::vector<std::string>& lines) {
    std::uint64_t count = 0;
    for (auto& checker : checkers_) {
        checker->finish();
        count += checker->violation_count();
        for (const protocol_violation& each : checker->violations())
            lines.push_back(each.line());
    }
    return count;
}

std::string request_player::waits_for() const {
    std::string text;
    for (std::size_t n = 0; n < ports_.size(); ++n)
        if (const std::string line = ports_[n]->waits_for(); !line.empty())
            text += "\npseudo channel " + std::to_string(n) + ": " + line;
    return text;
}

}  // namespace pade
