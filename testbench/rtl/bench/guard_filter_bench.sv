// Replays the records of the guard filter of one row (docs/rtl.md): +dir=FOLDER [+stall=SEED] [+wave=FILE].
//
// Without +stall each input comes at its recorded edge, and each output must come at its own. With it idle cycles are
// put between edges at random: what came together comes together, and only values and order are compared.
`timescale 1ps / 1ps
module guard_filter_bench #(
    parameter integer LANES = 16,
    parameter integer WORDS = 1,
    parameter integer KEY_BITS = 8,
    parameter integer BUI_LATENCY = 2,
    parameter integer BROADCAST_LATENCY = 2,
    parameter integer PERIOD = 1250
);
    localparam integer ENTRIES = KEY_BITS + 1;
    localparam integer TABLE_DIGITS = 6 * ENTRIES;

    // ================ clock, edges, reset ================

    reg clk = 1'b0;
    reg reset = 1'b1;
    reg [47:0] edge_number = 48'd1;  // of the edge that ends this cycle; stalled: some cycles end none
    reg stall = 1'b0;
    reg go = 1'b1;
    reg [31:0] seed;
    wire [31:0] drawn;
    random_bits random_bits (.clk(clk), .reset(reset), .seed(seed), .bits(drawn));
    reg [8*1024-1:0] wave;
    initial begin
        if ($value$plusargs("stall=%d", seed)) stall = 1'b1;
        else seed = 32'd1;
        if ($value$plusargs("wave=%s", wave)) begin
            $dumpfile(wave);
            $dumpvars(0, guard_filter_bench);
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
        if (go) edge_number <= edge_number + 48'd1;
        go <= !stall || reset || drawn[1:0] != 2'd0;
        reset <= edge_number < 48'd2;
    end

    // ================ inputs ================

    localparam integer QUERY = 17 + 128 * WORDS, LANES_QUERY = QUERY + 2 * TABLE_DIGITS;
    wire [LANES:0] has, fire;   // bit LANES: the query
    wire [31:0] taken[0:LANES];
    wire [4*QUERY-1:0] query;
    wire [47:0] query_cycle;
    assign fire[LANES] = has[LANES] && !reset && go && query_cycle == edge_number;
    replay_source #(.NAME("query"), .DIGITS(QUERY)) s_query (
        .clk(clk), .take(fire[LANES]), .has(has[LANES]), .cycle(query_cycle), .data(query), .taken(taken[LANES]));

    wire [LANES-1:0] bounds_slot;
    wire [32*LANES-1:0] bounds_block;
    wire [24*LANES-1:0] bounds_lower;
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : g_lane
            wire [59:0] bound;
            wire [47:0] cycle;
            replay_source #(.NAME("bounds"), .INDEX(l), .DIGITS(15)) source (
                .clk(clk), .take(fire[l]), .has(has[l]), .cycle(cycle), .data(bound), .taken(taken[l]));
            assign fire[l] = has[l] && !reset && go && cycle == edge_number;
            assign bounds_slot[l] = bound[56];
            assign bounds_block[32*l+:32] = bound[55:24];
            assign bounds_lower[24*l+:24] = bound[23:0];
        end
    endgenerate

    // ================ the guard filter ================

    wire lanes_query_valid, lanes_query_slot;
    wire [31:0] lanes_query_block, lanes_query_offset;
    wire [24*ENTRIES-1:0] lanes_query_upper, lanes_query_lower;
    wire [512*WORDS-1:0] lanes_query_q;
    wire [1:0] threshold_valid;
    wire [63:0] threshold_block;
    wire [65:0] threshold_value;

    guard_filter #(
        .LANES(LANES), .WORDS(WORDS), .KEY_BITS(KEY_BITS), .BUI_LATENCY(BUI_LATENCY),
        .BROADCAST_LATENCY(BROADCAST_LATENCY)
    ) guard_filter (
        .clk(clk), .reset(reset),
        .query_valid(fire[LANES]), .query_slot(query[4*QUERY-4]), .query_block(query[4*QUERY-5-:32]),
        .query_offset(query[4*QUERY-37-:32]), .query_q(query[512*WORDS-1:0]),
        .bounds_valid(fire[LANES-1:0]), .bounds_slot(bounds_slot), .bounds_block(bounds_block),
        .bounds_lower(bounds_lower),
        .lanes_query_valid(lanes_query_valid), .lanes_query_slot(lanes_query_slot),
        .lanes_query_block(lanes_query_block), .lanes_query_offset(lanes_query_offset),
        .lanes_query_upper(lanes_query_upper), .lanes_query_lower(lanes_query_lower), .lanes_query_q(lanes_query_q),
        .threshold_valid(threshold_valid), .threshold_block(threshold_block), .threshold_value(threshold_value)
    );

    // ================ outputs ================

    wire [4:0] left;
    wire [47:0] due[0:4];
    wire [31:0] compared[0:4];
    replay_sink #(
        .NAME("lanes_query"), .DIGITS(LANES_QUERY), .F0("slot"), .D0(1), .F1("block"), .D1(8), .F2("offset"), .D2(8),
        .F3("upper"), .D3(TABLE_DIGITS), .F4("lower"), .D4(TABLE_DIGITS), .F5("q"), .D5(128 * WORDS)
    ) lanes_query (
        .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(lanes_query_valid),
        .data({3'd0, lanes_query_slot, lanes_query_block, lanes_query_offset, lanes_query_upper, lanes_query_lower,
               lanes_query_q}), .has(left[4]), .cycle(due[4]), .compared(compared[4]));
    genvar s;
    generate
        for (s = 0; s < 2; s = s + 1) begin : g_slot
            replay_sink #(.NAME("lanes_threshold"), .INDEX(s), .DIGITS(9), .F0("value"), .D0(9)) lanes_threshold (
                .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(threshold_valid[s]),
                .data({3'd0, threshold_value[33*s+:33]}), .has(left[s]), .cycle(due[s]), .compared(compared[s]));
            replay_sink #(
                .NAME("threshold"), .INDEX(s), .DIGITS(17), .F0("block"), .D0(8), .F1("value"), .D1(9)
            ) threshold (
                .clk(clk), .reset(reset), .exact(!stall), .edge_number(edge_number), .valid(threshold_valid[s]),
                .data({threshold_block[32*s+:32], 3'd0, threshold_value[33*s+:33]}), .has(left[2+s]),
                .cycle(due[2+s]), .compared(compared[2+s]));
        end
    endgenerate

    // ================ the end: all is taken and nothing is due, for a while; or nothing moves ================

    reg [15:0] quiet = 16'd0;
    reg [31:0] inputs;
    integer n;
    always @(posedge clk) begin
        quiet <= |has || (!stall && |left) ? 16'd0 : quiet + 16'd1;
        if (quiet == 16'd200) begin
            if (|left) begin
                $display("MISMATCH edge %0d: nothing moves; outputs left %b", edge_number, left);
                $fatal(1);
            end
            inputs = 32'd0;
            for (n = 0; n <= LANES; n = n + 1) inputs = inputs + taken[n];
            $display("EQUAL guard_filter: %0d inputs, %0d outputs compared, %0d edges", inputs, compared[0] +
                     compared[1] + compared[2] + compared[3] + compared[4], edge_number - 48'd200);
            $finish;
        end
    end
endmodule
