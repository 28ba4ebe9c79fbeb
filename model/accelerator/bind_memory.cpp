// The memory links: buffers, V-PU, write-back and score queue to the arbiter, the arbiter to the DRAM controller.
#include "model/accelerator/accelerator.h"

namespace pade {

void accelerator::bind_memory() {
    link_set& link = *links_;
    for (unsigned lane = 0; lane < params_.lane.count; ++lane)
        link.memory("k_port", dispatcher_->k_port[lane], kv_buffer_->k_port[lane]);
    for (unsigned port = 0; port < params_.vpu.v_rows_per_round; ++port)
        link.memory("v_port", v_pu_->v_port[port], kv_buffer_->v_port[port]);
    for (unsigned c = 0; c < params_.dram.pseudo_channels; ++c) {
        link.memory("kv_memory", kv_buffer_->memory[c], arbiter_->kv[c]);
        link.memory("dram", arbiter_->channel[c], dram_->channel[c]);
    }
    link.memory("q_memory", q_buffer_->memory, arbiter_->q);
    link.memory("o_memory", write_back_->memory, arbiter_->write_back);
    link.memory("spill_memory", score_queue_->spill, arbiter_->spill);
}

}  // namespace pade
