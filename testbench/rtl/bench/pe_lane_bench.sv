// Replays the records of one PE lane (docs/rtl.md): +dir=FOLDER [+stall=SEED] [+wave=FILE].
//
// Without +stall each input comes at its recorded edge, and each output must come at its own. With it inputs come late
// at random and decisions are held up at random, but whatever a decision depends on keeps its order: an item comes
// after the decisions that were made before it, a decision after the thresholds and queries that came before it.
`timescale 1ps / 1ps
module pe_lane_bench #(
    parameter integer WORDS = 1,
    parameter integer KEY_BITS = 8,
    parameter integer BIDIRECTIONAL = 1,
    parameter integer SCOREBOARD_ENTRIES = 32,
    parameter integer FIFO_PLANES = 4,
    parameter integer GUARD_ENABLED = 1,
    parameter integer VERDICT_LATENCY = 1,
    parameter integer LINK_LATENCY = 1,
    parameter integer SCORE_CREDITS = 4,
    parameter integer PERIOD = 1250              // ps; edge n at n times it
);
    localparam integer ENTRIES = KEY_BITS + 1;
    localparam integer TABLE_DIGITS = 6 * ENTRIES;

    // ================ clock, edges, reset ================

    reg clk = 1'b0;
    reg reset = 1'b1;
    reg [47:0] edge_number = 48'd1;  // of the edge that ends this cycle
    reg stall = 1'b0;
    reg [31:0] seed;
    wire [31:0] drawn;
    random_bits random_bits (.clk(clk), .reset(reset), .seed(seed), .bits(drawn));
    reg [8*1024-1:0] wave;
    initial begin
        if ($value$plusargs("stall=%d", seed)) stall = 1'b1;
        else seed = 32'd1;
        if (stall && VERDICT_LATENCY != 1) begin
            $display("replay: +stall with VERDICT_LATENCY %0d; allowed: 1", VERDICT_LATENCY);
            $fatal(1);
        end
        if ($value$plusargs("wave=%s", wave)) begin
            $dumpfile(wave);
            $dumpvars(0, pe_lane_bench);
        end
        #(PERIOD);
        forever begin
            clk = 1'b1;
            #(PERIOD / 2);
            clk = 1'b0;
            #(PERIOD - PERIOD / 2);
        end
    end
    always @(posedge clk) begin
        edge_number <= edge_number + 48'd1;
        reset <= edge_number < 48'd2;
    end

    // ================ inputs ================

    // Sources: 0 admit, 1 plane, 2 query, 3 and 4 thresholds of slot 0 and 1, 5 score credits.
    wire [5:0] has, fire;
    reg  [5:0] go = 6'd0;      // stalled: drawn; stays until the item is taken
    wire [47:0] cycle[0:5];
    wire [31:0] taken[0:5];
    wire decisions_left;
    wire [47:0] decision_due;
    wire [5:0] valid;
    wire plane_ready;

    // Queries and thresholds keep their order, too.
    wire [5:0] in_order;
    wire query_first = has[2] && (!has[3] || cycle[2] <= cycle[3]) && (!has[4] || cycle[2] <= cycle[4]);
    assign in_order = {1'b1, !has[2] || cycle[4] < cycle[2], !has[2] || cycle[3] < cycle[2], query_first, 2'b11};

    genvar i;
    generate
        for (i = 0; i < 6; i = i + 1) begin : g_source
            wire after_decisions = !decisions_left || decision_due > cycle[i];
            assign valid[i] = has[i] && !reset &&
                              (stall ? go[i] && after_decisions && in_order[i] : cycle[i] == edge_number);
            assign fire[i] = valid[i] && (i != 1 || plane_ready);
        end
    endgenerate

    localparam integer ADMIT = 7, PLANE = 15 + 16 * WORDS, QUERY = 17 + 2 * TABLE_DIGITS + 128 * WORDS;
    wire [4*ADMIT-1:0] admit;
    wire [4*PLANE-1:0] plane;
    wire [4*QUERY-1:0] query;
    wire [35:0] t0, t1;
    wire [3:0] credit;
    replay_source #(.NAME("admit"), .DIGITS(ADMIT)) s_admit (
        .clk(clk), .take(fire[0]), .has(has[0]), .cycle(cycle[0]), .data(admit), .taken(taken[0]));
    replay_source #(.NAME("plane"), .DIGITS(PLANE)) s_plane (
        .clk(clk), .take(fire[1]), .has(has[1]), .cycle(cycle[1]), .data(plane), .taken(taken[1]));
    replay_source #(.NAME("query"), .DIGITS(QUERY)) s_query (
        .clk(clk), .take(fire[2]), .has(has[2]), .cycle(cycle[2]), .data(query), .taken(taken[2]));
    replay_source #(.NAME("threshold_0"), .DIGITS(9)) s_threshold_0 (
        .clk(clk), .take(fire[3]), .has(has[3]), .cycle(cycle[3]), .data(t0), .taken(taken[3]));
    replay_source #(.NAME("threshold_1"), .DIGITS(9)) s_threshold_1 (
        .clk(clk), .take(fire[4]), .has(has[4]), .cycle(cycle[4]), .data(t1), .taken(taken[4]));
    replay_source #(.NAME("score_credit"), .DIGITS(1)) s_score_credit (
        .clk(clk), .take(fire[5]), .has(has[5]), .cycle(cycle[5]), .data(credit), .taken(taken[5]));

    // A decision waits for the queries and thresholds of the edges before its own.
    wire inputs_are_here = !(has[2] && cycle[2] < decision_due) && !(has[3] && cycle[3] < decision_due) &&
                           !(has[4] && cycle[4] < decision_due);
    reg ready_drawn = 1'b0;
    wire verdict_ready = !stall || (ready_drawn && inputs_are_here);
    // Queries and credits are slow: planes must wait for the one, and the others must run out.
    wire [5:0] slow = {drawn[31:27] != 5'd0, 2'd0, drawn[16:13] != 4'd0, 2'd0};
    integer n;
    always @(posedge clk) begin
        for (n = 0; n < 6; n = n + 1) go[n] <= !reset && ((go[n] && !fire[n]) || (drawn[5*n+:2] == 2'd0 && !slow[n]));
        ready_drawn <= !reset && drawn[13:12] != 2'd0;
    end

    // ================ the lane ================

    wire plane_credit, verdict_valid, bound_valid, score_valid;
    wire verdict_slot, bound_slot, score_slot;
    wire [19:0] verdict_key, score_key;
    wire [2:0] verdict_plane, lane_class;
    wire [1:0] verdict_decision;
    wire [31:0] bound_block;
    wire [23:0] bound_lower, score_score;

    pe_lane #(
        .WORDS(WORDS), .KEY_BITS(KEY_BITS), .BIDIRECTIONAL(BIDIRECTIONAL), .SCOREBOARD_ENTRIES(SCOREBOARD_ENTRIES),
        .FIFO_PLANES(FIFO_PLANES), .GUARD_ENABLED(GUARD_ENABLED), .VERDICT_LATENCY(VERDICT_LATENCY),
        .LINK_LATENCY(LINK_LATENCY), .SCORE_CREDITS(SCORE_CREDITS)
    ) pe_lane (
        .clk(clk), .reset(reset),
        .admit_valid(fire[0]), .admit_slot(admit[24]), .admit_key(admit[23:4]), .admit_more(admit[0]),
        .plane_valid(valid[1]), .plane_ready(plane_ready), .plane_slot(plane[4*PLANE-4]),
        .plane_block(plane[4*PLANE-5-:32]), .plane_key(plane[64*WORDS+4+:20]), .plane_plane(plane[64*WORDS+:3]),
        .plane_bits(plane[64*WORDS-1:0]), .plane_credit(plane_credit),
        .query_valid(fire[2]), .query_slot(query[4*QUERY-4]), .query_block(query[4*QUERY-5-:32]),
        .query_offset(query[4*QUERY-37-:32]), .query_upper(query[4*QUERY-69-:24*ENTRIES]),
        .query_lower(query[512*WORDS+:24*ENTRIES]), .query_q(query[512*WORDS-1:0]),
        .threshold_valid({fire[4], fire[3]}), .threshold_value({t1[32:0], t0[32:0]}),
        .verdict_valid(verdict_valid), .verdict_ready(verdict_ready), .verdict_slot(verdict_slot),
        .verdict_key(verdict_key), .verdict_plane(verdict_plane), .verdict_decision(verdict_decision),
        .bound_valid(bound_valid), .bound_slot(bound_slot), .bound_block(bound_block), .bound_lower(bound_lower),
        .score_valid(score_valid), .score_slot(score_slot), .score_key(score_key), .score_score(score_score),
        .score_credit(fire[5] ? credit : 4'd0), .lane_class(lane_class)
    );

    // ================ outputs ================

    wire [3:0] left;
    wire [47:0] bound_due, score_due, credit_due;
    wire [31:0] verdicts, bounds, scores, credits;
    assign decisions_left = left[0];
    replay_sink #(
        .NAME("verdict"), .DIGITS(8), .F0("slot"), .D0(1), .F1("key"), .D1(5), .F2("plane"), .D2(1), .F3("decision"), .D3(1)
    ) verdict (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(verdict_valid && verdict_ready),
        .data({3'd0, verdict_slot, verdict_key, 1'b0, verdict_plane, 2'd0, verdict_decision}), .has(left[0]),
        .cycle(decision_due), .compared(verdicts));
    replay_sink #(
        .NAME("bound"), .DIGITS(15), .F0("slot"), .D0(1), .F1("block"), .D1(8), .F2("lower"), .D2(6)
    ) bound (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(bound_valid),
        .data({3'd0, bound_slot, bound_block, bound_lower}), .has(left[1]), .cycle(bound_due), .compared(bounds));
    replay_sink #(
        .NAME("score"), .DIGITS(12), .F0("slot"), .D0(1), .F1("key"), .D1(5), .F2("score"), .D2(6)
    ) score (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(score_valid),
        .data({3'd0, score_slot, score_key, score_score}), .has(left[2]), .cycle(score_due), .compared(scores));
    replay_sink #(.NAME("plane_credit"), .DIGITS(1), .F0("count"), .D0(1)) s_plane_credit (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(plane_credit), .data(4'd1),
        .has(left[3]), .cycle(credit_due), .compared(credits));

    // ================ the end: all is taken and nothing is due, for a while; or nothing moves ================

    reg [15:0] quiet = 16'd0;
    always @(posedge clk) begin
        quiet <= (|fire || verdict_valid && verdict_ready || plane_credit || (!stall && |{has, left})) ? 16'd0
                                                                                                       : quiet + 16'd1;
        if (!reset && !stall && valid[1] && !plane_ready) begin
            $display("MISMATCH edge %0d port plane: expected ready, got a full FIFO", edge_number);
            $fatal(1);
        end
        if (quiet == 16'd2000) begin
            if (|{has, left}) begin
                $display("MISMATCH edge %0d: nothing moves; inputs left %b, outputs left %b", edge_number, has, left);
                $fatal(1);
            end
            $display("EQUAL pe_lane: %0d inputs, %0d outputs compared, %0d edges", taken[0] + taken[1] + taken[2] +
                     taken[3] + taken[4] + taken[5], verdicts + bounds + scores + credits, edge_number - 48'd2000);
            $finish;
        end
    end
    wire unused = &{1'b0, lane_class, bound_due, score_due, credit_due};
endmodule
