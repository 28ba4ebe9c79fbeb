// A chip and a driver that writes its registers and its DRAM by hand, for tests of the whole chip.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "model/accelerator/accelerator.h"
#include "model/control/register_map.h"

namespace pade::test {

/// Drives the registers and the DRAM by hand.
struct driver : sc_core::sc_module {
    explicit driver(sc_core::sc_module_name name) : sc_module(name) {}
    tlm_utils::simple_initiator_socket<driver> registers{"registers"};
    tlm_utils::simple_initiator_socket<driver> memory{"memory"};

    void set(std::uint64_t address, std::uint64_t value) {
        tlm::tlm_generic_payload payload;
        payload.set_command(tlm::TLM_WRITE_COMMAND);
        payload.set_address(address);
        payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
        payload.set_data_length(8);
        payload.set_streaming_width(8);
        sc_core::sc_time delay;
        registers->b_transport(payload, delay);
        REQUIRE(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
    }
    void set(std::uint64_t address, double value) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        set(address, bits);
    }
    void access(tlm::tlm_command command, std::uint64_t address, unsigned char* data, unsigned bytes) {
        tlm::tlm_generic_payload payload;
        payload.set_command(command);
        payload.set_address(address);
        payload.set_data_ptr(data);
        payload.set_data_length(bytes);
        payload.set_streaming_width(bytes);
        REQUIRE(memory->transport_dbg(payload) == bytes);
    }
    /// An array that lies in whole atoms.
    void write(std::uint64_t address, const unsigned char* data, unsigned bytes) {
        for (unsigned at = 0; at < bytes; at += 32)
            access(tlm::TLM_WRITE_COMMAND, address + at, const_cast<unsigned char*>(data) + at, 32);
    }
    /// Writes the job and starts it. Registers answer once the chip is elaborated.
    void program(const job& work) {
        set(reg::phase, std::uint64_t{work.phase == job_phase::decode ? 1u : 0u});
        set(reg::queries, std::uint64_t{work.queries});
        set(reg::keys, std::uint64_t{work.keys});
        set(reg::head_dim, std::uint64_t{work.head_dim});
        set(reg::alpha, work.alpha);
        set(reg::radius, work.radius);
        set(reg::o_row_bytes, std::uint64_t{work.o_row_bytes});
        set(reg::spill_address, work.spill_address);
        set(reg::heads, std::uint64_t{work.heads.size()});
        set(reg::kv_heads, std::uint64_t{work.kv_heads.size()});
        for (std::size_t i = 0; i < work.heads.size(); ++i) {
            const std::uint64_t base = reg::head_base + i * reg::head_stride;
            set(base + reg::head_kv, std::uint64_t{work.heads[i].kv});
            set(base + reg::head_logit_scale, work.heads[i].logit_scale);
            set(base + reg::head_v_scale, work.heads[i].v_scale);
            set(base + reg::head_q_address, work.heads[i].q_address);
            set(base + reg::head_o_address, work.heads[i].o_address);
        }
        for (std::size_t i = 0; i < work.kv_heads.size(); ++i) {
            const std::uint64_t base = reg::kv_base + i * reg::kv_stride;
            set(base + reg::kv_k_row, std::uint64_t{work.kv_heads[i].k_row});
            set(base + reg::kv_v_address, work.kv_heads[i].v_address);
        }
        set(reg::control, std::uint64_t{1});
    }
};

struct bench {
    explicit bench(const params& p, const std::string& label = "", const accelerator_options& options = {})
        : chip(("chip" + label).c_str(), p, options),
          host(("host" + label).c_str()),
          interrupt(("interrupt" + label).c_str()) {
        host.registers.bind(chip.bus);
        host.memory.bind(chip.memory);
        chip.interrupt(interrupt);
    }
    accelerator chip;
    driver host;
    sc_core::sc_signal<bool> interrupt;
};

}  // namespace pade::test
