// The wires of the rows: each lane with dispatcher, guard filter and score queue.
#include "model/accelerator/accelerator.h"

namespace pade {

void accelerator::bind_lanes() {
    const unsigned rows = params_.rows.count;
    const unsigned lanes = params_.lane.count;
    for (unsigned row = 0; row < rows; ++row) {
        const auto bind = [this, row](const char* name, auto& from, auto& to) {
            links_->stream(name, from, to, stallable::items_and_credits, static_cast<int>(row));
        };
        bind("queries", q_buffer_->rows_out[row], guards_[row]->query);
        bind("thresholds", guards_[row]->threshold, score_queue_->thresholds[row]);
        for (unsigned lane = 0; lane < lanes; ++lane) {
            pe_lane& pe = lanes_[row * lanes + lane];
            bind("planes", dispatcher_->planes[lane * rows + row], pe.planes);
            bind("verdicts", pe.verdicts, dispatcher_->verdicts[lane * rows + row]);
            bind("bounds", pe.bounds, guards_[row]->bounds[lane]);
            bind("row_broadcast", guards_[row]->lanes_out[lane], pe.row);
            bind("scores", pe.scores, score_queue_->scores[row * lanes + lane]);
        }
    }
}

}  // namespace pade
