// The wires of the rows: each lane with dispatcher, guard filter and score queue.
#include "model/accelerator/accelerator.h"

namespace pade {

void accelerator::bind_lanes() {
    link_set& link = *links_;
    const unsigned rows = params_.rows.count;
    const unsigned lanes = params_.lane.count;
    for (unsigned row = 0; row < rows; ++row) {
        link.stream("queries", q_buffer_->rows_out[row], guards_[row]->query);
        link.stream("thresholds", guards_[row]->threshold, score_queue_->thresholds[row]);
        for (unsigned lane = 0; lane < lanes; ++lane) {
            pe_lane& pe = *lanes_[row * lanes + lane];
            link.stream("planes", dispatcher_->planes[lane * rows + row], pe.planes);
            link.stream("verdicts", pe.verdicts, dispatcher_->verdicts[lane * rows + row]);
            link.stream("bounds", pe.bounds, guards_[row]->bounds[lane]);
            link.stream("row_broadcast", guards_[row]->lanes_out[lane], pe.row);
            link.stream("scores", pe.scores, score_queue_->scores[row * lanes + lane]);
        }
    }
}

}  // namespace pade
