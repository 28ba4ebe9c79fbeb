// Compares GSAT with what gsat-vectors prints (testbench/rtl/gsat_vectors.cpp): +dir=FOLDER with gsat.hex. A vector a
// cycle, and two where the word passes twice.
`timescale 1ps / 1ps
module gsat_bench #(
    parameter integer BIDIRECTIONAL = 1
);
    localparam integer DIGITS = 16 + 128 + 32 + 2 + 4 + 1;

    reg clk = 1'b0;
    reg reset = 1'b1;
    reg [7:0] age = 8'd0;
    initial begin
        #1000;
        forever #500 clk = !clk;
    end
    always @(posedge clk) begin
        age <= age == 8'd255 ? age : age + 8'd1;
        reset <= age < 8'd2;
    end

    wire has, second;
    wire [47:0] number;
    wire [4*DIGITS-1:0] vector;
    wire [31:0] taken;
    reg again = 1'b0;
    wire valid = has && !reset;
    replay_source #(.NAME("gsat"), .DIGITS(DIGITS)) source (
        .clk(clk), .take(valid && !second), .has(has), .cycle(number), .data(vector), .taken(taken));
    wire [63:0] bits;
    wire [511:0] q;
    wire [127:0] selectors;
    wire [7:0] complements;
    wire [15:0] sum_due;
    wire [3:0] passes;
    assign {bits, q, selectors, complements, sum_due, passes} = vector;

    // Sums of the groups, as a lane has them; one cycle later.
    reg [87:0] group_sums;
    integer g, e;
    reg [10:0] one;
    always @(posedge clk)
        for (g = 0; g < 8; g = g + 1) begin
            one = 11'd0;
            for (e = 0; e < 8; e = e + 1) one = one + {{3{q[64*g+8*e+7]}}, q[64*g+8*e+:8]};
            group_sums[11*g+:11] <= one;
        end

    wire sum_valid;
    wire signed [13:0] sum;
    gsat #(.BIDIRECTIONAL(BIDIRECTIONAL)) gsat (
        .clk(clk), .reset(reset), .valid(valid), .again(again), .bits(bits), .q(q), .second(second),
        .group_sums(group_sums), .sum_valid(sum_valid), .sum(sum));

    // ---- stage 1: the wiring of each group
    wire [127:0] wiring;
    wire [7:0] complement;
    genvar n;
    generate
        for (n = 0; n < 8; n = n + 1) begin : g_group
            assign wiring[16*n+:16] = gsat.g_group[n].wiring;
            assign complement[n] = gsat.g_group[n].complement;
        end
    endgenerate

    // ---- stage 3, two cycles later: the sum over the passes
    reg [13:0] due_1, due_2, earlier;
    reg last_1, last_2;
    reg [47:0] number_1, number_2;
    reg [31:0] compared = 32'd0;
    wire [13:0] total = sum + earlier;
    reg [7:0] quiet = 8'd0;
    always @(posedge clk) begin
        again <= valid && second;
        {due_1, last_1, number_1} <= {sum_due[13:0], !second, number};
        {due_2, last_2, number_2} <= {due_1, last_1, number_1};
        earlier <= (reset || (sum_valid && last_2)) ? 14'd0 : sum_valid ? total : earlier;
        if (valid) begin
            if (BIDIRECTIONAL != 0 && {wiring, complement} !== {selectors, complements}) begin
                $display("MISMATCH vector %0d: selectors and complements: expected %h %h, got %h %h", number, selectors,
                         complements, wiring, complement);
                $fatal(1);
            end
            if (second !== (passes == 4'd2 && !again)) begin
                $display("MISMATCH vector %0d: passes: expected %0d, got another number", number, passes);
                $fatal(1);
            end
        end
        if (sum_valid && last_2) begin
            compared <= compared + 32'd1;
            if (total !== due_2) begin
                $display("MISMATCH vector %0d: sum: expected %0d, got %0d", number_2, $signed(due_2), $signed(total));
                $fatal(1);
            end
        end
        quiet <= has || age < 8'd20 ? 8'd0 : quiet + 8'd1;
        if (quiet == 8'd20) begin
            $display("EQUAL gsat: %0d inputs, %0d outputs compared, %0d edges", taken, compared, taken);
            $finish;
        end
    end
endmodule
