// A bit-wise PE lane: takes a bit plane a cycle, adds its masked dot product to the key's partial score, and decides
// whether the key needs its next plane (model/qkpu/pe_lane.h).
//
// The pipeline: a plane that is taken in cycle n is decided on in cycle n + passes + 2.
//
//   stage 1  issue        the oldest plane of the FIFO, when its key has an entry and its block's query is here;
//                         selectors of GSAT. A plane of WORDS words takes as many passes
//   stage 2  group sums   of GSAT
//   stage 3  accumulate   adder tree of GSAT, over the passes, weighted, onto the key's partial score
//   stage 4  decide       upper bound against T; verdict, lower bound, and after the last plane the exact score
//
// What is issued goes through to stage 4 and waits there, in a queue of three places: when the score queue has no
// credit for a retained key, or `verdict_ready` is low, nothing is decided and nothing is issued.
//
// Ports: what is on a wire in a cycle is captured at the clock edge that ends it. `verdict_*` is valid and ready where
// VERDICT_LATENCY is 1; else ready holds the decision itself, and what is decided comes so much later.
module pe_lane #(
    parameter integer WORDS = 1,                // of 64 dims: ceil(head_dim / 64)
    parameter integer KEY_BITS = 8,             // planes of a key
    parameter integer BIDIRECTIONAL = 1,        // accumulate the minority symbol
    parameter integer SCOREBOARD_ENTRIES = 32,
    parameter integer FIFO_PLANES = 4,
    parameter integer GUARD_ENABLED = 1,        // 0: every plane of every key
    parameter integer VERDICT_LATENCY = 1,      // of verdicts and scores
    parameter integer LINK_LATENCY = 1,         // of bounds
    parameter integer SCORE_CREDITS = 4,        // places for this lane at the score queue
    parameter integer PARTIAL_BITS = 22 + $clog2(WORDS),
    parameter integer ENTRIES = KEY_BITS + 1    // of an interval table
) (
    input  wire                  clk,
    input  wire                  reset,
    // dispatcher: a key is admitted (more: a further one waits behind it), or one of its planes comes
    input  wire                  admit_valid,
    input  wire                  admit_slot,
    input  wire           [19:0] admit_key,
    input  wire                  admit_more,
    input  wire                  plane_valid,
    output wire                  plane_ready,
    input  wire                  plane_slot,
    input  wire           [31:0] plane_block,
    input  wire           [19:0] plane_key,
    input  wire            [2:0] plane_plane,
    input  wire [64*WORDS-1:0]   plane_bits,
    output wire                  plane_credit,
    // guard filter: the row's query with its interval table (entry r: r planes known), and rises of T per slot
    input  wire                  query_valid,
    input  wire                  query_slot,
    input  wire           [31:0] query_block,
    input  wire           [31:0] query_offset,
    input  wire [24*ENTRIES-1:0] query_upper,
    input  wire [24*ENTRIES-1:0] query_lower,
    input  wire [512*WORDS-1:0]  query_q,
    input  wire            [1:0] threshold_valid,
    input  wire           [65:0] threshold_value,  // 33 bits a slot, signed
    // dispatcher: 0 next plane, 1 pruned, 2 retained
    output wire                  verdict_valid,
    input  wire                  verdict_ready,
    output wire                  verdict_slot,
    output wire           [19:0] verdict_key,
    output wire            [2:0] verdict_plane,
    output wire            [1:0] verdict_decision,
    // guard filter: a lower bound that may raise T
    output wire                  bound_valid,
    output wire                  bound_slot,
    output wire           [31:0] bound_block,
    output wire           [23:0] bound_lower,
    // score queue
    output wire                  score_valid,
    output wire                  score_slot,
    output wire           [19:0] score_key,
    output wire           [23:0] score_score,
    input  wire            [3:0] score_credit,     // places given back in this cycle
    // class of the cycle: 0 busy, 1 stall_downstream, 2 stall_scoreboard, 3 stall_data, 4 idle
    output wire            [2:0] lane_class
);
    localparam integer INDEX_BITS = (SCOREBOARD_ENTRIES > 1) ? $clog2(SCOREBOARD_ENTRIES) : 1;
    localparam integer WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
    localparam [WORD_BITS-1:0] LAST_WORD = WORD_BITS'(WORDS - 1);

    // ================ what the lane knows of the two blocks in flight ================

    wire   [1:0] context_valid;
    wire  [63:0] context_block;
    wire [2*512*WORDS-1:0]  context_q;
    wire [2*88*WORDS-1:0]   context_sums;     // of each group of the query
    wire [2*24*ENTRIES-1:0] context_upper;
    wire [2*24*ENTRIES-1:0] context_lower;
    wire   [1:0] thresholds_valid;
    wire  [65:0] thresholds;
    wire   [1:0] sent_valid;                  // `sent`: a lower bound up to here cannot raise T
    wire  [47:0] sent;

    wire unused_offset = &{1'b0, query_offset[31:24]};

    wire         bound_fire;
    wire         decision_slot;
    wire  [23:0] lower_score;

    genvar s;
    generate
        for (s = 0; s < 2; s = s + 1) begin : g_slot
            localparam [0:0] SLOT = s;
            lane_context #(
                .WORDS(WORDS),
                .ENTRIES(ENTRIES)
            ) context_of_slot (
                .clk(clk),
                .reset(reset),
                .load(query_valid && query_slot == SLOT),
                .load_block(query_block),
                .load_offset(query_offset[23:0]),
                .load_upper(query_upper),
                .load_lower(query_lower),
                .load_q(query_q),
                .t_comes(threshold_valid[s]),
                .t_new(threshold_value[33*s+:33]),
                .bound_fire(bound_fire && decision_slot == SLOT),
                .bound_lower(lower_score),
                .valid(context_valid[s]),
                .block(context_block[32*s+:32]),
                .q(context_q[512*WORDS*s+:512*WORDS]),
                .group_sums(context_sums[88*WORDS*s+:88*WORDS]),
                .upper(context_upper[24*ENTRIES*s+:24*ENTRIES]),
                .lower(context_lower[24*ENTRIES*s+:24*ENTRIES]),
                .t_valid(thresholds_valid[s]),
                .t(thresholds[33*s+:33]),
                .sent_valid(sent_valid[s]),
                .sent(sent[24*s+:24])
            );
        end
    endgenerate

    // ================ input FIFO ================

    wire                issue;
    wire                head_valid;
    wire                head_slot;
    wire         [31:0] head_block;
    wire         [19:0] head_key;
    wire          [2:0] head_plane;
    wire [64*WORDS-1:0] head_bits;
    plane_fifo #(
        .WIDTH (56 + 64 * WORDS),
        .PLACES(FIFO_PLANES)
    ) fifo (
        .clk(clk),
        .reset(reset),
        .in_valid(plane_valid),
        .in_ready(plane_ready),
        .in_data({plane_slot, plane_block, plane_key, plane_plane, plane_bits}),
        .head_valid(head_valid),
        .head_data({head_slot, head_block, head_key, head_plane, head_bits}),
        .pop(issue)
    );

    // ================ stage 1: issue ================

    wire                    hit;
    wire   [INDEX_BITS-1:0] entry;
    wire              [2:0] due;
    wire                    held;  // stage 4 waits
    reg                     passing;  // further passes of a plane that was issued before
    wire                    last_pass;

    wire query_is_here = context_valid[head_slot] && context_block[32*head_slot+:32] == head_block;
    assign issue = head_valid && query_is_here && hit && !passing && !held;
    assign plane_credit = issue;

    // The plane that passes now, its word, and whether that word passes for the second time.
    reg  [WORD_BITS-1:0] word_r;
    reg                  again_r, slot_r;
    reg            [2:0] plane_r;
    reg           [19:0] key_r;
    reg [INDEX_BITS-1:0] entry_r;
    reg   [64*WORDS-1:0] bits_r;

    wire                  pass = issue || passing;
    wire                  pass_slot = passing ? slot_r : head_slot;
    wire            [2:0] pass_plane = passing ? plane_r : head_plane;
    wire           [19:0] pass_key = passing ? key_r : head_key;
    wire [INDEX_BITS-1:0] pass_entry = passing ? entry_r : entry;
    wire  [WORD_BITS-1:0] word = passing ? word_r : WORD_BITS'(0);
    wire                  again = passing && again_r;
    wire   [64*WORDS-1:0] pass_bits = passing ? bits_r : head_bits;
    wire                  second;
    assign last_pass = word == LAST_WORD && !second;

    always_ff @(posedge clk) begin
        passing <= !reset && pass && !last_pass;
        word_r <= second ? word : word + WORD_BITS'(1);
        again_r <= second;
        if (issue) begin
            slot_r <= head_slot;
            plane_r <= head_plane;
            key_r <= head_key;
            entry_r <= entry;
            bits_r <= head_bits;
        end
    end

    // ================ stages 1 to 3: the datapath, and what goes along with it ================

    wire               sum_valid;
    wire signed [13:0] sum;
    reg                 slot_1, last_1;
    reg [WORD_BITS-1:0] word_1;
    // Word of the two blocks' queries, counted through.
    wire         [31:0] pass_place = (pass_slot ? WORDS : 0) + 32'(word);
    wire         [31:0] place_1 = (slot_1 ? WORDS : 0) + 32'(word_1);

    gsat #(
        .BIDIRECTIONAL(BIDIRECTIONAL)
    ) gsat (
        .clk(clk),
        .reset(reset),
        .valid(pass),
        .again(again),
        .bits(pass_bits[64*word+:64]),
        .q(context_q[512*pass_place+:512]),
        .second(second),
        .group_sums(context_sums[88*place_1+:88]),
        .sum_valid(sum_valid),
        .sum(sum)
    );

    reg                  slot_2, last_2;
    reg            [2:0] plane_1, plane_2;
    reg           [19:0] key_1, key_2;
    reg [INDEX_BITS-1:0] entry_1, entry_2;
    always_ff @(posedge clk) begin
        {slot_1, last_1, word_1} <= {pass_slot, last_pass, word};
        {plane_1, key_1, entry_1} <= {pass_plane, pass_key, pass_entry};
        {slot_2, last_2} <= {slot_1, last_1};
        {plane_2, key_2, entry_2} <= {plane_1, key_1, entry_1};
    end

    // ================ stage 3: accumulate ================

    // Two bits more than a partial score has, so that one that leaves its width is seen.
    localparam integer WIDE = PARTIAL_BITS + 2;
    localparam [2:0] LAST_PLANE = 3'(KEY_BITS - 1);
    wire [PARTIAL_BITS-1:0] partial_before;
    reg          [WIDE-1:0] passed;      // sum of the passes before
    wire         [WIDE-1:0] plane_sum = passed + {{(WIDE - 14) {sum[13]}}, sum};
    wire         [WIDE-1:0] weighted = plane_sum << (LAST_PLANE - plane_2);
    wire         [WIDE-1:0] earlier = {{2{partial_before[PARTIAL_BITS-1]}}, partial_before};
    wire         [WIDE-1:0] after_plane = plane_2 == 3'd0 ? earlier - weighted : earlier + weighted;
    wire [PARTIAL_BITS-1:0] new_partial = after_plane[PARTIAL_BITS-1:0];
    wire                    accumulated = sum_valid && last_2;

    always_ff @(posedge clk)
        if (reset || accumulated) passed <= WIDE'(0);
        else if (sum_valid) passed <= plane_sum;

    // ================ stage 4: decide ================

    localparam integer QUEUE_BITS = 1 + 20 + 3 + INDEX_BITS + PARTIAL_BITS;
    reg [QUEUE_BITS-1:0] queue[0:2];
    reg            [1:0] queue_count;
    wire                 decide;         // the decision of this cycle is made
    wire           [1:0] queue_left = queue_count - {1'b0, decide};

    always_ff @(posedge clk) begin
        queue_count <= reset ? 2'd0 : queue_left + {1'b0, accumulated};
        if (decide) begin
            queue[0] <= queue[1];
            queue[1] <= queue[2];
        end
        if (accumulated) queue[queue_left] <= {slot_2, key_2, plane_2, entry_2, new_partial};
    end

    wire             [19:0] decision_key;
    wire              [2:0] decision_plane;
    wire   [INDEX_BITS-1:0] decision_entry;
    wire [PARTIAL_BITS-1:0] decision_partial;
    assign {decision_slot, decision_key, decision_plane, decision_entry, decision_partial} = queue[0];

    // Entry `known` of the table: what the planes that are still unknown can add.
    wire  [3:0] known = {1'b0, decision_plane} + 4'd1;
    wire [23:0] score = {{(24 - PARTIAL_BITS) {decision_partial[PARTIAL_BITS-1]}}, decision_partial};
    wire [31:0] table_place = (decision_slot ? ENTRIES : 0) + 32'(known);
    wire [23:0] upper_score = score + context_upper[24*table_place+:24];
    assign lower_score = score + context_lower[24*table_place+:24];

    // A key stays while its upper bound reaches T: the best key is never dropped.
    wire [32:0] t_here = thresholds[33*decision_slot+:33];
    wire below_t = GUARD_ENABLED != 0 && thresholds_valid[decision_slot] &&
                   $signed({{9{upper_score[23]}}, upper_score}) < $signed(t_here);
    wire all_known = known == KEY_BITS[3:0];
    wire retained = all_known && !below_t;

    reg  [3:0] credits;
    wire waiting = queue_count != 2'd0;
    wire can = waiting && (!retained || credits != 4'd0);
    assign decide = can && verdict_ready;
    assign held = waiting && !decide;
    wire ends = below_t || retained;
    wire [1:0] decision_verdict = below_t ? 2'd1 : retained ? 2'd2 : 2'd0;
    wire score_fire = decide && retained;
    always_ff @(posedge clk)
        if (reset) credits <= SCORE_CREDITS[3:0];
        else credits <= credits + score_credit - {3'd0, score_fire};

    wire lower_is_new = !sent_valid[decision_slot] || $signed(lower_score) > $signed(sent[24*decision_slot+:24]);
    assign bound_fire = decide && GUARD_ENABLED != 0 && lower_is_new;

    // ================ outputs ================

    delay_line #(
        .WIDTH (26),
        .CYCLES(VERDICT_LATENCY - 1)
    ) verdicts (
        .clk(clk),
        .reset(reset),
        .in_valid(VERDICT_LATENCY == 1 ? can : decide),
        .in_data({decision_slot, decision_key, decision_plane, decision_verdict}),
        .out_valid(verdict_valid),
        .out_data({verdict_slot, verdict_key, verdict_plane, verdict_decision})
    );
    delay_line #(
        .WIDTH (45),
        .CYCLES(VERDICT_LATENCY - 1)
    ) scores (
        .clk(clk),
        .reset(reset),
        .in_valid(score_fire),
        .in_data({decision_slot, decision_key, score}),
        .out_valid(score_valid),
        .out_data({score_slot, score_key, score_score})
    );
    delay_line #(
        .WIDTH (57),
        .CYCLES(LINK_LATENCY - 1)
    ) bounds (
        .clk(clk),
        .reset(reset),
        .in_valid(bound_fire),
        .in_data({decision_slot, context_block[32*decision_slot+:32], lower_score}),
        .out_valid(bound_valid),
        .out_data({bound_slot, bound_block, bound_lower})
    );

    // ================ scoreboard ================

    wire [6:0] used;
    wire       full;
    scoreboard #(
        .ENTRIES(SCOREBOARD_ENTRIES),
        .PARTIAL_BITS(PARTIAL_BITS)
    ) scoreboard (
        .clk(clk),
        .reset(reset),
        .admit(admit_valid),
        .admit_key(admit_key),
        .admit_slot(admit_slot),
        .find_key(head_key),
        .find_slot(head_slot),
        .find_hit(hit),
        .find_entry(entry),
        .find_plane(due),
        .take(issue),
        .read_entry(entry_2),
        .read_partial(partial_before),
        .write(accumulated),
        .write_partial(new_partial),
        .retire(decide && ends),
        .retire_entry(decision_entry),
        .used(used),
        .full(full)
    );

    reg more_keys;
    always_ff @(posedge clk)
        if (reset) more_keys <= 1'b0;
        else if (admit_valid) more_keys <= admit_more;

    assign lane_class = pass ? 3'd0 : held ? 3'd1 : (full && more_keys) ? 3'd2 : used != 7'd0 ? 3'd3 : 3'd4;

    // ================ for waveforms: the names of docs/waveforms.md ================
    // A plane as it leaves the adder tree, WORDS + 1 cycles after the model shows it as `gsat` (words that pass twice
    // aside); `sum` is that of its last word, with both halves where it passes twice. `issues`: what goes into it.
    // `context_then`: what the context of the slot holds as a plane is decided on, whatever the decision makes of it.
`ifndef SYNTHESIS
    reg again_1, again_2;
    reg signed [13:0] first_half;
    always_ff @(posedge clk) begin
        {again_1, again_2} <= {again, again_1};
        if (sum_valid) first_half <= sum;
    end
`endif
    generate
        if (1) begin : issues
            wire        asks = head_valid && query_is_here && !passing && !held;  // the scoreboard for the key
            wire [43:0] group_sums_0 = context_sums[(head_slot ? 88 * WORDS : 0)+:44];
            wire [43:0] group_sums_1 = context_sums[(head_slot ? 88 * WORDS : 0)+44+:44];
            wire        unused = &{1'b0, asks, group_sums_0, group_sums_1};
        end
        if (1) begin : context_then
            wire [31:0] place = (decision_slot ? ENTRIES : 0) + {29'd0, decision_plane} + 32'd1;
            wire [23:0] upper = context_upper[24*place+:24];
            wire [23:0] lower = context_lower[24*place+:24];
            wire        best_valid = sent_valid[decision_slot];
            wire [23:0] best = best_valid ? sent[24*decision_slot+:24] : 24'd0;
            wire        unused = &{1'b0, upper, lower, best};
        end
        if (1) begin : gsat_sum
            wire        valid = accumulated;
            wire [19:0] token = key_2;
            wire  [2:0] plane = plane_2;
            wire        slot = slot_2;
            wire [23:0] previous = {{(24 - PARTIAL_BITS) {partial_before[PARTIAL_BITS-1]}}, partial_before};
            wire [23:0] partial = {{(24 - PARTIAL_BITS) {new_partial[PARTIAL_BITS-1]}}, new_partial};
            wire        unused = &{1'b0, valid, token, plane, slot, previous, partial};
`ifndef SYNTHESIS
            wire signed [13:0] last_sum = again_2 ? sum + first_half : sum;
            wire        unused_sum = &{1'b0, last_sum};
`endif
        end
        if (1) begin : decision
            wire        valid = decide;
            wire [19:0] token = decision_key;
            wire  [2:0] plane = decision_plane;
            wire        slot = decision_slot;
            wire [23:0] partial = score;
            wire  [1:0] verdict = decision_verdict;
            wire  [3:0] bui_entry = known;
            wire [31:0] upper = {{8{upper_score[23]}}, upper_score};
            wire        t_valid = thresholds_valid[decision_slot];
            wire [31:0] t = t_valid ? t_here[31:0] : 32'd0;
            wire        unused = &{1'b0, valid, token, plane, slot, partial, verdict, bui_entry, upper, t_valid, t};
        end
    endgenerate

`ifndef SYNTHESIS
    always @(posedge clk)
        if (!reset) begin
            assert (!issue || head_plane == due)
            else $fatal(1, "pe_lane: key %0d got plane %0d where plane %0d was due", head_key, head_plane, due);
            assert (!accumulated || (after_plane[WIDE-1:PARTIAL_BITS-1] == 3'd0 || &after_plane[WIDE-1:PARTIAL_BITS-1]))
            else $fatal(1, "pe_lane: the partial score of key %0d leaves its %0d bits", key_2, PARTIAL_BITS);
            assert (!accumulated || queue_left != 2'd3)
            else $fatal(1, "pe_lane: a fourth plane waits for its decision");
            assert (!(waiting && query_valid && query_slot == decision_slot))
            else $fatal(1, "pe_lane: slot %0d gets a query before the last decision of the one before", query_slot);
            assert ({1'b0, credits} + {1'b0, score_credit} <= SCORE_CREDITS[4:0] + {4'd0, score_fire})
            else $fatal(1, "pe_lane: more credits come back than scores were sent");
        end
`endif
endmodule
