// The guard filter of one row: makes the interval table of the row's query, keeps T of the two blocks in flight, and
// broadcasts both to the row's lanes (model/qkpu/guard_filter.h). The comparison with T is made in the lanes.
//
//   stage 1  input registers    a query, and a lower bound of each lane
//   stage 2  maximum tree       over the lanes' bounds of the block that the slot has now; those of the block before it
//                               say nothing about this one and are dropped. The threshold unit takes the maximum
//   then     broadcast          T over BROADCAST_LATENCY, the query with its table over BUI_LATENCY
//
// What is on a wire in a cycle is captured at the clock edge that ends it: the last cycle of each latency is the
// receiver's register.
module guard_filter #(
    parameter integer LANES = 16,
    parameter integer WORDS = 1,
    parameter integer KEY_BITS = 8,
    parameter integer BUI_LATENCY = 2,
    parameter integer BROADCAST_LATENCY = 2,   // at most BUI_LATENCY: a T never passes the query after it
    parameter integer ENTRIES = KEY_BITS + 1
) (
    input  wire                  clk,
    input  wire                  reset,
    // Q buffer
    input  wire                  query_valid,
    input  wire                  query_slot,
    input  wire           [31:0] query_block,
    input  wire           [31:0] query_offset,
    input  wire  [512*WORDS-1:0] query_q,
    // lanes
    input  wire      [LANES-1:0] bounds_valid,
    input  wire      [LANES-1:0] bounds_slot,
    input  wire   [32*LANES-1:0] bounds_block,
    input  wire   [24*LANES-1:0] bounds_lower,
    // lanes: the query with its interval table
    output wire                  lanes_query_valid,
    output wire                  lanes_query_slot,
    output wire           [31:0] lanes_query_block,
    output wire           [31:0] lanes_query_offset,
    output wire [24*ENTRIES-1:0] lanes_query_upper,
    output wire [24*ENTRIES-1:0] lanes_query_lower,
    output wire  [512*WORDS-1:0] lanes_query_q,
    // lanes and score queue: T of each slot rises. The lanes leave out the block
    output wire            [1:0] threshold_valid,
    output wire           [63:0] threshold_block,
    output wire           [65:0] threshold_value
);
    // ================ stage 1: input registers ================

    reg                 q_valid, q_slot;
    reg          [31:0] q_block, q_offset;
    reg [512*WORDS-1:0] q;
    reg     [LANES-1:0] b_valid, b_slot;
    reg  [32*LANES-1:0] b_block;
    reg  [24*LANES-1:0] b_lower;
    always_ff @(posedge clk) begin
        q_valid <= query_valid && !reset;
        b_valid <= bounds_valid & {LANES{!reset}};
        {q_slot, q_block, q_offset, q} <= {query_slot, query_block, query_offset, query_q};
        {b_slot, b_block, b_lower} <= {bounds_slot, bounds_block, bounds_lower};
    end

    // ================ the query on its way to the lanes ================

    bui_generator #(
        .WORDS(WORDS),
        .KEY_BITS(KEY_BITS),
        .LATENCY(BUI_LATENCY)
    ) bui_generator (
        .clk(clk),
        .reset(reset),
        .q_valid(q_valid),
        .q(q),
        .table_valid(lanes_query_valid),
        .upper(lanes_query_upper),
        .lower(lanes_query_lower)
    );
    wire unused_valid;
    delay_line #(
        .WIDTH (65 + 512 * WORDS),
        .CYCLES(BUI_LATENCY - 1)
    ) query (
        .clk(clk),
        .reset(reset),
        .in_valid(q_valid),
        .in_data({q_slot, q_block, q_offset, q}),
        .out_valid(unused_valid),
        .out_data({lanes_query_slot, lanes_query_block, lanes_query_offset, lanes_query_q})
    );

    // ================ stage 2: T of each slot ================

    genvar s, l;
    generate
        for (s = 0; s < 2; s = s + 1) begin : g_slot
            localparam [0:0] SLOT = s;
            wire load = q_valid && q_slot == SLOT;
            reg  [31:0] block;
            wire [31:0] block_now = load ? q_block : block;
            always_ff @(posedge clk) if (load) block <= q_block;

            wire [LANES-1:0] own;
            for (l = 0; l < LANES; l = l + 1) begin : g_lane
                assign own[l] = b_valid[l] && b_slot[l] == SLOT && b_block[32*l+:32] == block_now;
            end
            wire        any;
            wire [23:0] largest;
            maximum_tree #(
                .COUNT(LANES),
                .WIDTH(24)
            ) maximum_tree (
                .there(own),
                .value(b_lower),
                .any(any),
                .largest(largest)
            );

            wire        rises;
            wire [32:0] t_new;
            wire        t_valid;
            wire [32:0] t;
            threshold_unit threshold_unit (
                .clk(clk),
                .reset(reset),
                .load(load),
                .load_offset(q_offset),
                .bound_valid(any),
                .bound(largest),
                .rises(rises),
                .t_new(t_new),
                .t_valid(t_valid),
                .t(t)
            );
            delay_line #(
                .WIDTH (65),
                .CYCLES(BROADCAST_LATENCY - 1)
            ) broadcast (
                .clk(clk),
                .reset(reset),
                .in_valid(rises),
                .in_data({block_now, t_new}),
                .out_valid(threshold_valid[s]),
                .out_data({threshold_block[32*s+:32], threshold_value[33*s+:33]})
            );
            wire unused = &{1'b0, t_valid, t};
        end
    endgenerate

`ifndef SYNTHESIS
    initial
        assert (BROADCAST_LATENCY <= BUI_LATENCY)
        else $fatal(1, "guard_filter: BROADCAST_LATENCY is above BUI_LATENCY, a T could pass the query after it");
    always @(posedge clk)
        if (!reset)
            assert (unused_valid == lanes_query_valid)
            else $fatal(1, "guard_filter: a query and its table come apart");
`endif
endmodule
