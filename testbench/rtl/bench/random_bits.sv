// 32 random bits a cycle, the same on every simulator (xorshift32).
`timescale 1ps / 1ps
module random_bits (
    input  wire        clk,
    input  wire        reset,
    input  wire [31:0] seed,
    output reg  [31:0] bits
);
    wire [31:0] a = bits ^ (bits << 13);
    wire [31:0] b = a ^ (a >> 17);
    always @(posedge clk) bits <= reset ? (seed * 32'd2654435761 | 32'd1) : b ^ (b << 5);
endmodule
