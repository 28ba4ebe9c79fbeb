// The wires from the score queue to the write-back unit.
#include "model/accelerator/accelerator.h"

namespace pade {

void accelerator::bind_output_side() {
    link_set& link = *links_;
    // A V row is told to RARS at the edge at which the KV buffer is asked for it, so that no read comes before its
    // fetch: the fetch has no way of its own by which it could be later.
    link.stream("v_fetch", score_queue_->v_fetch, kv_buffer_->v_fetch, stallable::credits);
    link.stream("v_reserved", score_queue_->reserved, rars_->reserved);
    link.stream("pairs", score_queue_->out, softmax_->in);
    link.stream("weights", softmax_->out, rars_->in);
    link.stream("rounds", rars_->rounds, v_pu_->rounds);
    link.stream("v_release", v_pu_->v_release, kv_buffer_->v_release);
    link.stream("o_rows", v_pu_->o, write_back_->o);
}

}  // namespace pade
