// The wires between register file, dispatcher, buffers and score queue.
#include "model/accelerator/accelerator.h"

namespace pade {

void accelerator::bind_control() {
    link_set& link = *links_;
    link.stream("start", registers_->start, dispatcher_->start);
    link.stream("finished", dispatcher_->finished, registers_->finished);
    link.stream("query_commands", dispatcher_->queries, q_buffer_->commands);
    link.stream("query_loaded", q_buffer_->loaded, dispatcher_->loaded);
    link.stream("k_fetch", dispatcher_->k_fetch, kv_buffer_->k_fetch);
    link.stream("k_arrived", kv_buffer_->k_arrived, dispatcher_->k_arrived);
    link.stream("tiles", dispatcher_->tiles, score_queue_->tiles);
    link.stream("level", score_queue_->level, dispatcher_->level);
    link.stream("left_vpu", v_pu_->done, dispatcher_->left_vpu);
    link.stream("written", write_back_->done, dispatcher_->written);
}

}  // namespace pade
