// BUI generator: the interval table of a query, made once for a row (model/qkpu/bui_generator.h; paper, Eq. 2-3). When
// r planes of a key are known, what is unknown of an element is 0 to u_r = 2^(B-r) - 1, so the score lies between the
// partial score plus u_r times the sum of the negative elements and the same with the positive ones.
//
//   stage 1  sums    of the positive and of the negative elements of q
//   stage 2  table   times u_r, without a register of its own
//
// LATENCY registers less one lie between the two: q comes in cycle n, the table is on the wires in cycle
// n + LATENCY - 1, and a receiver uses it LATENCY cycles after n.
module bui_generator #(
    parameter integer WORDS = 1,
    parameter integer KEY_BITS = 8,
    parameter integer LATENCY = 2,
    parameter integer ENTRIES = KEY_BITS + 1
) (
    input  wire                  clk,
    input  wire                  reset,
    input  wire                  q_valid,
    input  wire  [512*WORDS-1:0] q,
    output wire                  table_valid,
    output wire [24*ENTRIES-1:0] upper,   // entry r: r planes known
    output wire [24*ENTRIES-1:0] lower
);
    // At most 256 elements of -128 to 127.
    localparam integer SUM_BITS = 17;

    // ---- stage 1
    reg [SUM_BITS-1:0] positive, negative;
    integer e;
    always_comb begin
        positive = SUM_BITS'(0);
        negative = SUM_BITS'(0);
        for (e = 0; e < 64 * WORDS; e = e + 1)
            if (q[8*e+7]) negative = negative + {{(SUM_BITS - 8) {1'b1}}, q[8*e+:8]};
            else positive = positive + {{(SUM_BITS - 8) {1'b0}}, q[8*e+:8]};
    end

    wire [23:0] p, n;
    wire [SUM_BITS-1:0] positive_late, negative_late;
    delay_line #(
        .WIDTH (2 * SUM_BITS),
        .CYCLES(LATENCY - 1)
    ) sums (
        .clk(clk),
        .reset(reset),
        .in_valid(q_valid),
        .in_data({positive, negative}),
        .out_valid(table_valid),
        .out_data({positive_late, negative_late})
    );
    assign p = {{(24 - SUM_BITS) {positive_late[SUM_BITS-1]}}, positive_late};
    assign n = {{(24 - SUM_BITS) {negative_late[SUM_BITS-1]}}, negative_late};

    // ---- stage 2: u_r is one less than a power of two. Before the sign plane (entry 0, which no lane asks for) an
    // element may lie anywhere from -2^(B-1) to 2^(B-1) - 1.
    assign upper[23:0] = (p << (KEY_BITS - 1)) - p - (n << (KEY_BITS - 1));
    assign lower[23:0] = (n << (KEY_BITS - 1)) - n - (p << (KEY_BITS - 1));
    genvar r;
    generate
        for (r = 1; r < ENTRIES; r = r + 1) begin : g_entry
            assign upper[24*r+:24] = (p << (KEY_BITS - r)) - p;
            assign lower[24*r+:24] = (n << (KEY_BITS - r)) - n;
        end
    endgenerate
endmodule
