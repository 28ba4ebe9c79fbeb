// Compares what an output port shows with its record. `exact`: at the recorded edge; else values and order only. The
// first difference is told in one line and ends the simulation.
`timescale 1ps / 1ps
module replay_sink #(
    parameter NAME = "",
    parameter integer INDEX = -1,
    parameter integer DIGITS = 1,
    // Up to six fields, the first one highest, and their digits.
    parameter F0 = "", parameter F1 = "", parameter F2 = "", parameter F3 = "", parameter F4 = "", parameter F5 = "",
    parameter integer D0 = DIGITS, parameter integer D1 = 0, parameter integer D2 = 0, parameter integer D3 = 0,
    parameter integer D4 = 0, parameter integer D5 = 0
) (
    input  wire                clk,
    input  wire                reset,
    input  wire                exact,
    input  wire         [47:0] edge_number,  // of the edge that ends this cycle
    input  wire                valid,
    input  wire [4*DIGITS-1:0] data,
    output wire                has,
    output wire         [47:0] cycle,        // of the record that is due
    output wire         [31:0] compared
);
    wire [4*DIGITS-1:0] due;
    wire fire = valid && !reset;
    replay_source #(
        .NAME(NAME), .INDEX(INDEX), .DIGITS(DIGITS)
    ) record (
        .clk(clk), .take(fire && has), .has(has), .cycle(cycle), .data(due), .taken(compared)
    );

    reg [8*32-1:0] port;
    initial
        if (INDEX < 0) $sformat(port, "%0s", NAME);
        else $sformat(port, "%0s_%0d", NAME, INDEX);

    // The field that differs first.
    wire [4*DIGITS-1:0] differs = data ^ due;
    function automatic other(input integer above, input integer digits);
        integer n;
        begin
            other = 1'b0;
            for (n = 0; n < 4 * digits; n = n + 1) other = other || differs[4*(DIGITS-above-digits)+n] !== 1'b0;
        end
    endfunction
    task tell(input [8*16-1:0] field, input integer above, input integer digits);
        begin
            // The digits above the field are shifted out, then those below it.
            $display("MISMATCH edge %0d port %0s field %0s: expected %0h, got %0h (record of edge %0d, %0d of the port)",
                     edge_number, port, field, (due << (4 * above)) >> (4 * (DIGITS - digits)),
                     (data << (4 * above)) >> (4 * (DIGITS - digits)), cycle, compared);
            $fatal(1);
        end
    endtask

    always @(posedge clk)
        if (!reset) begin
            if (exact && has && cycle < edge_number) begin
                $display("MISMATCH edge %0d port %0s: expected an item, got none", cycle, port);
                $fatal(1);
            end else if (fire && (!has || (exact && cycle != edge_number))) begin
                $display("MISMATCH edge %0d port %0s: expected %0s, got %0h", edge_number, port,
                         has ? "no item yet" : "no item any more", data);
                $fatal(1);
            end else if (fire && data !== due) begin
                if (D0 > 0 && other(0, D0)) tell(F0, 0, D0);
                else if (D1 > 0 && other(D0, D1)) tell(F1, D0, D1);
                else if (D2 > 0 && other(D0 + D1, D2)) tell(F2, D0 + D1, D2);
                else if (D3 > 0 && other(D0 + D1 + D2, D3)) tell(F3, D0 + D1 + D2, D3);
                else if (D4 > 0 && other(D0 + D1 + D2 + D3, D4)) tell(F4, D0 + D1 + D2 + D3, D4);
                else tell(F5, D0 + D1 + D2 + D3 + D4, D5);
            end
        end
endmodule
