// The wires of the rows: each lane with dispatcher, guard filter and score queue.
#include "model/accelerator/accelerator.h"

namespace pade {

void accelerator::bind_lanes() {
    link_set& link = *links_;
    const unsigned rows = params_.rows.count;
    const unsigned lanes = params_.lane.count;
    for (unsigned row = 0; row < rows; ++row) {
        const int number = static_cast<int>(row);
        link.stream("queries", q_buffer_->rows_out[row], guards_[row]->query, stallable::items_and_credits, number);
        link.stream("thresholds", guards_[row]->threshold, score_queue_->thresholds[row], stallable::items_and_credits,
                    number);
        for (unsigned lane = 0; lane < lanes; ++lane) {
            pe_lane& pe = lanes_[row * lanes + lane];
            link.stream("planes", dispatcher_->planes[lane * rows + row], pe.planes, stallable::items_and_credits,
                        number);
            link.stream("verdicts", pe.verdicts, dispatcher_->verdicts[lane * rows + row], stallable::items_and_credits,
                        number);
            link.stream("bounds", pe.bounds, guards_[row]->bounds[lane], stallable::items_and_credits, number);
            link.stream("row_broadcast", guards_[row]->lanes_out[lane], pe.row, stallable::items_and_credits, number);
            link.stream("scores", pe.scores, score_queue_->scores[row * lanes + lane], stallable::items_and_credits,
                        number);
        }
    }
}

}  // namespace pade
