#include "model/memory/memory_arbiter.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

namespace {
constexpr unsigned nowhere = ~0u;
constexpr auto kv_client = static_cast<std::size_t>(memory_client::kv);
template <typename Mask>
unsigned lowest(Mask mask) {
    return static_cast<unsigned>(__builtin_ctzll(mask));
}
std::uint32_t bit(unsigned i) {
    return std::uint32_t{1} << i;
}
}  // namespace

memory_arbiter::memory_arbiter(sc_core::sc_module_name name, const dram_params& dram)
    : clocked_module(name),
      kv("kv", dram.pseudo_channels),
      channel("channel", dram.pseudo_channels),
      channels_(dram.pseudo_channels),
      arbiter_queue_(dram.arbiter_queue),
      path_latency_(dram.path_latency),
      delay_channel_(dram.delay_channel),
      delay_cycles_(dram.delay_cycles),
      map_(dram),
      inputs_(first_kv_input + channels_, input(dram.arbiter_queue)),
      outputs_(channels_) {
    q.register_nb_transport_fw(this, &memory_arbiter::from_client, static_cast<int>(q_input));
    write_back.register_nb_transport_fw(this, &memory_arbiter::from_client, static_cast<int>(write_back_input));
    spill.register_nb_transport_fw(this, &memory_arbiter::from_client, static_cast<int>(spill_input));
    host.register_transport_dbg(this, &memory_arbiter::debug);
    for (unsigned c = 0; c < channels_; ++c) {
        kv[c].register_nb_transport_fw(this, &memory_arbiter::from_client, static_cast<int>(first_kv_input + c));
        channel[c].register_nb_transport_bw(this, &memory_arbiter::from_controller, static_cast<int>(c));
    }
    counters_.per_channel.resize(channels_);
    counters_.input_peak.resize(inputs_.size());
    counters_.return_peak.resize(channels_);
    counters_.channel_busy.resize(channels_);
}

unsigned memory_arbiter::debug(payload& trans) {
    if (trans.get_address() >= map_.bytes())
        return 0;
    return channel[map_.decode(trans.get_address()).pseudo_channel]->transport_dbg(trans);
}

// ---- sockets -> registers -----------------------------------------------------------------------------------------

tlm::tlm_sync_enum memory_arbiter::from_client(int id, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
    const auto i = static_cast<unsigned>(id);
    input& in = inputs_[i];
    if (phase == tlm::BEGIN_REQ) {
        trans.acquire();
        ++in_flight_;
        asking_ |= std::uint64_t{1} << i;
        wake();
        const bool taken = in.requests.put(trans, now());
        const auto waiting = static_cast<std::uint32_t>(in.requests.size() + (taken ? 0 : 1));
        counters_.input_peak[i] = std::max(counters_.input_peak[i], waiting);
        if (!taken)
            return tlm::TLM_ACCEPTED;
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    if (phase != tlm::END_RESP || in.response.open() != &trans) {
        SC_REPORT_ERROR("pade/memory_arbiter", "a client sent a phase that is not due");
        return tlm::TLM_ACCEPTED;
    }
    in.response.end(now());
    trans.release();
    --in_flight_;
    wake();
    return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum memory_arbiter::from_controller(int id, payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
    const auto c = static_cast<unsigned>(id);
    output& out = outputs_[c];
    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) {
        SC_REPORT_ERROR("pade/memory_arbiter", "the controller sent a phase that is not due");
        return tlm::TLM_ACCEPTED;
    }
    if (out.request.open() == &trans)  // by END_REQ, or by a BEGIN_RESP that stands for it too
        out.request.end(now());
    wake();
    if (phase == tlm::END_REQ)
        return tlm::TLM_ACCEPTED;
    if (out.held != nullptr)
        throw internal_error("base protocol: a second BEGIN_RESP came before the END_RESP of the first");
    if (return_has_room(c, now())) {
        answered(c, trans, now() + 1);
        return tlm::TLM_COMPLETED;
    }
    out.held = &trans;
    out.held_at = now();
    holding_ |= bit(c);
    return tlm::TLM_ACCEPTED;
}

// ---- one cycle ----------------------------------------------------------------------------------------------------

void memory_arbiter::step(cycle_t now) {
    for (; blocked_ != 0; blocked_ &= blocked_ - 1)
        counters_.channel_busy[lowest(blocked_)] += now - stepped_ - 1;  // while this module slept
    stepped_ = now;
    again_ = false;
    if (holding_ != 0)
        admit_answers(now);
    if (answering_ != 0)
        send_answers(now);
    if (asking_ != 0)
        forward(now);
    if (again_)
        wake();
    else if (answering_ != 0)
        schedule_answers(now);
}

/// The channel of an input's oldest request; false if there is none to be seen, or it was refused.
bool memory_arbiter::look(unsigned i, cycle_t now, unsigned& c) {
    input& in = inputs_[i];
    if (payload* late = in.requests.admit(now)) {
        tlm::tlm_phase phase = tlm::END_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        socket_of(i)->nb_transport_bw(*late, phase, delay);
    }
    if (!in.requests.ready(now)) {
        if (in.requests.empty() && !in.requests.holds_back())
            asking_ &= ~(std::uint64_t{1} << i);
        return false;
    }
    payload& trans = in.requests.front();
    const std::uint64_t address = trans.get_address();
    const unsigned bytes = trans.get_data_length();
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
    if (address >= map_.bytes()) {
        status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
    } else if (bytes == 0 || address % map_.atom_bytes() + bytes > map_.atom_bytes()) {
        status = tlm::TLM_BURST_ERROR_RESPONSE;
    } else {
        c = static_cast<unsigned>(map_.decode(address).pseudo_channel);
        if (i < first_kv_input || c == i - first_kv_input)
            return true;
        status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    // A refusal takes the return path too, so that no answer overtakes another.
    const unsigned back = i < first_kv_input ? 0 : i - first_kv_input;
    trans.set_response_status(status);
    in.requests.pop(now);
    ++counters_.per_channel[back][client_of(i)].errors;
    put_answer(back, client_of(i), trans, now + 1);
    again_ = true;
    return false;
}

void memory_arbiter::forward(cycle_t now) {
    kv_wants_ = 0;
    channel_of_.fill(nowhere);
    std::uint32_t wanted = 0;
    for (std::uint64_t left = asking_; left != 0; left &= left - 1) {
        const unsigned i = lowest(left);
        unsigned c = 0;
        if (!look(i, now, c))
            continue;
        wanted |= bit(c);
        if (i < first_kv_input)
            channel_of_[i] = c;
        else
            kv_wants_ |= bit(c);
    }
    for (; wanted != 0; wanted &= wanted - 1) {
        const unsigned c = lowest(wanted);
        output& out = outputs_[c];
        if (out.request.free(now)) {
            send_request(c, winner(c), now);
            again_ = true;  // those that lost, and those behind the winner
        } else {
            ++counters_.channel_busy[c];
            blocked_ |= bit(c);
            again_ |= out.request.open() == nullptr;
        }
    }
}

unsigned memory_arbiter::winner(unsigned c) {
    output& out = outputs_[c];
    unsigned oldest = nowhere;
    for (unsigned i = 0; i < first_kv_input; ++i)
        if (channel_of_[i] == c &&
            (oldest == nowhere || inputs_[i].requests.visible_at() < inputs_[oldest].requests.visible_at()))
            oldest = i;
    const bool kv_here = (kv_wants_ & bit(c)) != 0;
    if (kv_here && (out.kv_turn || oldest == nowhere)) {
        out.kv_turn = false;
        return first_kv_input + c;
    }
    out.kv_turn = true;
    return oldest;
}

void memory_arbiter::send_request(unsigned c, unsigned i, cycle_t now) {
    output& out = outputs_[c];
    payload& trans = inputs_[i].requests.front();
    inputs_[i].requests.pop(now);
    if (i < first_kv_input)
        out.not_kv[i].push_back(&trans);
    ++out.with_controller;
    ++progress_;
    out.request.begin(trans);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum answer = channel[c]->nb_transport_fw(trans, phase, delay);
    if (answer == tlm::TLM_ACCEPTED)
        return;
    out.request.end(now);
    if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ)
        return;
    // Answered at once: TLM_COMPLETED, or BEGIN_RESP in the return value.
    answered(c, trans, now + 1);
    if (answer == tlm::TLM_UPDATED) {
        phase = tlm::END_RESP;
        channel[c]->nb_transport_fw(trans, phase, delay);
    }
}

// ---- the way back -------------------------------------------------------------------------------------------------

/// Each answer that can be on the path at one a cycle has a place there, and arbiter_queue more may wait at its end.
bool memory_arbiter::return_has_room(unsigned c, cycle_t now) const {
    const output& out = outputs_[c];
    const unsigned popped = out.answers_popped_at == now ? out.answers_popped : 0;
    return out.answers_waiting + popped < return_latency(c) + arbiter_queue_;
}

void memory_arbiter::answered(unsigned c, payload& trans, cycle_t crossing) {
    output& out = outputs_[c];
    std::size_t client = kv_client;
    for (unsigned i = 0; i < first_kv_input; ++i) {
        auto& sent = out.not_kv[i];
        const auto at = std::find(sent.begin(), sent.end(), &trans);
        if (at != sent.end()) {
            *at = sent.back();
            sent.pop_back();
            client = i;
            break;
        }
    }
    --out.with_controller;
    put_answer(c, client, trans, crossing);
}

void memory_arbiter::put_answer(unsigned c, std::size_t client, payload& trans, cycle_t crossing) {
    output& out = outputs_[c];
    out.answers[client].push(&trans, crossing + return_latency(c) - 1);
    ++out.answers_waiting;
    ++answers_for_[client];
    answering_ |= bit(c);
    counters_.return_peak[c] = std::max<std::uint32_t>(counters_.return_peak[c], out.answers_waiting);
}

void memory_arbiter::admit_answers(cycle_t now) {
    for (std::uint32_t left = holding_; left != 0; left &= left - 1) {
        const unsigned c = lowest(left);
        output& out = outputs_[c];
        if (out.held_at >= now || !return_has_room(c, now))
            continue;
        payload& trans = *out.held;
        out.held = nullptr;
        holding_ &= ~bit(c);
        answered(c, trans, now);
        tlm::tlm_phase phase = tlm::END_RESP;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        channel[c]->nb_transport_fw(trans, phase, delay);
    }
}

void memory_arbiter::send_answers(cycle_t now) {
    for (std::uint32_t left = answers_for_[kv_client] != 0 ? answering_ : 0; left != 0; left &= left - 1) {
        const unsigned c = lowest(left);
        if (outputs_[c].answers[kv_client].ready(now) && inputs_[first_kv_input + c].response.free(now))
            send_answer(first_kv_input + c, c, now);
    }
    for (unsigned i = 0; i < first_kv_input; ++i) {
        if (answers_for_[i] == 0 || !inputs_[i].response.free(now))
            continue;
        unsigned oldest = nowhere;
        for (std::uint32_t left = answering_; left != 0; left &= left - 1) {
            const unsigned c = lowest(left);
            const auto& answers = outputs_[c].answers[i];
            if (answers.ready(now) &&
                (oldest == nowhere || answers.visible_at() < outputs_[oldest].answers[i].visible_at()))
                oldest = c;
        }
        if (oldest != nowhere)
            send_answer(i, oldest, now);
    }
}

void memory_arbiter::send_answer(unsigned i, unsigned c, cycle_t now) {
    output& out = outputs_[c];
    input& in = inputs_[i];
    const std::size_t client = client_of(i);
    payload& trans = *out.answers[client].front();
    out.answers[client].pop();
    --answers_for_[client];
    out.answers_popped = out.answers_popped_at == now ? out.answers_popped + 1 : 1;
    out.answers_popped_at = now;
    if (--out.answers_waiting == 0)
        answering_ &= ~bit(c);
    again_ |= out.held != nullptr;
    client_counters& count = counters_.per_channel[c][client];
    ++count.transactions;
    count.bytes += trans.get_data_length();
    ++progress_;
    last_beat_ = now;
    in.response.begin(trans);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum answer = socket_of(i)->nb_transport_bw(trans, phase, delay);
    if (answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
        in.response.end(now);
        trans.release();
        --in_flight_;
    }
}

/// Wakes at the edge at which the next answer is due; one whose client is busy waits for that client's END_RESP.
void memory_arbiter::schedule_answers(cycle_t now) {
    cycle_t next = ~cycle_t{0};
    for (std::uint32_t left = answering_; left != 0; left &= left - 1) {
        const unsigned c = lowest(left);
        for (std::size_t client = 0; client < memory_clients; ++client) {
            const auto& answers = outputs_[c].answers[client];
            const unsigned i = client == kv_client ? first_kv_input + c : static_cast<unsigned>(client);
            if (!answers.empty() && inputs_[i].response.open() == nullptr)
                next = std::min(next, std::max(answers.visible_at(), now + 1));
        }
    }
    if (next == ~cycle_t{0} || next == scheduled_)
        return;
    scheduled_ = next;
    wake_at(next);
}

// ---- what a watchdog asks -----------------------------------------------------------------------------------------

bool memory_arbiter::with_controller(const payload& trans) const {
    const auto holds = [&trans](const registered_fifo<payload*>& queue) {
        for (std::size_t i = 0; i < queue.size(); ++i)
            if (queue.peek(i) == &trans)
                return true;
        return false;
    };
    for (const input& in : inputs_)
        if (in.requests.holds(trans) || in.response.open() == &trans)
            return false;
    for (const output& out : outputs_)
        if (std::any_of(std::begin(out.answers), std::end(out.answers), holds))
            return false;
    return trans.get_address() < map_.bytes() &&
           outputs_[map_.decode(trans.get_address()).pseudo_channel].with_controller != 0;
}

std::string memory_arbiter::waits_for() const {
    std::string text;
    const auto say = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    for (unsigned i = 0; i < inputs_.size(); ++i) {
        const input& in = inputs_[i];
        const std::string name = i == q_input            ? "q"
                                 : i == write_back_input ? "write_back"
                                 : i == spill_input      ? "spill"
                                                         : "kv[" + std::to_string(i - first_kv_input) + "]";
        if (!in.requests.empty())
            say(name + ": " + std::to_string(in.requests.size()) + " requests wait, the first for address " +
                std::to_string(in.requests.front().get_address()));
        if (in.response.open() != nullptr)
            say(name + ": END_RESP is due");
    }
    for (unsigned c = 0; c < channels_; ++c) {
        const output& out = outputs_[c];
        if (out.with_controller != 0 || out.answers_waiting != 0)
            say("channel[" + std::to_string(c) + "]: " + std::to_string(out.with_controller) +
                " requests with the controller" + (out.request.open() != nullptr ? " (END_REQ is due), " : ", ") +
                std::to_string(out.answers_waiting) + " answers on their way back");
    }
    return text;
}

}  // namespace pade
