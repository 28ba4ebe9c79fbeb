// The host: puts Q, K and V into DRAM, writes the job to the accelerator's registers, starts it and waits for the
// interrupt. DRAM is filled and read back over the debug transport (TLM LRM 11.3), which takes no simulated time: what
// the paper's machine does begins with the tensors in DRAM.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/job.h"
#include "model/layout/k_layout.h"
#include "model/params.h"
#include "testbench/trace/trace_set.h"
#include "tlm/sc_module.h"

namespace pade {

/// One stored bit to be inverted after the load: what a bit error in DRAM would do. For tests of the checks.
struct bit_flip {
    enum class tensor { q, k, v };
    tensor of = tensor::k;
    std::uint32_t head = 0;  ///< Q: query head of the run; K, V: KV head of the run
    std::uint32_t row = 0;   ///< query or key
    std::uint32_t dim = 0;
    std::uint32_t bit = 0;  ///< 0 is the least significant bit of the element
};

class host : public sc_core::sc_module {
  public:
    PADE_HAS_PROCESS(host);
    host(sc_core::sc_module_name name, const trace_set& trace, const params& p, std::vector<bit_flip> flips);

    tlm_utils::simple_initiator_socket<host> registers{"registers"};
    tlm_utils::simple_initiator_socket<host> memory{"memory"};  ///< debug transport only
    sc_core::sc_in<bool> interrupt{"interrupt"};

    bool finished() const { return finished_; }
    const job& work() const { return job_; }
    /// A row of O as it lies in DRAM: head_dim elements of output.bytes bytes.
    std::vector<std::uint8_t> read_output(std::uint32_t head, std::uint32_t query);

  private:
    void run();
    void describe_job();
    void load_tensors();
    void apply(const bit_flip& flip);
    void program();
    void write_register(std::uint64_t address, std::uint64_t value);
    void write_register(std::uint64_t address, double value);
    void debug(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, unsigned bytes);

    const trace_set& trace_;
    const params params_;
    const address_map map_;
    std::vector<bit_flip> flips_;
    std::unique_ptr<k_layout> layout_;
    job job_;
    bool finished_ = false;
};

}  // namespace pade
