#include "model/control/register_file.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace pade {

namespace {

constexpr std::uint64_t atom_bytes = 32;  // Q, V and O lie in whole atoms

bool is_register(std::uint64_t address) {
    if (address <= reg::status || (address >= reg::phase && address < reg::job_end))
        return true;
    if (address >= reg::head_base && address < reg::head_base + reg::max_heads * reg::head_stride)
        return (address - reg::head_base) % reg::head_stride < reg::head_fields_end;
    return address >= reg::kv_base && address < reg::space;
}

}  // namespace

register_file::register_file(sc_core::sc_module_name name, const link_params& link)
    : clocked_module(name), link_latency_(link.latency), registers_(reg::space / 8) {
    bus.register_b_transport(this, &register_file::b_transport);
    finished.on_item<register_file, &register_file::on_finished>(this);
}

void register_file::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_dmi_allowed(false);
    payload.set_response_status(access(payload));
}

tlm::tlm_response_status register_file::access(tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (payload.get_byte_enable_ptr() != nullptr)
        return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (payload.get_data_length() != 8 || payload.get_streaming_width() < 8)
        return tlm::TLM_BURST_ERROR_RESPONSE;
    if (address % 8 != 0 || !is_register(address))
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    std::uint64_t value = 0;
    if (payload.is_write()) {
        std::memcpy(&value, payload.get_data_ptr(), sizeof value);
        return write(address, value);
    }
    if (payload.is_read()) {
        value = at(address);
        if (address == reg::status)
            value =
                (state_ == state::starting || state_ == state::running ? 1u : 0u) | (state_ == state::done ? 2u : 0u);
        std::memcpy(payload.get_data_ptr(), &value, sizeof value);
    }
    return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status register_file::write(std::uint64_t address, std::uint64_t value) {
    if (address == reg::control && value == 2 && state_ == state::done) {
        state_ = state::idle;
        wake();  // the interrupt has one writer, step()
        return tlm::TLM_OK_RESPONSE;
    }
    if (address == reg::status || state_ == state::starting || state_ == state::running)
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (address != reg::control) {
        registers_[address / 8] = value;
        return tlm::TLM_OK_RESPONSE;
    }
    auto work = value == 1 ? make_job() : nullptr;
    if (!work)
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    pending_ = std::move(work);
    state_ = state::starting;
    wake();
    return tlm::TLM_OK_RESPONSE;
}

double register_file::real(std::uint64_t address) const {
    const std::uint64_t bits = at(address);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

std::shared_ptr<const job> register_file::make_job() const {
    auto work = std::make_shared<job>();
    bool fits = true;  // no number is wider than its field
    const auto number = [&](std::uint64_t address) {
        fits = fits && at(address) <= std::numeric_limits<std::uint32_t>::max();
        return static_cast<std::uint32_t>(at(address));
    };
    const auto offset = static_cast<std::int64_t>(at(reg::causal_offset));
    work->phase = at(reg::phase) == 1 ? job_phase::decode : job_phase::prefill;
    work->queries = number(reg::queries);
    work->first_query = number(reg::first_query);
    work->keys = number(reg::keys);
    work->head_dim = number(reg::head_dim);
    work->causal = at(reg::causal) != 0;
    work->causal_offset = static_cast<std::int32_t>(offset);
    work->alpha = real(reg::alpha);
    work->radius = real(reg::radius);
    work->o_row_bytes = number(reg::o_row_bytes);
    work->spill_address = at(reg::spill_address);
    const std::uint64_t heads = at(reg::heads);
    const std::uint64_t kv_heads = at(reg::kv_heads);
    if (heads == 0 || heads > reg::max_heads || kv_heads == 0 || kv_heads > reg::max_heads || work->queries == 0 ||
        work->keys == 0 || work->head_dim == 0 || work->head_dim > max_head_dim || work->head_dim % 8 != 0 ||
        at(reg::phase) > 1 || at(reg::causal) > 1 || work->causal_offset != offset || work->o_row_bytes == 0 ||
        work->o_row_bytes % atom_bytes != 0 || work->spill_address % atom_bytes != 0 || !std::isfinite(work->alpha) ||
        work->alpha < 0 || !std::isfinite(work->radius) || work->radius < 0)
        return nullptr;
    for (std::uint64_t i = 0; i < heads; ++i) {
        const std::uint64_t base = reg::head_base + i * reg::head_stride;
        job_head head;
        head.kv = number(base + reg::head_kv);
        head.logit_scale = real(base + reg::head_logit_scale);
        head.v_scale = real(base + reg::head_v_scale);
        head.q_address = at(base + reg::head_q_address);
        head.o_address = at(base + reg::head_o_address);
        if (head.kv >= kv_heads || !(head.logit_scale > 0) || !std::isfinite(head.logit_scale) ||
            !std::isfinite(head.v_scale) || head.q_address % atom_bytes != 0 || head.o_address % atom_bytes != 0)
            return nullptr;
        work->heads.push_back(head);
    }
    for (std::uint64_t i = 0; i < kv_heads; ++i) {
        const std::uint64_t base = reg::kv_base + i * reg::kv_stride;
        work->kv_heads.push_back({number(base + reg::kv_k_row), at(base + reg::kv_v_address)});
        if (work->kv_heads.back().v_address % atom_bytes != 0)
            return nullptr;
    }
    if (!fits || work->visible_keys(0) == 0)
        return nullptr;  // a query that sees no key has no output; the later ones see more
    return work;
}

void register_file::on_finished(unsigned, job_item& item) {
    finished_in_.push(item, item.visible);
    wake_at(item.visible);
}

void register_file::step(cycle_t now) {
    if (state_ == state::starting) {
        state_ = state::running;
        started_at_ = now;
        running_.set(1);
        started.write(now);
        ++jobs_;
        job_item item;
        item.work = pending_;
        start.send(item, now + link_latency_);
    }
    if (finished_in_.ready(now)) {
        finished_in_.pop();
        state_ = state::done;
        finished_at_ = now;
        running_.set(0);
    }
    interrupt.write(state_ == state::done);
}

}  // namespace pade
