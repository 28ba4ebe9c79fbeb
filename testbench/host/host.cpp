#include "testbench/host/host.h"

#include <algorithm>
#include <cstring>

#include "model/control/register_map.h"
#include "model/errors.h"
#include "model/layout/memory_plan.h"
#include "model/numeric/bit_planes.h"

namespace pade {

host::host(sc_core::sc_module_name name, const trace_set& trace, const params& p, std::vector<bit_flip> flips)
    : sc_module(name),
      trace_(trace),
      params_(p),
      map_(p.dram),
      flips_(std::move(flips)),
      layout_(make_k_layout(p.layout, map_, {trace.keys, trace.head_dim, p.lane.key_bits})) {
    SC_THREAD(run);
    describe_job();
    plan_memory(job_, *layout_, map_, p.output.bytes, p.ista.enabled ? 0 : spill_bytes(p, trace.keys));
}

void host::describe_job() {
    job_.phase = trace_.phase == trace_phase::decode ? job_phase::decode : job_phase::prefill;
    job_.queries = trace_.queries;
    job_.first_query = trace_.first_query;
    job_.keys = trace_.keys;
    job_.head_dim = trace_.head_dim;
    job_.causal = trace_.causal;
    job_.causal_offset = trace_.causal_offset;
    job_.alpha = params_.guard.alpha;
    job_.radius = params_.guard.radius;
    for (const trace_head& head : trace_.heads) {
        job_head h;
        h.kv = head.kv;
        // A key of B bits stands for 2^(8-B) times its value.
        h.logit_scale = head.logit_scale * static_cast<double>(1u << (8 - params_.lane.key_bits));
        h.v_scale = head.scale_v;
        job_.heads.push_back(h);
    }
    job_.kv_heads.resize(trace_.kv_heads.size());
}

void host::run() {
    load_tensors();
    for (const bit_flip& flip : flips_)
        apply(flip);
    program();
    wait(interrupt.posedge_event());
    write_register(reg::control, std::uint64_t{2});
    finished_ = true;
    sc_core::sc_stop();
}

void host::load_tensors() {
    const auto write = [this](std::uint64_t address, const std::uint8_t* data, unsigned bytes) {
        debug(tlm::TLM_WRITE_COMMAND, address, const_cast<std::uint8_t*>(data), bytes);
    };
    std::vector<std::uint8_t> row(job_.row_bytes());
    const auto write_rows = [&](std::uint64_t address, const std::vector<std::int8_t>& rows, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            std::memcpy(row.data(), rows.data() + std::size_t{i} * job_.head_dim, job_.head_dim);
            write(address + std::uint64_t{i} * row.size(), row.data(), static_cast<unsigned>(row.size()));
        }
    };
    for (std::size_t i = 0; i < job_.kv_heads.size(); ++i) {
        layout_->store(trace_.kv_heads[i].k.data(), job_.kv_heads[i].k_row, write);
        write_rows(job_.kv_heads[i].v_address, trace_.kv_heads[i].v, job_.keys);
    }
    for (std::size_t i = 0; i < job_.heads.size(); ++i)
        write_rows(job_.heads[i].q_address, trace_.heads[i].q, job_.queries);
}

void host::apply(const bit_flip& flip) {
    std::uint64_t address = 0;
    unsigned bit = flip.bit;
    if (flip.of == bit_flip::tensor::k) {
        const unsigned plane = params_.lane.key_bits - 1 - flip.bit;
        const k_bit at = layout_->bit_of(flip.row, flip.dim, plane);
        address = layout_->address(job_.kv_heads.at(flip.head).k_row, at.atom) + at.offset;
        bit = at.bit;
    } else {
        const std::uint64_t base =
            flip.of == bit_flip::tensor::q ? job_.heads.at(flip.head).q_address : job_.kv_heads.at(flip.head).v_address;
        address = base + std::uint64_t{flip.row} * job_.row_bytes() + flip.dim;
    }
    std::uint8_t byte = 0;
    debug(tlm::TLM_READ_COMMAND, address, &byte, 1);
    byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
    debug(tlm::TLM_WRITE_COMMAND, address, &byte, 1);
}

void host::program() {
    write_register(reg::phase, std::uint64_t{job_.phase == job_phase::decode ? 1u : 0u});
    write_register(reg::queries, std::uint64_t{job_.queries});
    write_register(reg::first_query, std::uint64_t{job_.first_query});
    write_register(reg::keys, std::uint64_t{job_.keys});
    write_register(reg::head_dim, std::uint64_t{job_.head_dim});
    write_register(reg::causal, std::uint64_t{job_.causal ? 1u : 0u});
    write_register(reg::causal_offset, static_cast<std::uint64_t>(std::int64_t{job_.causal_offset}));
    write_register(reg::alpha, job_.alpha);
    write_register(reg::radius, job_.radius);
    write_register(reg::o_row_bytes, std::uint64_t{job_.o_row_bytes});
    write_register(reg::spill_address, job_.spill_address);
    write_register(reg::heads, std::uint64_t{job_.heads.size()});
    write_register(reg::kv_heads, std::uint64_t{job_.kv_heads.size()});
    for (std::size_t i = 0; i < job_.heads.size(); ++i) {
        const std::uint64_t base = reg::head_base + i * reg::head_stride;
        write_register(base + reg::head_kv, std::uint64_t{job_.heads[i].kv});
        write_register(base + reg::head_logit_scale, job_.heads[i].logit_scale);
        write_register(base + reg::head_v_scale, job_.heads[i].v_scale);
        write_register(base + reg::head_q_address, job_.heads[i].q_address);
        write_register(base + reg::head_o_address, job_.heads[i].o_address);
    }
    for (std::size_t i = 0; i < job_.kv_heads.size(); ++i) {
        const std::uint64_t base = reg::kv_base + i * reg::kv_stride;
        write_register(base + reg::kv_k_row, std::uint64_t{job_.kv_heads[i].k_row});
        write_register(base + reg::kv_v_address, job_.kv_heads[i].v_address);
    }
    write_register(reg::control, std::uint64_t{1});
}

void host::write_register(std::uint64_t address, double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    write_register(address, bits);
}

void host::write_register(std::uint64_t address, std::uint64_t value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(sizeof value);
    payload.set_streaming_width(sizeof value);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    registers->b_transport(payload, delay);
    if (payload.is_response_error())
        throw internal_error("host: the accelerator refused to write " + std::to_string(value) + " to register " +
                             std::to_string(address) + ": " + payload.get_response_string());
}

void host::debug(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, unsigned bytes) {
    // An atom lies in one channel; a longer range is split at the atoms.
    while (bytes != 0) {
        const unsigned room = map_.atom_bytes() - static_cast<unsigned>(address % map_.atom_bytes());
        const unsigned piece = std::min(bytes, room);
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(data);
        payload.set_data_length(piece);
        payload.set_streaming_width(piece);
        if (memory->transport_dbg(payload) != piece)
            throw internal_error("host: DRAM refused a debug access at address " + std::to_string(address));
        address += piece;
        data += piece;
        bytes -= piece;
    }
}

std::vector<std::uint8_t> host::read_output(std::uint32_t head, std::uint32_t query) {
    std::vector<std::uint8_t> row(std::size_t{job_.head_dim} * params_.output.bytes);
    debug(tlm::TLM_READ_COMMAND, job_.heads.at(head).o_address + std::uint64_t{query} * job_.o_row_bytes, row.data(),
          static_cast<unsigned>(row.size()));
    return row;
}

}  // namespace pade
