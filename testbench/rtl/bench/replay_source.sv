// Reads the records of one port (docs/rtl.md) one after the other: the oldest is at the outputs until `take`.
`timescale 1ps / 1ps
module replay_source #(
    parameter NAME = "",             // file NAME.hex in the folder +dir=, or NAME_INDEX.hex
    parameter integer INDEX = -1,
    parameter integer DIGITS = 1     // hexadecimal digits of a record behind its cycle
) (
    input  wire                clk,
    input  wire                take,
    output reg                 has,
    output reg          [47:0] cycle,
    output reg  [4*DIGITS-1:0] data,
    output reg          [31:0] taken
);
    reg [8*1024-1:0] folder, path;
    reg [4*DIGITS+47:0] record;
    integer file, c, digits;

    // The next record, or `has` is 0. Lines that begin with a slash are comments, and so is what follows a space.
    task next;
        begin
            c = $fgetc(file);
            while (c == "/") begin
                while (c != "\n" && c != -1) c = $fgetc(file);
                c = $fgetc(file);
            end
            digits = 0;
            while (c > 32) begin
                if (c != "_") begin
                    record = {record[4*DIGITS+43:0], c[3:0] + (c >= "a" ? 4'd9 : 4'd0)};
                    digits = digits + 1;
                end
                c = $fgetc(file);
            end
            while (c != "\n" && c != -1) c = $fgetc(file);
            if (digits != 0 && digits != DIGITS + 12) begin
                $display("replay: %0s: a record has %0d digits; allowed: %0d", path, digits, DIGITS + 12);
                $fatal(1);
            end
            has <= digits != 0;
            {cycle, data} <= record;
        end
    endtask

    reg started = 1'b0;
    initial begin
        if (!$value$plusargs("dir=%s", folder)) folder = ".";
        if (INDEX < 0) $sformat(path, "%0s/%0s.hex", folder, NAME);
        else $sformat(path, "%0s/%0s_%0d.hex", folder, NAME, INDEX);
        file = $fopen(path, "r");
        if (file == 0) begin
            $display("replay: %0s: cannot be read", path);
            $fatal(1);
        end
    end

    // The first record is read at the first edge, during reset.
    always @(posedge clk) begin
        started <= 1'b1;
        taken <= !started ? 32'd0 : take ? taken + 32'd1 : taken;
        if (!started || take) next;
    end
endmodule
